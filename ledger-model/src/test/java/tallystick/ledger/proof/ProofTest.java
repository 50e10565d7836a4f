package tallystick.ledger.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Drift.Subject;

class ProofTest {
    private static final NodeId NODE = new NodeId("02" + "a1".repeat(32));
    private static final String FIRST = "1".repeat(64) + ":0";
    private static final String SECOND = "2".repeat(64) + ":1";
    private static final long KEPT_SAT = 843 + 660;

    /// A channel as lnd tells it, of which the claim is known to the msat.
    private static ChannelFigures figures(
            String point, boolean weOpened, long claimMsat, long updates, boolean isQuiet) {
        long capacity = 1_000_000;
        long local = weOpened ? claimMsat - KEPT_SAT * 1_000 : claimMsat;
        long remote = capacity * 1_000 - claimMsat - (weOpened ? 0 : KEPT_SAT * 1_000);
        return new ChannelFigures(
                point, capacity, local / 1_000, remote / 1_000, weOpened, isQuiet, updates, 0);
    }

    private static long localMsat(boolean weOpened, long claimMsat) {
        return weOpened ? claimMsat - KEPT_SAT * 1_000 : claimMsat;
    }

    private static Reading reading(
            int minute, long localMsat, long walletMsat, ChannelFigures... channels) {
        return new Reading(NODE, at(minute), localMsat, 0, walletMsat, 0, List.of(channels));
    }

    private static Instant at(int minute) {
        return Instant.parse("2026-03-02T00:00:00Z").plusSeconds(60L * minute);
    }

    private static NodeAccounts accounts(Map<String, Long> claims, long walletMsat) {
        return new NodeAccounts(
                7,
                claims,
                Set.of(),
                Set.of(),
                claims.values().stream().mapToLong(one -> one).sum(),
                walletMsat,
                0);
    }

    private static Proof proof(Reading reading, Map<String, Long> claims) {
        return Proof.of(reading, accounts(claims, 0), List.of());
    }

    @Test
    void anIntervalHoldsTheClaimWhateverItsFraction() {
        for (long claim = 600_000_000; claim < 600_002_000; claim++) {
            for (boolean weOpened : List.of(true, false)) {
                ChannelFigures figures = figures(FIRST, weOpened, claim, 0, true);

                assertThat(figures.claim().distanceMsat(claim)).isZero();
                assertThat(figures.claim().distanceMsat(claim + 1_000)).isPositive();
                assertThat(figures.claim().distanceMsat(claim - 1_000)).isNegative();
            }
        }
    }

    @Test
    void theSumIsExactWhateverTheFractions() {
        Random random = new Random(1);
        for (int i = 0; i < 5_000; i++) {
            long first = 500_000_000L + random.nextInt(100_000);
            long second = 400_000_000L + random.nextInt(3) * 1_000L;
            Reading reading =
                    reading(
                            1,
                            localMsat(true, first) + localMsat(false, second),
                            0,
                            figures(FIRST, true, first, 0, true),
                            figures(SECOND, false, second, 0, true));

            Proof proof = proof(reading, Map.of(FIRST, first, SECOND, second));

            assertThat(proof.local().orElseThrow().residualMsat()).isZero();
            assertThat(proof.foots()).isTrue();
        }
    }

    @Test
    void whatIsMissingFromOneChannelIsTheResidualToTheMsat() {
        Random random = new Random(2);
        for (int i = 0; i < 5_000; i++) {
            boolean weOpened = random.nextBoolean();
            long first = 500_000_000L + random.nextInt(100_000);
            long second = 400_000_000L + random.nextInt(100_000);
            long off = (1_000L + random.nextInt(5_000_000)) * (random.nextBoolean() ? 1L : -1L);
            Reading reading =
                    reading(
                            1,
                            localMsat(weOpened, first) + localMsat(true, second),
                            0,
                            figures(FIRST, weOpened, first, 0, true),
                            figures(SECOND, true, second, 0, true));

            Proof proof = proof(reading, Map.of(FIRST, first + off, SECOND, second));

            assertThat(proof.local().orElseThrow().residualMsat()).as("%d", i).isEqualTo(off);
            long distance = proof.channels().getFirst().residualMsat().orElseThrow();
            assertThat(Math.abs(off) - Math.abs(distance)).isBetween(0L, 999L);
            assertThat(Long.signum(distance)).isEqualTo(Long.signum(off));
        }
    }

