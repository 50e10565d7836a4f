package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;

/// The continuous proof: what a node says of its balances is held against the ledger with every sweep.
class ProofIT {
    private static final long OPENED = 900_001;
    private static final long ACCEPTED = 900_002;

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final Holdings holdings = new Holdings(NODE_A);

    @BeforeEach
    void open() {
        log.append(holdings.deposit(1, 5_000_000, 1));
        holdings.open(OPENED, 1_000_000, 400_000, true, 1).forEach(log::append);
        holdings.open(ACCEPTED, 2_000_000, 300_000, false, 1).forEach(log::append);
        log.append(holdings.receive(OPENED, 1, 50_123_456, 2));
        log.append(holdings.send(ACCEPTED, 2, 20_000_200, 300, 2));
        log.append(holdings.forward(OPENED, ACCEPTED, 1, 1_000_100, 77, 3));
    }

    @AfterEach
    void close() {
        ledger.checkIdentity();
        ledger.close();
    }

    private void apply(int minute) {
        ledger.applier().apply(log.readAll(), at(minute));
        ledger.groups().decideDirty(at(minute));
    }

    /// A sweep: balances, coverage, and all of it applied.
    private void sweep(int minute) {
        log.append(holdings.balances(minute));
        Fact.cover(log, NODE_A, minute);
        apply(minute);
    }

    private List<String> drifts() {
        return ledger.rows(
                "SELECT code || ' ' || reference || ' ' || amount_msat FROM register.mismatch"
                        + " WHERE state = 'OPEN' AND code LIKE '%DRIFT' ORDER BY 1");
    }

    private String sentence() {
        return ledger.rows(
                        "SELECT sentence FROM register.mismatch WHERE state = 'OPEN' AND code LIKE '%DRIFT'")
                .getFirst();
    }

    /// What each proof says of the node's channels, in their order.
    private List<String> locals() {
        return ledger.rows(
                "SELECT COALESCE(local_residual_msat::text, 'not told') FROM ledger.proof ORDER BY observed_at");
    }

    private List<String> wallets() {
        return ledger.rows(
                "SELECT wallet_residual_msat || wallet_explanation FROM ledger.proof ORDER BY observed_at");
    }

    private static String channel(long chanId) {
        return "channel:" + Holdings.point(chanId);
    }

    @Test
    void everyReadingIsProvenOnceAllBeforeItIsRead() {
        log.append(holdings.balances(10));
        apply(10);
        assertThat(locals()).isEmpty();

        Fact.cover(log, NODE_A, 9);
        apply(11);
        assertThat(locals()).isEmpty();

        log.append(holdings.balances(12));
        Fact.cover(log, NODE_A, 11);
        apply(13);
        assertThat(locals()).containsExactly("0");

        Fact.cover(log, NODE_A, 12);
        apply(14);
        assertThat(locals()).containsExactly("0", "0");
        assertThat(wallets()).containsExactly("0", "0");
        assertThat(ledger.rows("SELECT DISTINCT residual_msat FROM ledger.proof_channel"))
                .containsExactly("0");
        assertThat(ledger.rows("SELECT DISTINCT num_updates FROM ledger.proof_channel ORDER BY 1"))
                .containsExactly("4");
        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.dirty_group WHERE group_name LIKE 'proof/%'"))
                .isZero();
        assertThat(auditors()).isEqualTo(8);
    }

    /// How many lines an auditor sees.
    private long auditors() {
        try (Database database = ledger.database().connect(Role.AUDITOR)) {
            return new Transactions(database.dataSource())
                    .read(
                            connection -> {
                                try (PreparedStatement statement =
                                                connection.prepareStatement(
                                                        "SELECT count(*) FROM audit.proofs");
                                        ResultSet row = statement.executeQuery()) {
                                    row.next();
                                    return row.getLong(1);
                                }
                            });
        }
    }

