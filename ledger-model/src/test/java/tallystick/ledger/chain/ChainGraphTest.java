package tallystick.ledger.chain;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.minute;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.ChainTx.Look;
import tallystick.ledger.item.ChainTx.Standing;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opener;
import tallystick.ledger.item.Channel.Stage;

class ChainGraphTest {
    private static ChainTx tx(
            String label,
            Standing standing,
            long sat,
            SortedMap<Integer, Long> outputs,
            String... foreign) {
        SortedMap<String, Boolean> inputs = new TreeMap<>();
        for (String outpoint : foreign) {
            inputs.put(outpoint, false);
        }
        return new ChainTx(
                new TreeMap<>(Map.of(new Look(standing, 5, sat, minute(1)), minute(2))),
                new TreeMap<>(),
                label,
                new TreeMap<>(),
                inputs,
                outputs,
                ChainTx.Links.NONE);
    }

    private static ChainTx sweep(long sat, String... foreign) {
        return tx("0:sweep", Standing.CONFIRMED, sat, new TreeMap<>(), foreign);
    }

    private static Channel closed(String txid, String... valued) {
        SortedMap<String, Channel.Resolution> resolutions = new TreeMap<>();
        for (String one : valued) {
            int equals = one.indexOf('=');
            resolutions.put(
                    one.substring(0, equals),
                    new Channel.Resolution(
                            "COMMIT", "CLAIMED", Long.parseLong(one.substring(equals + 1)), ""));
        }
        return new Channel(
                Stage.CLOSED,
                minute(1),
                Optional.of(minute(1)),
                Msat.of(0),
                Msat.of(0),
                true,
                Opener.REMOTE,
                new TreeSet<>(),
                new Channel.Close(
                        txid.isEmpty()
                                ? new TreeMap<>()
                                : new TreeMap<>(Map.of(Stage.CLOSED, txid)),
                        "",
                        resolutions,
                        Channel.Pending.NOTHING),
                Channel.Links.NONE);
    }

    @Test
    void followsAClosesOutputsThroughAllItsTransactions() {
        ChainGraph graph =
                new ChainGraph(
                        Map.of(
                                "stage", sweep(-270, "commit:2"),
                                "sweep1", sweep(500, "commit:1"),
                                "sweep2", sweep(900, "stage:0"),
                                "deposit",
                                        tx(
                                                "",
                                                Standing.CONFIRMED,
                                                70,
                                                new TreeMap<>(),
                                                "commit:3")),
                        Map.of("f:0", closed("commit")));

        assertThat(graph.returns("f:0").keySet()).containsExactly("stage", "sweep1", "sweep2");
        assertThat(requireNonNull(graph.returns("f:0").get("stage")).sat()).isEqualTo(-270);
        // Paid to us by the peer, out of what was his: no part of the close.
        assertThat(graph.ofTransaction("deposit").returnsSat()).isEmpty();
    }

    @Test
    void knowsAClosingTransactionByWhatItSpends() {
        ChainGraph graph =
                new ChainGraph(
                        Map.of("close", tx("", Standing.UNCONFIRMED, 800, new TreeMap<>(), "f:0")),
                        Map.of("f:0", closed("")));

        assertThat(graph.ofTransaction("close").returnsSat())
                .containsExactly(Map.entry("f:0", 800L));
        assertThat(requireNonNull(graph.returns("f:0").get("close")).isConfirmed()).isFalse();
    }

    @Test
    void splitsASweepOfSeveralClosesByWhatItSpends() {
        ChainGraph graph =
                new ChainGraph(
                        Map.of("sweep", sweep(997, "a:0", "b:0")),
                        Map.of("f:0", closed("a", "a:0=300"), "g:0", closed("b", "b:0=700")));

        SortedMap<String, Long> shares = graph.ofTransaction("sweep").returnsSat();
        assertThat(shares).containsOnlyKeys("f:0", "g:0");
        assertThat(shares).containsEntry("f:0", 299L).containsEntry("g:0", 698L);
    }

    @Test
    void theConfirmedOneOfTwoThatSpendTheSameCoinReplacesTheOther() {
        ChainGraph graph =
                new ChainGraph(
                        Map.of(
                                "old", tx("", Standing.GONE, -5, new TreeMap<>(), "coin:0"),
                                "new",
                                        tx(
                                                "",
                                                Standing.CONFIRMED,
                                                -9,
                                                new TreeMap<>(),
                                                "coin:0",
                                                "coin:1")),
                        Map.of());

        assertThat(graph.ofTransaction("old").replacedBy())
                .contains(new ChainTx.Replacement("new", minute(1)));
        assertThat(graph.ofTransaction("new").replacedBy()).isEmpty();
        assertThat(graph.replacedBy("new")).isEqualTo(List.of("old"));
    }

    @Test
    void whatIsGoneBringsNothingHome() {
        ChainGraph graph =
                new ChainGraph(
                        Map.of(
                                "first",
                                        tx(
                                                "0:sweep",
                                                Standing.GONE,
                                                600,
                                                new TreeMap<>(),
                                                "commit:1"),
                                "second", sweep(590, "commit:1")),
                        Map.of("f:0", closed("commit")));

        assertThat(graph.returns("f:0").keySet()).containsExactly("second");
    }
}
