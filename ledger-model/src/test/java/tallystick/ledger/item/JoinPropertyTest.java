package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.ledger.NodeId;
import tallystick.ledger.Samples;
import tallystick.ledger.account.Postings;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Coverage.NodeCoverage;
import tallystick.ledger.mismatch.Decider;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;
import tallystick.ledger.mismatch.Verdict.State;

/// Evidence may come in any order and any number of times: the item, what is decided and what is posted stay the same.
/// Each run takes the fixed seeds and some fresh ones, or the one that `-Dseed` names.
class JoinPropertyTest {
    private static final int FIXED_SEEDS = 40;
    private static final int FRESH_SEEDS = 10;
    private static final int HISTORIES_PER_SEED = 25;
    private static final int ORDERS_PER_HISTORY = 4;

    static List<Named<Long>> seeds() {
        String given = System.getProperty("seed", "");
        LongStream seeds =
                given.isEmpty()
                        ? LongStream.concat(
                                LongStream.range(0, FIXED_SEEDS),
                                new SplittableRandom().longs(FRESH_SEEDS))
                        : LongStream.of(Long.parseLong(given));
        return seeds.mapToObj(seed -> Named.of("seed " + seed, seed)).toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyOrderGivesTheSameItemVerdictAndLegs(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < HISTORIES_PER_SEED; i++) {
            RandomHistory history = new RandomHistory(random);
            List<UnaryOperator<Item>> steps = history.steps();
            Item item = RandomHistory.merged(steps);
            Coverage coverage = coverage(random);
            Verdict verdict = decide(item, coverage);
            for (int order = 0; order < ORDERS_PER_HISTORY; order++) {
                Item other = RandomHistory.merged(history.shuffledWithRepeats(steps));

                Verdict otherVerdict = decide(other, coverage);

                assertThat(other).as(repeat(seed)).isEqualTo(item);
                assertThat(otherVerdict).as(repeat(seed)).isEqualTo(verdict);
                assertThat(Postings.of(other, otherVerdict.roundingMsat()))
                        .as(repeat(seed))
                        .isEqualTo(Postings.of(item, verdict.roundingMsat()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theResidueIsThatOfTheLegs(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < HISTORIES_PER_SEED * ORDERS_PER_HISTORY; i++) {
            Item item = RandomHistory.merged(new RandomHistory(random).steps());
            long rounding = random.nextLong(-999, 1_000);

            assertThat(Postings.ownResidueMsat(item, NetBooks.of(item.entries()), rounding))
                    .as(repeat(seed) + " " + item)
                    .isEqualTo(Postings.residueMsat(Postings.of(item, rounding)));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatAgreesLeavesNothingOnClearing(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < HISTORIES_PER_SEED * ORDERS_PER_HISTORY; i++) {
            Item item = RandomHistory.merged(new RandomHistory(random).steps());

            Verdict verdict = decide(item, coverage(random));

            if (verdict.state() != State.OPEN && verdict.state() != State.WAITING) {
                assertThat(Postings.residueMsat(Postings.of(item, verdict.roundingMsat())))
                        .as(repeat(seed) + " " + item)
                        .isZero();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aCodeStandsOnceForAReferenceAndNode(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < HISTORIES_PER_SEED * ORDERS_PER_HISTORY; i++) {
            Item item = RandomHistory.merged(new RandomHistory(random).steps());

            List<Finding> findings = decide(item, coverage(random)).findings();

            assertThat(findings)
                    .as(repeat(seed) + " " + item)
                    .extracting(f -> List.of(f.code(), f.reference(), f.node()))
                    .doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyJoinIsCommutativeAssociativeAndIdempotent(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < HISTORIES_PER_SEED * ORDERS_PER_HISTORY; i++) {
            RandomHistory history = new RandomHistory(random);
            keepsTheLaws(
                    seed, history.receipt(), history.receipt(), history.receipt(), Receipt::join);
            keepsTheLaws(
                    seed, history.payment(), history.payment(), history.payment(), Payment::join);
            for (int kind = 0; kind < 3; kind++) {
                keepsTheLaws(
                        seed,
                        history.facts(kind),
                        history.facts(kind),
                        history.facts(kind),
                        NodeFacts::join);
            }
        }
    }

    private static <T> void keepsTheLaws(long seed, T a, T b, T c, BinaryOperator<T> join) {
        T ab = join.apply(a, b);
        assertThat(join.apply(b, a)).as(repeat(seed)).isEqualTo(ab);
        assertThat(join.apply(a, a)).as(repeat(seed)).isEqualTo(a);
        assertThat(join.apply(ab, b)).as(repeat(seed)).isEqualTo(ab);
        assertThat(join.apply(a, join.apply(b, c))).as(repeat(seed)).isEqualTo(join.apply(ab, c));
    }

    private static Verdict decide(Item item, Coverage coverage) {
        return Decider.decide(item, coverage, RuleSet.defaults(), Samples.minute(90));
    }

    /// Mostly all is read; sometimes a node only in part, or not at all.
    private static Coverage coverage(SplittableRandom random) {
        SortedMap<NodeId, NodeCoverage> nodes = new TreeMap<>();
        for (NodeId node : List.of(Samples.ALICE, Samples.BOB)) {
            int luck = random.nextInt(8);
            if (luck > 0) {
                var until = Optional.of(Samples.minute(luck == 1 ? random.nextInt(12) : 90));
                nodes.put(node, new NodeCoverage(until, until, until));
            }
        }
        int seen = random.nextInt(3);
        return new Coverage(
                nodes, (_, height) -> Optional.of(Samples.minute(90)).filter(_ -> height <= seen));
    }

    private static String repeat(long seed) {
        return "./tallystick test -pl ledger-model -Dtest=JoinPropertyTest -Dseed=" + seed;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void differencesLeadFromAnyStateToAnyOther(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < HISTORIES_PER_SEED; i++) {
            Item before = RandomHistory.merged(new RandomHistory(random).steps());
            Item after = RandomHistory.merged(new RandomHistory(random).steps());
            var posted = Postings.of(before, 0);
            var should = Postings.of(after, 0);
            List<Postings.Posting> all = new ArrayList<>();
            posted.forEach((leg, transfer) -> all.add(new Postings.Posting(leg, transfer)));

            all.addAll(Postings.difference(posted, should));

            assertThat(all.stream().mapToLong(p -> p.transfer().residueMsat()).sum())
                    .as(repeat(seed))
                    .isEqualTo(Postings.residueMsat(should));
        }
    }
}