    @Test
    void aReadingThatComesAgainHasNoEffect() {
        sweep(10);
        List<String> before = ledger.rows("SELECT proof.*::text FROM ledger.proof");
        long sequence = ledger.number("SELECT count(*) FROM ledger.batch WHERE cause = 'group'");

        log.append(holdings.balances(10));
        apply(20);

        assertThat(ledger.rows("SELECT proof.*::text FROM ledger.proof")).isEqualTo(before);
        assertThat(ledger.number("SELECT count(*) FROM ledger.batch WHERE cause = 'group'"))
                .isEqualTo(sequence);
    }

    @Test
    void aReceiptThatIsMissingNamesItsChannelAfterTwoSweeps() {
        sweep(10);
        Fact missing = holdings.receive(OPENED, 9, 7_777_123, 15);
        log.append(
                booked(
                        Fact.entry("e9", ENTRY_KIND_RECEIPT, 9, 7_777_123, 15)
                                .setNode(NODE_A.pubkey())));
        sweep(20);
        assertThat(locals()).containsExactly("0", "-7777123");
        assertThat(drifts()).isEmpty();

        sweep(30);
        assertThat(drifts())
                .singleElement()
                .asString()
                .startsWith("CHANNEL_DRIFT " + channel(OPENED) + " 777")
                .as("as far as an interval tells it")
                .matches(".* 777(6|7)\\d{3}");
        assertThat(sentence())
                .contains(
                        "The ledger holds 7,777.123 sat less in this channel than 02a1a1a1…a1a1a1 says.",
                        "It footed at 2026-03-02T00:10:00Z, and not any more at 2026-03-02T00:20:00Z.",
                        "Booked with this amount, and open: payment_hash:" + Fact.hash(9));
        assertThat(ledger.rows("SELECT since FROM register.mismatch WHERE code LIKE '%DRIFT'"))
                .isEqualTo(ledger.rows("SELECT '%s'::timestamptz".formatted(at(30))));

        log.append(missing);
        log.append(missing);
        sweep(40);
        assertThat(locals()).containsExactly("0", "-7777123", "-7777123", "0");
        assertThat(drifts()).isEmpty();
        assertThat(ledger.rows("SELECT state FROM register.mismatch WHERE code LIKE '%DRIFT'"))
                .containsExactly("CLOSED");
    }

    /// A node tells nothing while it says what it said before; that it was read again counts.
    @Test
    void aNodeAtRestOpensAndClosesADrift() {
        sweep(10);
        Fact missing = holdings.receive(OPENED, 9, 7_777_123, 15);
        sweep(20);
        assertThat(drifts()).isEmpty();

        readAgain(25);
        assertThat(locals()).containsExactly("0", "-7777123", "-7777123");
        assertThat(drifts()).singleElement().asString().startsWith("CHANNEL_DRIFT ");
        assertThat(sentence())
                .contains(
                        "It footed at 2026-03-02T00:10:00Z, and not any more at 2026-03-02T00:20:00Z.");

        readAgain(27);
        assertThat(locals()).as("no row for what was known").hasSize(3);
        assertThat(drifts()).hasSize(1);

        log.append(missing);
        readAgain(30);
        assertThat(locals()).containsExactly("0", "-7777123", "-7777123", "0");
        assertThat(drifts()).isEmpty();

        readAgain(35);
        assertThat(locals()).hasSize(4);
    }

    @Test
    void whatComesWithTheNextSweepOpensNothing() {
        sweep(10);
        Fact missing = holdings.receive(OPENED, 9, 7_777_123, 15);
        sweep(20);
        log.append(missing);
        readAgain(25);

        assertThat(locals()).containsExactly("0", "-7777123", "0");
        assertThat(drifts()).isEmpty();
    }

    /// The node says what it said.
    private void readAgain(int minute) {
        Fact.cover(log, NODE_A, minute);
        apply(minute + 1);
    }

