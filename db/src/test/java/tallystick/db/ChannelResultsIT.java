package tallystick.db;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tallystick.db.report.ChannelReader;
import tallystick.db.report.ChannelResults;
import tallystick.db.report.ChannelResults.ChannelResult;
import tallystick.db.report.ChannelResults.NodeChange;
import tallystick.db.report.ChannelResults.State;
import tallystick.db.testing.TestDatabase;

/// What the views say of transfers that are posted by hand. Amounts in msat.
class ChannelResultsIT {
    private static final String NODE = "02aa";
    private static final String WALLET = "node:02aa:wallet";
    private static final String CLEARING = "clearing";

    private TestDatabase database;
    private int batch;

    @BeforeEach
    void start() {
        database = TestDatabase.migrated();
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private static String channel(String point) {
        return "node:02aa:channel:" + point;
    }

    private static String limbo(String point) {
        return "node:02aa:limbo:" + point;
    }

    /// One transfer with its share in the balances.
    private void post(String item, String leg, String debit, String credit, long msat) {
        database.execute(
                """
                INSERT INTO ledger.account (name) VALUES ('%2$s'), ('%3$s') ON CONFLICT DO NOTHING;
                WITH debit AS (SELECT account_id FROM ledger.account WHERE name = '%2$s'),
                     credit AS (SELECT account_id FROM ledger.account WHERE name = '%3$s'),
                     posted AS (
                         INSERT INTO ledger.transfer_chunk (batch_id, first_ordinal, first_key, last_key, item_keys, legs, debit_ids,
                                                            credit_ids, amounts_msat, counter_item_keys)
                         SELECT %6$d, 0, sha256('%1$s'), sha256('%1$s'), ARRAY[sha256('%1$s')], ARRAY['%4$s'],
                                ARRAY[debit.account_id], ARRAY[credit.account_id], ARRAY[%5$d::bigint], NULL
                           FROM debit CROSS JOIN credit)
                INSERT INTO ledger.balance (account_id, partition_number, debit_msat, credit_msat)
                SELECT account_id, 0, %5$d, 0 FROM debit
                UNION ALL
                SELECT account_id, 0, 0, %5$d FROM credit
                ON CONFLICT (account_id, partition_number) DO UPDATE
                   SET debit_msat = balance.debit_msat + EXCLUDED.debit_msat,
                       credit_msat = balance.credit_msat + EXCLUDED.credit_msat
                """
                        .formatted(item, debit, credit, leg, msat, ++batch));
    }

    private ChannelResults read() {
        return new ChannelReader(database.dataSource()).read();
    }

    private Map<String, ChannelResult> byChannel() {
        return read().channels().stream()
                .collect(Collectors.toMap(ChannelResult::channel, one -> one));
    }

    private ChannelResult result(String channel) {
        return requireNonNull(byChannel().get(channel));
    }

    private void requireAddsUp() {
        assertThat(read().nodes()).allMatch(node -> node.difference() == 0);
    }

    @Test
    void sharesTheFeeOfABatchToTheLastMsat() {
        post("tx", "wallet", CLEARING, WALLET, 601_000);
        for (String point : List.of("a:0", "a:1", "a:2")) {
            post("tx", "open/" + point, channel(point), CLEARING, 200_000);
        }

        assertThat(read().channels())
                .extracting(ChannelResult::openFee)
                .containsExactly(334L, 333L, 333L);
        assertThat(read().nodes())
                .containsExactly(new NodeChange(NODE, "", -1_000, 0, -1_000, 0, 0));
    }

    @Test
    void aFundingThatTheWalletHasNotToldOfCostsNothingYet() {
        post("tx", "open/a:0", channel("a:0"), CLEARING, 200_000);

        assertThat(result("a:0").openFee()).isZero();
        assertThat(read().nodes())
                .containsExactly(new NodeChange(NODE, "", 0, 200_000, 200_000, 0, 0));
    }

    @Test
    void followsAChannelToItsEnd() {
        post("deposit", "wallet", WALLET, CLEARING, 5_000_000);
        post("tx", "wallet", CLEARING, WALLET, 1_002_000);
        post("tx", "open/a:0", channel("a:0"), CLEARING, 1_000_000);
        post("channel", "push", CLEARING, channel("a:0"), 50_000);
        post("forward", "forward/on", channel("a:0"), channel("b:0"), 70_000);
        post("forward", "forward/fee", channel("a:0"), CLEARING, 70);
        post("receipt", "in/02aa/7/1", "node:02aa:scid:7", CLEARING, 9_000);
        post("payment", "out/02aa/1/amount", CLEARING, channel("a:0"), 400);
        post("payment", "out/02aa/1/fee", CLEARING, channel("a:0"), 4);
        assertThat(result("scid:7").received()).isEqualTo(9_000);
        database.execute("INSERT INTO ledger.channel_alias VALUES ('02aa', 7, 'a:0')");

        ChannelResult open = result("a:0");
        assertThat(open.state()).isEqualTo(State.OPEN);
        assertThat(open.received()).isEqualTo(9_000);
        assertThat(open.balance()).isEqualTo(1_028_666);
        assertThat(byChannel()).doesNotContainKey("scid:7");

        post("channel", "limbo", limbo("a:0"), channel("a:0"), 1_028_666);
        post("close", "wallet", WALLET, CLEARING, 1_020_000);
        post("close", "return/a:0", CLEARING, limbo("a:0"), 1_020_000);
        assertThat(result("a:0").state()).isEqualTo(State.CLOSING);
        assertThat(result("a:0").limbo()).isEqualTo(8_666);
        post("channel", "cost", CLEARING, limbo("a:0"), 8_666);

        ChannelResult closed = result("a:0");
        assertThat(closed)
                .isEqualTo(
                        new ChannelResult(
                                NODE,
                                "a:0",
                                State.CLOSED,
                                1_000_000,
                                2_000,
                                0,
                                50_000,
                                9_000,
                                400,
                                4,
                                0,
                                0,
                                70_000,
                                0,
                                70,
                                1_020_000,
                                8_666,
                                0,
                                0,
                                18_000,
                                0));
        assertThat(result("b:0").forwardedOut()).isEqualTo(70_000);
        requireAddsUp();
    }

    @Test
    void whatWasThereWhenTheLedgerBeganIsPartOfWhatIsHeld() {
        post("node", "opened", WALLET, "opening", 700_000);
        post("channel", "opened/channel", channel("a:0"), "opening", 500_123);
        post("receipt", "in/02aa/7/1", channel("a:0"), CLEARING, 400);
        post("channel", "limbo", limbo("a:0"), channel("a:0"), 500_523);
        post("close", "wallet", WALLET, CLEARING, 499_000);
        post("close", "return/a:0", CLEARING, limbo("a:0"), 499_000);
        post("channel", "cost", CLEARING, limbo("a:0"), 1_500);
        post("channel", "cost/open", "opening", limbo("a:0"), 23);
        // A channel that was closing by then.
        post("other", "opened", limbo("b:0"), "opening", 20_000);
        post("sweep", "wallet", WALLET, CLEARING, 20_000);
        post("sweep", "return/b:0", CLEARING, limbo("b:0"), 20_000);

        assertThat(result("a:0").begun()).isEqualTo(500_100);
        assertThat(result("b:0").begun()).isEqualTo(20_000);
        assertThat(read().nodes().getFirst().begun()).isEqualTo(1_220_100);
        requireAddsUp();
    }

    @Test
    void aPaymentThatTheFleetReceivesIsARebalance() {
        post("circle", "out/02aa/1/amount", CLEARING, channel("a:0"), 400);
        post("circle", "out/02aa/1/fee", CLEARING, channel("a:0"), 4);
        post("circle", "in/02aa/7/1", channel("b:0"), CLEARING, 400);

        assertThat(result("a:0").rebalancedOut()).isEqualTo(400);
        assertThat(result("a:0").sent()).isZero();
        assertThat(result("a:0").fees()).isEqualTo(4);
        assertThat(result("b:0").rebalancedIn()).isEqualTo(400);
        requireAddsUp();
    }

    @Test
    void whatWasTakenBackCountsNoMore() {
        post("payment", "out/02aa/1/amount", CLEARING, channel("a:0"), 400);
        post("payment", "out/02aa/1/amount", channel("a:0"), CLEARING, 400);
        post("payment", "out/02aa/1/amount", CLEARING, channel("b:0"), 300);

        assertThat(result("a:0").sent()).isZero();
        assertThat(result("b:0").sent()).isEqualTo(300);
        requireAddsUp();
    }

    @Test
    void aLegThatNoFigureNamesDoesNotAddUp() {
        post("any", "strange", channel("a:0"), CLEARING, 5);

        assertThat(read().nodes()).containsExactly(new NodeChange(NODE, "", 0, 0, 5, -5, 0));
    }

    @Test
    void withoutTransfersThereIsNothing() {
        assertThat(read().channels()).isEmpty();
        assertThat(read().nodes()).isEmpty();
    }

    @Test
    void theAuditorMayRead() {
        database.execute(
                "SET ROLE tallystick_auditor; SELECT * FROM audit.channels; SELECT * FROM audit.node_changes");
    }
}