    @Test
    void aChannelThatMovesLeavesTheTotalOpen() {
        Proof proof =
                proof(
                        reading(1, 0, 0, figures(FIRST, true, 500_000_000, 0, false)),
                        Map.of(FIRST, 1L));

        assertThat(proof.isComplete()).isFalse();
        assertThat(proof.foots()).isTrue();
        assertThat(proof.channels().getFirst().residualMsat()).isEmpty();
        assertThat(proof.channels().getFirst().explanation())
                .isEqualTo("moved while the node was read");
    }

    @Test
    void aChannelThatTheLedgerKnowsToBeClosingIsLeftOut() {
        Reading reading = reading(1, 5, 0, figures(FIRST, true, 500_000_000, 0, true));

        Proof proof =
                Proof.of(
                        reading,
                        new NodeAccounts(1, Map.of(), Set.of(), Set.of(FIRST), 0, 0, 0),
                        List.of());

        assertThat(proof.isComplete()).isFalse();
        assertThat(proof.channels().getFirst().explanation()).isEqualTo("closing");
    }

    @Test
    void aChannelThatTheNodeDoesNotListHoldsNothing() {
        NodeAccounts accounts =
                new NodeAccounts(
                        1, Map.of(FIRST, 5_000_123L), Set.of(FIRST), Set.of(), 5_000_123, 0, 0);

        Proof proof = Proof.of(reading(1, 0, 0), accounts, List.of());

        assertThat(proof.channels())
                .singleElement()
                .satisfies(
                        one ->
                                assertThat(one.residualMsat().orElseThrow())
                                        .isEqualTo(5_000_123 - 999));
        assertThat(proof.local().orElseThrow().residualMsat()).isEqualTo(5_000_123);
    }

    @Test
    void theNodesSumTellsFractionsOfSeveralChannels() {
        long first = 600_000_000;
        long second = 500_000_000;
        // A forward of 1,000 sat that earned 55 msat is missing.
        Reading reading =
                reading(
                        1,
                        localMsat(true, first + 1_000_055) + localMsat(true, second - 1_000_000),
                        0,
                        figures(FIRST, true, first + 1_000_055, 2, true),
                        figures(SECOND, true, second - 1_000_000, 2, true));

        Proof proof = proof(reading, Map.of(FIRST, first, SECOND, second));

        assertThat(proof.local().orElseThrow().residualMsat()).isEqualTo(-55);
    }

    @Test
    void aWalletIsExplainedByExactlyWhatIsLeased() {
        Reading leased = new Reading(NODE, at(1), 0, 0, 2_000_000_000, 1_000_000_000, List.of());

        assertThat(wallet(leased, 3_000_000_000L).explanation())
                .isEqualTo("leased outputs of 1000000 sat");
        assertThat(wallet(leased, 3_000_001_000L).explanation()).isEmpty();
        assertThat(wallet(leased, 3_000_001_000L).unexplainedMsat()).isEqualTo(1_000_001_000);
        assertThat(wallet(leased, 1_000_000_000L).explanation()).isEmpty();
    }

    @Test
    void theInputsOfAFundingTransactionAreNoLease() {
        UnconfirmedTx funding =
                new UnconfirmedTx("f", -500_000_000, 700_000_000, Set.of("a:0"), true);
        Reading funded = new Reading(NODE, at(1), 0, 0, 2_000_000_000, 700_000_000, List.of());

        assertThat(wallet(funded, 2_000_000_000L, funding).residualMsat()).isZero();
        assertThat(wallet(funded, 2_700_000_000L, funding).explanation()).isEmpty();

        Reading both = new Reading(NODE, at(1), 0, 0, 2_000_000_000, 710_000_000, List.of());
        assertThat(wallet(both, 2_010_000_000L, funding).explanation())
                .isEqualTo("leased outputs of 10000 sat");
    }