    @Test
    void lessThanASatoshiNamesTheNode() {
        sweep(10);
        // Its claim ends in 123: 100 less is still within what whole satoshis show.
        log.append(holdings.receive(ACCEPTED, 3, 823, 11));
        sweep(12);
        Fact missing = holdings.receive(ACCEPTED, 9, 100, 15);
        sweep(20);
        sweep(30);

        assertThat(locals()).containsExactly("0", "0", "-100", "-100");
        assertThat(drifts()).containsExactly("NODE_DRIFT node:" + NODE_A + " 100");

        log.append(missing);
        sweep(40);
        assertThat(drifts()).isEmpty();
    }

    @Test
    void aTransferThatTheNodeDoesNotShowIsNamed() {
        sweep(10);
        log.append(holdings.received(OPENED, 9, 5_000_000, 15));
        sweep(20);
        sweep(30);

        assertThat(drifts()).hasSize(1);
        assertThat(sentence())
                .contains(
                        "5,000.000 sat more in this channel",
                        "One transfer in between has this amount: payment_hash:" + Fact.hash(9));
    }

    @Test
    void aTransactionThatIsMissingNamesTheWallet() {
        sweep(10);
        Fact missing = holdings.deposit(9, 70_000, 15);
        sweep(20);
        sweep(30);

        assertThat(wallets()).containsExactly("0", "-70000000", "-70000000");
        assertThat(drifts()).containsExactly("WALLET_DRIFT node:" + NODE_A + " 70000000");

        log.append(missing);
        sweep(40);
        assertThat(drifts()).isEmpty();
    }

    @Test
    void whatMovesInBetweenOpensNothing() {
        sweep(10);
        Fact missing = holdings.receive(OPENED, 9, 7_777_000, 15);
        sweep(20);
        log.append(holdings.send(OPENED, 10, 1_000, 0, 25));
        sweep(30);
        assertThat(drifts()).isEmpty();

        log.append(missing);
        sweep(40);
        sweep(50);
        assertThat(drifts()).isEmpty();
        assertThat(locals()).containsExactly("0", "-7777000", "-7777000", "0", "0");
    }

    @Test
    void aDriftStaysWhileOtherMoneyMoves() {
        sweep(10);
        Fact missing = holdings.receive(OPENED, 9, 7_777_000, 15);
        sweep(20);
        sweep(30);
        List<String> open = drifts();
        assertThat(open).hasSize(1);

        log.append(holdings.send(OPENED, 10, 1_000, 0, 35));
        sweep(40);
        assertThat(drifts()).isEqualTo(open);

        log.append(missing);
        sweep(50);
        assertThat(drifts()).isEmpty();
    }

    @Test
    void whatTheLedgerKnowsBeforeTheNodeIsReadForItIsNoDrift() {
        log.append(holdings.balances(10));
        log.append(holdings.balances(11));
        // Settled after both readings, and applied before they can be proven.
        log.append(holdings.receive(OPENED, 9, 7_777_000, 12));
        Fact.cover(log, NODE_A, 11);
        apply(13);
        assertThat(locals()).containsExactly("0", "0");
        assertThat(drifts()).isEmpty();

        sweep(20);
        assertThat(locals()).endsWith("0");
        assertThat(drifts()).isEmpty();
    }

    /// Forwards are read past a reading half a minute late, and money moves meanwhile.
    @Test
    void aChannelThatNeverRestsFoots() {
        for (int minute = 10; minute < 60; minute += 10) {
            log.append(holdings.balances(minute));
            log.append(holdings.receive(OPENED, minute, 7_777_123, minute + 1));
            log.append(holdings.deposit(minute, 70_000, minute + 2));
            Fact.cover(log, NODE_A, minute);
            apply(minute + 3);
        }
        assertThat(locals()).hasSize(5).containsOnly("0");
        assertThat(wallets())
                .hasSize(5)
                .containsOnly("7000000070000 sat that moved after the node was read");
        assertThat(drifts()).isEmpty();

        // It happened before the reading, and became known after it.
        log.append(holdings.receive(OPENED, 90, 1_000_003, 61));
        log.append(holdings.balances(62));
        Fact.cover(log, NODE_A, 63);
        apply(64);
        assertThat(locals()).endsWith("0");
    }

