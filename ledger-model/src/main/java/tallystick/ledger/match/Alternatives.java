package tallystick.ledger.match;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import tallystick.ledger.match.Proposal.Basis;
import tallystick.ledger.match.Proposal.Standing;

/// Every way in which one entry is several settlements, or several entries are one settlement, among those that may belong
/// together. One use.
final class Alternatives {
    private final List<Booking> bookings;
    private final List<Candidate> candidates;
    private final BiPredicate<Booking, Candidate> mayBe;
    private final MatchRules rules;
    private final SortedSet<Alternative> all = new TreeSet<>();

    /// Entries of which not all alternatives are known.
    private final SortedSet<String> spent = new TreeSet<>();

    Alternatives(
            List<Booking> bookings,
            List<Candidate> candidates,
            BiPredicate<Booking, Candidate> mayBe,
            MatchRules rules) {
        this.bookings = bookings;
        this.candidates = candidates;
        this.mayBe = mayBe;
        this.rules = rules;
    }

    Alternatives find() {
        for (Booking booking : bookings) {
            List<Candidate> near =
                    nearest(
                            candidates,
                            c -> mayBe.test(booking, c),
                            booking.at(),
                            Candidate::at,
                            Candidate::id);
            findFor(booking, near, false);
            if (near.stream().anyMatch(candidate -> candidate.feeMsat() > 0)) {
                findFor(booking, near, true);
            }
        }
        for (Candidate candidate : candidates) {
            List<Booking> near =
                    nearest(
                            bookings,
                            b -> mayBe.test(b, candidate),
                            candidate.at(),
                            Booking::at,
                            Booking::id);
            if (near.size() > 1) {
                findFor(candidate, near, false);
                if (candidate.feeMsat() > 0) {
                    findFor(candidate, near, true);
                }
            }
        }
        return this;
    }

    boolean isSpent() {
        return !spent.isEmpty();
    }

    /// One for each entry that has alternatives, or of which it is not known that it has none.
    SortedMap<String, Proposal> proposals(Basis basis) {
        SortedMap<String, Proposal> result = new TreeMap<>();
        for (Booking booking : bookings) {
            List<Alternative> own =
                    all.stream().filter(one -> one.bookings().contains(booking.id())).toList();
            boolean isSpent = spent.contains(booking.id()) || own.size() > rules.alternativesMax();
            if (isSpent || !own.isEmpty()) {
                result.put(booking.id(), proposal(booking, basis, own, isSpent));
            }
        }
        return result;
    }

    private Proposal proposal(
            Booking booking, Basis basis, List<Alternative> own, boolean isSpent) {
        SortedSet<String> rivals =
                all.stream()
                        .filter(one -> !one.bookings().contains(booking.id()))
                        .filter(one -> own.stream().anyMatch(one::overlaps))
                        .flatMap(one -> one.bookings().stream())
                        .collect(Collectors.toCollection(TreeSet::new));
        Standing standing = Standing.ALTERNATIVES;
        if (isSpent) {
            standing = Standing.BUDGET_SPENT;
        } else if (own.size() == 1 && rivals.isEmpty()) {
            standing = Standing.UNIQUE;
        }
        return new Proposal(
                booking.id(),
                basis,
                standing,
                own.subList(0, Math.min(own.size(), rules.alternativesMax())),
                rivals);
    }

    private void findFor(Booking booking, List<Candidate> near, boolean withFees) {
        // What equals the entry by itself is found however many there are.
        near.stream()
                .filter(candidate -> candidate.amountMsat(withFees) == booking.amountMsat())
                .forEach(candidate -> add(List.of(booking), List.of(candidate), withFees));
        Found<Candidate> sets =
                sets(near, candidate -> candidate.amountMsat(withFees), booking.amountMsat());
        sets.sets().forEach(set -> add(List.of(booking), set, withFees));
        if (sets.isSpent()) {
            spent.add(booking.id());
        }
    }

    private void findFor(Candidate candidate, List<Booking> near, boolean withFees) {
        Found<Booking> sets = sets(near, Booking::amountMsat, candidate.amountMsat(withFees));
        sets.sets().stream()
                .filter(set -> set.size() > 1)
                .forEach(set -> add(set, List.of(candidate), withFees));
        if (sets.isSpent()) {
            near.forEach(booking -> spent.add(booking.id()));
        }
    }

    /// Sets of members with the given sum.
    private record Found<T>(List<List<T>> sets, boolean isSpent) {}

    private <T> Found<T> sets(List<T> near, ToLongFunction<T> amount, long sum) {
        List<T> pool =
                near.stream()
                        .limit(rules.poolMax())
                        .filter(one -> amount.applyAsLong(one) <= sum)
                        .sorted(Comparator.comparingLong(amount).reversed())
                        .toList();
        SubsetSums.Result found =
                SubsetSums.search(pool.stream().mapToLong(amount).toArray(), sum, rules);
        List<List<T>> sets = new ArrayList<>();
        for (int[] indexes : found.sets()) {
            List<T> set = new ArrayList<>();
            for (int index : indexes) {
                set.add(pool.get(index));
            }
            sets.add(set);
        }
        return new Found<>(sets, found.isSpent() || near.size() > rules.poolMax());
    }

    private void add(List<Booking> some, List<Candidate> others, boolean withFees) {
        boolean hasFees = others.stream().anyMatch(candidate -> candidate.feeMsat() > 0);
        if (withFees && !hasFees) {
            return; // The same as without.
        }
        all.add(
                new Alternative(
                        some.stream()
                                .map(Booking::id)
                                .collect(Collectors.toCollection(TreeSet::new)),
                        others.stream()
                                .map(Candidate::id)
                                .collect(Collectors.toCollection(TreeSet::new)),
                        withFees));
    }

    private static <T> List<T> nearest(
            List<T> all,
            java.util.function.Predicate<T> is,
            Instant moment,
            Function<T, Instant> at,
            Function<T, String> id) {
        return all.stream()
                .filter(is)
                .sorted(
                        comparing((T one) -> Duration.between(moment, at.apply(one)).abs())
                                .thenComparing(id))
                .toList();
    }
}