    /// Figures of a child that pays for its parent, and was replaced.
    @Test
    void aReplacedTransactionIsCountedTwice() {
        UnconfirmedTx first =
                new UnconfirmedTx("a", -2_225_000, 2_798_176_000L, Set.of("p:0"), false);
        UnconfirmedTx second =
                new UnconfirmedTx("b", -10_012_000, 2_798_176_000L, Set.of("p:0"), false);
        UnconfirmedTx other =
                new UnconfirmedTx("c", -10_012_000, 2_798_176_000L, Set.of("q:0"), false);
        Reading reading = new Reading(NODE, at(1), 0, 0, 5_584_115_000L, 0, List.of());
        long ledger = 2_798_176_000L - 2_225_000 - 10_012_000;

        assertThat(wallet(reading, ledger, first, second).explanation())
                .isEqualTo("a and b, of which one replaces the other, both counted");
        assertThat(wallet(reading, ledger, first, other).explanation()).isEmpty();
        assertThat(wallet(reading, ledger + 1_000, first, second).explanation()).isEmpty();
        // When the ledger knows that the first is gone.
        assertThat(wallet(reading, 2_788_164_000L, first, second).explanation()).isNotEmpty();
    }

    private static Total wallet(Reading reading, long ledgerMsat, UnconfirmedTx... unconfirmed) {
        return Proof.of(reading, accounts(Map.of(), ledgerMsat), List.of(unconfirmed)).wallet();
    }

    // --- two that agree

    private static Proven after(
            Optional<Proven> previous, Proof proof, Instant computedAt, Reading newest) {
        return Proven.after(previous, proof, computedAt, newest, held(proof), Optional.empty());
    }

    private static NodeAccounts held(Proof proof) {
        Map<String, Long> claims = new TreeMap<>();
        proof.channels().forEach(one -> claims.put(one.channelPoint(), one.ledgerMsat()));
        return accounts(claims, proof.wallet().ledgerMsat());
    }

    private static Proven next(
            Optional<Proven> before, int minute, long claim, long told, int updates) {
        Reading reading =
                reading(
                        minute,
                        localMsat(false, told),
                        0,
                        figures(FIRST, false, told, updates, true));
        return after(before, proof(reading, Map.of(FIRST, claim)), at(minute), reading);
    }

    @Test
    void twoThatAgreeAreADriftUntilOneFoots() {
        Proven first = next(Optional.empty(), 1, 5_000, 5_000, 1);
        assertThat(first.drifts()).isEmpty();
        Proven second = next(Optional.of(first), 2, 5_000, 9_000, 2);
        assertThat(second.drifts()).isEmpty();
        Proven third = next(Optional.of(second), 3, 5_000, 9_000, 2);

        assertThat(third.drifts())
                .singleElement()
                .satisfies(
                        drift -> {
                            assertThat(drift.subject()).isEqualTo(Subject.CHANNEL);
                            assertThat(drift.effectMsat()).isEqualTo(-4_000);
                            assertThat(drift.course().footed().orElseThrow().at()).isEqualTo(at(1));
                            assertThat(drift.course().failed().orElseThrow().at()).isEqualTo(at(2));
                            assertThat(drift.course().driftSince()).contains(at(3));
                        });

        Proven fourth = next(Optional.of(third), 4, 6_000, 10_000, 3);
        assertThat(fourth.drifts()).hasSize(1);
        assertThat(next(Optional.of(fourth), 5, 10_000, 10_000, 3).drifts()).isEmpty();
    }

    @Test
    void whatMovedInBetweenIsNoDrift() {
        Proven first = next(Optional.empty(), 1, 5_000, 9_000, 1);

        assertThat(next(Optional.of(first), 2, 5_000, 9_000, 2).drifts())
                .as("there and back")
                .noneMatch(drift -> drift.subject() == Subject.CHANNEL);
        assertThat(next(Optional.of(first), 2, 6_000, 10_000, 2).drifts()).isEmpty();
        assertThat(next(Optional.of(first), 2, 6_000, 9_000, 1).drifts()).isEmpty();
    }