    /// Readings of a minute, proven at once when all before them is read.
    @Test
    void readingsThatAreProvenTogetherNameADrift() {
        log.append(holdings.balances(10));
        log.append(holdings.receive(OPENED, 7, 2_000_000, 11));
        log.append(holdings.balances(12));
        Fact missing = holdings.receive(OPENED, 9, 7_777_123, 13);
        log.append(holdings.balances(14));
        log.append(holdings.receive(ACCEPTED, 8, 3_000_000, 15));
        log.append(holdings.balances(16));
        Fact.cover(log, NODE_A, 16);
        apply(90);

        assertThat(locals()).containsExactly("0", "0", "-7777123", "-7777123");
        assertThat(drifts()).singleElement().asString().startsWith("CHANNEL_DRIFT ");
        assertThat(sentence())
                .contains(
                        "It footed at 2026-03-02T00:12:00Z, and not any more at 2026-03-02T00:14:00Z.");

        log.append(missing);
        sweep(100);
        assertThat(drifts()).isEmpty();
    }

    @Test
    void aWalletWhoseReadingsAreProvenTogetherNamesADrift() {
        log.append(holdings.balances(10));
        Fact missing = holdings.deposit(9, 70_000, 15);
        log.append(holdings.balances(20));
        log.append(holdings.balances(30));
        Fact.cover(log, NODE_A, 30);
        apply(90);

        assertThat(drifts()).containsExactly("WALLET_DRIFT node:" + NODE_A + " 70000000");
        assertThat(sentence())
                .contains(
                        "It footed at 2026-03-02T00:10:00Z, and not any more at 2026-03-02T00:20:00Z.");

        log.append(missing);
        sweep(100);
        assertThat(drifts()).isEmpty();
    }

    /// The node counts two transactions of which one replaces the other, until one is in a block.
    @Test
    void whatAWalletCountedTwiceIsNoDriftWhenItIsProvenLate() {
        String outpoint = Holdings.txid(50) + ":0";
        log.append(holdings.transaction(Holdings.txid(51), 1_210_934, false, 5, outpoint));
        log.append(holdings.transaction(Holdings.txid(52), 1_220_144, false, 5, outpoint));
        holdings.walletMoves(1_210_934 + 1_220_144);
        log.append(holdings.balances(10));
        log.append(holdings.balances(20));
        holdings.walletMoves(-1_210_934);
        log.append(holdings.transaction(Holdings.txid(52), 1_220_144, true, 22, outpoint));
        log.append(holdings.gone(Holdings.txid(51), 23, outpoint));
        Fact.cover(log, NODE_A, 20);
        apply(24);
        assertThat(drifts()).isEmpty();

        sweep(30);
        assertThat(wallets()).endsWith("0");
        assertThat(drifts()).isEmpty();
    }

    @Test
    void leasedOutputsExplainAWallet() {
        holdings.lock(1_000_000);
        sweep(10);
        sweep(20);

        assertThat(wallets()).containsOnly("1000000000leased outputs of 1000000 sat");
        assertThat(drifts()).isEmpty();
    }

    @Test
    void aTransactionAndItsReplacementExplainAWallet() {
        String outpoint = Holdings.txid(50) + ":0";
        log.append(holdings.transaction(Holdings.txid(51), 1_210_934, false, 5, outpoint));
        log.append(holdings.transaction(Holdings.txid(52), 0, false, 5, outpoint));
        holdings.walletMoves(1_210_934 + 1_220_144);
        log.append(holdings.transaction(Holdings.txid(53), 1_220_144, false, 5, outpoint));
        sweep(10);
        assertThat(wallets()).containsExactly("0");

        // The ledger has heard that the first is gone, the node still counts it.
        holdings.walletMoves(1_210_934);
        sweep(20);
        sweep(30);
        assertThat(wallets())
                .hasSize(3)
                .element(2)
                .asString()
                .startsWith("-1210934000" + Holdings.txid(51))
                .endsWith("of which one replaces the other, both counted");
        assertThat(drifts()).isEmpty();
    }

