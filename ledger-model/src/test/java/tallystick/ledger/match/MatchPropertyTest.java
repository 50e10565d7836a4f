package tallystick.ledger.match;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.ledger.Samples;
import tallystick.ledger.match.Proposal.Standing;

/// Every alternative is found, none that is not one, in whatever order things are given. Small sets are tried in full.
class MatchPropertyTest {
    private static final int FIXED_SEEDS = 30;
    private static final int FRESH_SEEDS = 10;
    private static final MatchRules WIDE =
            new MatchRules(Duration.ofDays(30), Duration.ofDays(2), 8, 40, 1_000, 1_000_000);

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
    void findsWhatTryingEverythingFinds(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        for (int i = 0; i < 20; i++) {
            Scene scene = crowded(random).with(WIDE);

            SortedMap<String, Proposal> proposals = scene.byAmounts();

            for (Booking booking : scene.bookings) {
                SortedSet<Alternative> expected = tried(scene, booking);
                Proposal proposal = proposals.get(booking.id());
                assertThat(proposal == null ? List.of() : proposal.alternatives())
                        .as(repeat(seed) + " " + booking + " " + scene.candidates)
                        .containsExactlyElementsOf(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyOrderGivesTheSameProposals(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        for (int i = 0; i < 20; i++) {
            Scene scene = crowded(random);
            Scene other = new Scene();
            other.bookings.addAll(scene.bookings);
            other.candidates.addAll(scene.candidates);
            Collections.shuffle(other.bookings, new Random(seed + i));
            Collections.shuffle(other.candidates, new Random(seed - i));

            assertThat(other.byKeys()).as(repeat(seed)).isEqualTo(scene.byKeys());
            assertThat(other.byAmounts()).as(repeat(seed)).isEqualTo(scene.byAmounts());
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatConfirmsItselfGivesNothingTwiceAndSumsUp(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        for (int i = 0; i < 20; i++) {
            Scene scene = crowded(random);

            SortedSet<Alternative> confirmed =
                    scene.byKeys().values().stream()
                            .filter(Proposal::confirmsItself)
                            .map(proposal -> proposal.alternatives().getFirst())
                            .collect(Collectors.toCollection(TreeSet::new));

            List<String> taken = new ArrayList<>();
            for (Alternative one : confirmed) {
                taken.addAll(one.bookings());
                taken.addAll(one.candidates());
                assertThat(booked(scene, one)).as(repeat(seed)).isEqualTo(settled(scene, one));
            }
            assertThat(taken).as(repeat(seed)).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aSpentBudgetIsSaid(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        MatchRules narrow =
                new MatchRules(
                        Duration.ofDays(30),
                        Duration.ofDays(2),
                        8,
                        1 + random.nextInt(6),
                        1 + random.nextInt(3),
                        1 + random.nextInt(30));
        for (int i = 0; i < 20; i++) {
            Scene scene = crowded(random).with(narrow);

            SortedMap<String, Proposal> proposals = scene.byAmounts();

            for (Booking booking : scene.bookings) {
                SortedSet<Alternative> expected = tried(scene, booking);
                Proposal proposal = proposals.get(booking.id());
                List<Alternative> listed = proposal == null ? List.of() : proposal.alternatives();
                assertThat(expected).as(repeat(seed)).containsAll(listed);
                if (proposal == null || proposal.standing() != Standing.BUDGET_SPENT) {
                    assertThat(listed).as(repeat(seed)).containsExactlyElementsOf(expected);
                }
            }
        }
    }

    /// Few different amounts and few orders, so that much coincides.
    private static Scene crowded(RandomGenerator random) {
        Scene scene = new Scene();
        int bookings = 1 + random.nextInt(5);
        for (int i = 0; i < bookings; i++) {
            boolean isIn = random.nextInt(3) > 0;
            scene.booked(
                    "e" + i,
                    isIn ? Direction.IN : Direction.OUT,
                    random.nextInt(4) == 0 ? Optional.of(Samples.ALICE) : Optional.empty(),
                    1 + random.nextLong(12),
                    random.nextInt(5_000),
                    random.nextInt(3) == 0 ? "" : "ord-100" + random.nextInt(3),
                    random.nextInt(6) == 0 ? Scene.hash(random.nextInt(8)) : "");
        }
        int candidates = 1 + random.nextInt(8);
        for (int i = 0; i < candidates; i++) {
            long msat = 1 + random.nextLong(8);
            int minute = random.nextInt(5_000);
            if (random.nextInt(3) == 0) {
                scene.paid(i, msat, random.nextInt(3), minute);
            } else {
                scene.received(
                        random.nextInt(3) == 0 ? Samples.BOB : Samples.ALICE,
                        i,
                        msat,
                        minute,
                        random.nextInt(3) == 0 ? "" : "ord-100" + random.nextInt(3));
            }
        }
        return scene;
    }

    /// All that one entry may be, by trying every set of settlements, and every set of entries for each settlement.
    private static SortedSet<Alternative> tried(Scene scene, Booking booking) {
        SortedSet<Alternative> result = new TreeSet<>();
        for (int set = 1; set < 1 << scene.candidates.size(); set++) {
            tryOne(scene, List.of(booking), chosen(scene.candidates, set), result);
        }
        for (int set = 1; set < 1 << scene.bookings.size(); set++) {
            List<Booking> some = chosen(scene.bookings, set);
            if (some.size() > 1 && some.contains(booking)) {
                scene.candidates.forEach(one -> tryOne(scene, some, List.of(one), result));
            }
        }
        return result;
    }

    private static void tryOne(
            Scene scene,
            List<Booking> bookings,
            List<Candidate> candidates,
            SortedSet<Alternative> result) {
        boolean mayBe =
                bookings.stream()
                        .allMatch(
                                booking ->
                                        candidates.stream()
                                                .allMatch(
                                                        candidate ->
                                                                AmountMatch.mayBe(
                                                                        booking,
                                                                        candidate,
                                                                        scene.rules)));
        long booked = bookings.stream().mapToLong(Booking::amountMsat).sum();
        long fees = candidates.stream().mapToLong(Candidate::feeMsat).sum();
        long settled = candidates.stream().mapToLong(Candidate::amountMsat).sum();
        if (mayBe && booked == settled) {
            result.add(alternative(bookings, candidates, false));
        } else if (mayBe && booked == settled + fees) {
            result.add(alternative(bookings, candidates, true));
        }
    }

    private static Alternative alternative(
            List<Booking> bookings, List<Candidate> candidates, boolean withFees) {
        return new Alternative(
                bookings.stream().map(Booking::id).collect(Collectors.toCollection(TreeSet::new)),
                candidates.stream()
                        .map(Candidate::id)
                        .collect(Collectors.toCollection(TreeSet::new)),
                withFees);
    }

    private static <T> List<T> chosen(List<T> all, int set) {
        List<T> result = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if ((set & 1 << i) != 0) {
                result.add(all.get(i));
            }
        }
        return result;
    }

    private static long booked(Scene scene, Alternative one) {
        return scene.bookings.stream()
                .filter(booking -> one.bookings().contains(booking.id()))
                .mapToLong(Booking::amountMsat)
                .sum();
    }

    private static long settled(Scene scene, Alternative one) {
        return scene.candidates.stream()
                .filter(candidate -> one.candidates().contains(candidate.id()))
                .mapToLong(candidate -> candidate.amountMsat(one.withFees()))
                .sum();
    }

    private static String repeat(long seed) {
        return "mvn test -pl ledger-model -Dtest=MatchPropertyTest -Dseed=" + seed;
    }
}