    @Test
    void aReadingFromBeforeTheFirstProofWasComputedConfirmsNothing() {
        Reading early = reading(1, 9_000, 0, figures(FIRST, false, 9_000, 1, true));
        Reading later = reading(2, 9_000, 0, figures(FIRST, false, 9_000, 1, true));
        Reading last = reading(9, 9_000, 0, figures(FIRST, false, 9_000, 1, true));
        Map<String, Long> claims = new TreeMap<>(Map.of(FIRST, 5_000L));
        Proven first = after(Optional.empty(), proof(early, claims), at(5), early);

        assertThat(after(Optional.of(first), proof(later, claims), at(6), later).drifts())
                .isEmpty();
        assertThat(after(Optional.of(first), proof(later, claims), at(9), last).drifts())
                .hasSize(1);
    }

    @Test
    void whatHasNotMovedSinceTheFirstNeedsNoReadingFromAfterIt() {
        Reading early = reading(1, 9_000, 70_000, figures(FIRST, false, 9_000, 1, true));
        Reading later = reading(2, 9_000, 70_000, figures(FIRST, false, 9_000, 1, true));
        NodeAccounts now = accounts(Map.of(FIRST, 5_000L), 0);
        Proven first = after(Optional.empty(), Proof.of(early, now, List.of()), at(9), later);
        Proof next = Proof.of(later, now, List.of());

        assertThat(subjects(first, next, later, standstill(now)))
                .containsExactly(Subject.CHANNEL, Subject.WALLET);
        assertThat(
                        subjects(
                                first,
                                next,
                                later,
                                standstill(now.less(Map.of(FIRST, 1L), Set.of(), 1))))
                .as("moved since")
                .isEmpty();
        assertThat(subjects(first, next, early, standstill(now)))
                .as("nothing was read after it")
                .isEmpty();
    }

    /// As when the node's clock is ahead: what moved before both readings is taken off as later than they.
    @Test
    void whatWasTakenOffIsConfirmedByNoLaterReading() {
        Reading early = reading(1, 9_000, 0, figures(FIRST, false, 9_000, 1, true));
        Reading later = reading(2, 9_000, 0, figures(FIRST, false, 9_000, 1, true));
        Reading last = reading(9, 9_000, 0, figures(FIRST, false, 9_000, 1, true));
        Map<String, Long> taken = Map.of(FIRST, 5_000L);
        Proven first = after(Optional.empty(), proof(early, taken), at(5), early);

        Proven second =
                Proven.after(
                        Optional.of(first),
                        proof(later, taken),
                        at(9),
                        last,
                        accounts(Map.of(FIRST, 9_000L), 0),
                        Optional.empty());

        assertThat(second.drifts()).isEmpty();
    }

    /// What a node does not list may have come after it was read.
    @Test
    void standstillSaysNothingOfAChannelThatIsNotListed() {
        NodeAccounts now =
                new NodeAccounts(
                        1, Map.of(FIRST, 5_000_123L), Set.of(FIRST), Set.of(), 5_000_123, 0, 0);
        Proven first =
                after(
                        Optional.empty(),
                        Proof.of(reading(1, 0, 0), now, List.of()),
                        at(9),
                        reading(2, 0, 0));

        assertThat(
                        subjects(
                                first,
                                Proof.of(reading(2, 0, 0), now, List.of()),
                                reading(2, 0, 0),
                                standstill(now)))
                .isEmpty();
    }

    @Test
    void aWalletOfWhichItCannotBeToldWhatItCountedHasNoStandstill() {
        NodeAccounts now = accounts(Map.of(), 0);
        Reading early = reading(1, 0, 70_000);
        Reading later = reading(2, 0, 70_000);
        Proof next = Proof.of(later, now, List.of());
        Proven first = after(Optional.empty(), Proof.of(early, now, List.of()), at(9), later);

        assertThat(subjects(first, next, later, new Standstill(at(1), now, false, false)))
                .isEmpty();
        assertThat(subjects(first, next, later, new Standstill(at(1), now, true, true)))
                .as("what was locked would make the ledger's figure the larger one")
                .containsExactly(Subject.WALLET);
    }