    @Test
    void aChannelWithHtlcsIsLeftOutAndSaysWhy() {
        sweep(10);
        log.append(holdings.received(ACCEPTED, 9, 20_705_342, 15));
        holdings.pend(ACCEPTED, 1, 20_705_342);
        sweep(20);
        sweep(30);

        assertThat(locals()).containsExactly("0", "not told", "not told");
        assertThat(
                        ledger.rows(
                                "SELECT explanation FROM ledger.proof_channel WHERE explanation <> ''"))
                .containsOnly(
                        "a receipt is settled, its HTLC of 20705342 msat still stands incoming");
        assertThat(drifts()).isEmpty();
    }

    @Test
    void aChannelThatTheLedgerKnowsToBeClosingIsLeftOut() {
        long empty = 900_003;
        holdings.open(empty, 500_000, 0, false, 5).forEach(log::append);
        sweep(10);
        log.append(holdings.closing(ACCEPTED, Holdings.txid(70), 15));
        log.append(holdings.closing(empty, Holdings.txid(71), 15));
        sweep(20);
        sweep(30);

        assertThat(locals()).containsExactly("0", "not told", "not told");
        assertThat(
                        ledger.rows(
                                "SELECT channel_point || explanation FROM ledger.proof_channel WHERE explanation <> ''"))
                .as("also the one that never held anything")
                .containsExactlyInAnyOrder(
                        Holdings.point(ACCEPTED) + "closing",
                        Holdings.point(ACCEPTED) + "closing",
                        Holdings.point(empty) + "closing",
                        Holdings.point(empty) + "closing");
        assertThat(drifts()).isEmpty();
    }

    @Test
    void onlyWhatIsUnconfirmedIsKeptAsSuch() {
        log.append(
                holdings.transaction(Holdings.txid(51), 1_000, false, 5, Holdings.txid(61) + ":0"));
        log.append(
                holdings.transaction(Holdings.txid(52), 2_000, false, 5, Holdings.txid(62) + ":0"));
        apply(6);
        log.append(
                holdings.transaction(Holdings.txid(51), 1_000, true, 7, Holdings.txid(61) + ":0"));
        apply(8);

        assertThat(
                        ledger.rows(
                                "SELECT txid || change_msat || outpoints::text FROM ledger.unconfirmed_transaction"))
                .containsExactly("%s2000000{%s:0}".formatted(Holdings.txid(52), Holdings.txid(62)));
    }

    @Test
    void aPersonSetsADriftAside() {
        sweep(10);
        Fact missing = holdings.deposit(9, 70_000, 15);
        sweep(20);
        sweep(30);
        String id =
                ledger.rows(
                                "SELECT encode(mismatch_id, 'hex') FROM register.mismatch WHERE code = 'WALLET_DRIFT'")
                        .getFirst();
        Decision decision =
                Decision.newBuilder()
                        .setDecisionId("d1")
                        .setMismatchId(id)
                        .setKind(DecisionKind.DECISION_KIND_IGNORE)
                        .setReference("node:" + NODE_A)
                        .setPerson("ann")
                        .setReason("asked the node")
                        .setDecidedAtNs(Times.nanos(at(31)))
                        .setUntilNs(Times.nanos(at(900)))
                        .setSeenAmountMsat(70_000_000)
                        .setRuleVersion(1)
                        .build();
        log.append(
                new Fact(
                        Topic.DECISIONS,
                        RecordKeys.of(DecisionCodec.itemKey(decision)),
                        decision.toByteArray()));
        apply(32);
        assertThat(states()).containsExactly("IGNORED");

        log.append(missing);
        sweep(40);
        assertThat(states()).containsExactly("CLOSED");
    }

    private List<String> states() {
        return ledger.rows("SELECT state FROM register.mismatch WHERE code LIKE '%DRIFT'");
    }
}
