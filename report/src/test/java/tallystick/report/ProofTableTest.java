package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.db.report.ProofsReading;
import tallystick.db.report.ProofsReading.Bridge;
import tallystick.db.report.ProofsReading.Movement;
import tallystick.db.report.ProofsReading.NodeProof;
import tallystick.db.report.ProofsReading.Stored;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.ChannelFigures;
import tallystick.ledger.proof.NodeAccounts;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Reading;
import tallystick.report.figures.PlainText;
import tallystick.report.terminal.TerminalStyle;

class ProofTableTest {
    private static final String FIRST = "1".repeat(64) + ":0";
    private static final String SECOND = "2".repeat(64) + ":1";
    private static final Instant AT = Instant.parse("2026-11-22T23:55:00Z");

    private static final ProofsReading FOOTING = reading(0, 0);
    private static final ProofsReading BROKEN = reading(5_000_000, 1);

    /// @param offMsat what the ledger holds too much, in a channel
    /// @param missingMsat what the movements do not tell
    private static ProofsReading reading(long offMsat, long missingMsat) {
        Proven proven = proven(Optional.empty(), 0, offMsat);
        proven = proven(Optional.of(proven), 300, offMsat);
        return new ProofsReading(
                "main",
                1_234,
                List.of(
                        new NodeProof(
                                Readings.ALICE,
                                "alice",
                                Optional.of(
                                        new Stored(
                                                proven,
                                                new Bridge(
                                                        BigInteger.ZERO,
                                                        List.of(
                                                                movement("opened", 600_000_000, 2),
                                                                movement("received", 5_123_456, 7),
                                                                movement("sent", -123_456, 1)),
                                                        BigInteger.valueOf(
                                                                605_000_000 + missingMsat)),
                                                new Bridge(
                                                        BigInteger.ZERO,
                                                        List.of(
                                                                movement(
                                                                        "wallet in",
                                                                        3_000_000_000L,
                                                                        1)),
                                                        BigInteger.valueOf(3_000_000_000L)))))),
                BigInteger.valueOf(5_000),
                BigInteger.valueOf(5_000),
                BigInteger.ZERO);
    }

    private static Movement movement(String category, long msat, long transfers) {
        return new Movement(category, BigInteger.valueOf(msat), transfers);
    }

    private static Proven proven(Optional<Proven> before, int seconds, long offMsat) {
        Reading reading =
                new Reading(
                        new NodeId(Readings.ALICE),
                        AT.plusSeconds(seconds),
                        300_000_456L,
                        0,
                        2_000_000_000L,
                        1_000_000_000L,
                        List.of(
                                new ChannelFigures(
                                        FIRST, 1_000_000, 300_000, 698_497, false, true, 12, 0),
                                new ChannelFigures(
                                        SECOND, 600_000, 304_000, 294_497, true, false, 7, 1)));
        NodeAccounts accounts =
                new NodeAccounts(
                        1_200,
                        Map.of(FIRST, 300_000_456L + offMsat, SECOND, 304_999_544L),
                        Set.of(),
                        Set.of(),
                        605_000_000,
                        3_000_000_000L,
                        0);
        return Proven.after(
                before,
                Proof.of(reading, accounts, List.of()),
                AT.plusSeconds(seconds + 60L),
                new Reading(
                        reading.node(),
                        AT.plusSeconds(3_600),
                        reading.channelsLocalMsat(),
                        0,
                        reading.walletMsat(),
                        0,
                        reading.channels()),
                accounts,
                Optional.empty());
    }

    @Test
    void whatFootsLooksAsBefore() throws Exception {
        assertThat(FOOTING.foots()).isTrue();
        Golden.assertEqual("prove.txt", new ProofTable(TerminalStyle.PLAIN).render(FOOTING));
        Golden.assertEqual("prove.json", new ProofJson().render(FOOTING));
    }

    @Test
    void whatDoesNotLooksAsBefore() throws Exception {
        assertThat(BROKEN.foots()).isFalse();
        Golden.assertEqual("prove-broken.txt", new ProofTable(TerminalStyle.PLAIN).render(BROKEN));
        Golden.assertEqual("prove-broken.json", new ProofJson().render(BROKEN));
    }

    @Test
    void whatWasNotProvenYetDoesNotFoot() {
        ProofsReading none =
                FOOTING.of(List.of(new NodeProof(Readings.ALICE, "alice", Optional.empty())));

        assertThat(none.foots()).isFalse();
        assertThat(new ProofTable(TerminalStyle.PLAIN).render(none))
                .contains("alice: no proof is stored yet.", "Not proven: alice.");
        assertThat(new ProofTable(TerminalStyle.PLAIN).render(FOOTING.of(List.of())))
                .contains("Nothing is proven yet.");
    }

    @ParameterizedTest
    @ValueSource(ints = {72, 80, 100, 160})
    void noLineIsLongerThanTheTerminal(int width) {
        for (ProofsReading reading : List.of(FOOTING, BROKEN)) {
            assertThat(new ProofTable(new TerminalStyle(width, false)).render(reading).lines())
                    .allSatisfy(
                            line ->
                                    assertThat(PlainText.width(line))
                                            .as(line)
                                            .isLessThanOrEqualTo(width));
        }
    }
}