    private static Standstill standstill(NodeAccounts then) {
        return new Standstill(at(1), then, true, false);
    }

    private static List<Subject> subjects(
            Proven first, Proof next, Reading newest, Standstill standstill) {
        return Proven.after(
                        Optional.of(first),
                        next,
                        at(9),
                        newest,
                        held(next),
                        Optional.of(standstill))
                .drifts()
                .stream()
                .map(Drift::subject)
                .toList();
    }

    @Test
    void whatMovedAfterTheReadingIsTakenOff() {
        Reading reading = reading(1, 9_000, 70_000_000, figures(FIRST, false, 9_000, 1, true));
        NodeAccounts now = accounts(Map.of(FIRST, 10_500L), 75_000_000);

        Proof proof =
                Proof.of(reading, now.less(Map.of(FIRST, 1_500L), Set.of(), 5_000_000), List.of());

        assertThat(proof.foots()).isTrue();
        assertThat(proof.channels().getFirst().ledgerMsat()).isEqualTo(9_000);
        assertThat(proof.local().orElseThrow().residualMsat()).isZero();
        assertThat(proof.wallet().explanation())
                .isEqualTo("5000 sat that moved after the node was read");
        Reading leased = new Reading(NODE, at(1), 0, 0, 60_000_000, 10_000_000, List.of());
        assertThat(
                        Proof.of(leased, now.less(Map.of(), Set.of(), 5_000_000), List.of())
                                .wallet()
                                .explanation())
                .isEqualTo(
                        "5000 sat that moved after the node was read, and leased outputs of 10000 sat");
    }

    @Test
    void aTotalIsNotNamedBesideTheChannelsThatMakeIt() {
        Proven proven = after(Optional.empty(), two(1), at(1), two(1).reading());
        Proven next = after(Optional.of(proven), two(2), at(2), two(2).reading());

        assertThat(next.drifts())
                .extracting(Drift::subject, drift -> drift.channelPoint().orElse(""))
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Subject.CHANNEL, FIRST),
                        org.assertj.core.groups.Tuple.tuple(Subject.CHANNEL, SECOND));
        assertThat(next.local().driftMsat()).isEqualTo(77);
    }

    @Test
    void whatWasOfChannelsIsNotNamedOnceOneOfThemFoots() {
        Proven proven = after(Optional.empty(), two(1), at(1), two(1).reading());
        Proven next = after(Optional.of(proven), two(2), at(2), two(2).reading());
        for (boolean isTold : List.of(true, false)) {
            Proof footed = two(3, 300_000_000, isTold);
            Proven last = after(Optional.of(next), footed, at(3), footed.reading());

            assertThat(footed.local().isPresent()).isEqualTo(isTold);
            assertThat(last.drifts())
                    .singleElement()
                    .satisfies(drift -> assertThat(drift.channelPoint()).contains(SECOND));
        }
        Proof third = two(3, 300_000_000, true);
        Proof fourth = two(4, 300_000_000, true);
        Proven left = after(Optional.of(next), third, at(3), third.reading());
        Proven agreed = after(Optional.of(left), fourth, at(4), fourth.reading());
        assertThat(agreed.local().driftMsat()).isEqualTo(-5_000_000);
        assertThat(agreed.drifts()).hasSize(1);
    }

    /// A forward that the node does not show: it came in by one channel and left by the other.
    private static Proof two(int minute) {
        return two(minute, 305_000_077L, true);
    }

    private static Proof two(int minute, long firstMsat, boolean isQuiet) {
        Reading reading =
                reading(
                        minute,
                        700_000_000,
                        0,
                        figures(FIRST, false, 300_000_000, 1, true),
                        figures(SECOND, false, 400_000_000, 1, isQuiet));
        return proof(reading, Map.of(FIRST, firstMsat, SECOND, 395_000_000L));
    }
}
