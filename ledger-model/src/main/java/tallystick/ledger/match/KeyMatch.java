package tallystick.ledger.match;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.ledger.match.Proposal.Basis;
import tallystick.ledger.match.Proposal.Standing;

/// Entries and settlements that name the same order or hash. What is unique here confirms itself.
///
/// Whatever is linked by keys is decided together, so that nothing is given to two.
public final class KeyMatch {
    private KeyMatch() {}

    /// One proposal for each entry that shares a key with settlements that make up its amount, by the entry's id.
    public static SortedMap<String, Proposal> propose(
            Collection<Booking> bookings, Collection<Candidate> candidates, MatchRules rules) {
        SortedMap<String, Proposal> result = new TreeMap<>();
        for (Component component : components(bookings, candidates, rules)) {
            result.putAll(propose(component, rules));
        }
        return result;
    }

    /// True when a key links them.
    static boolean isLinked(Booking booking, Candidate candidate, MatchRules rules) {
        if (!booking.allows(candidate)) {
            return false;
        }
        boolean isNear =
                Duration.between(booking.at(), candidate.at()).abs().compareTo(rules.keyWindow())
                        <= 0;
        return booking.keys().stream()
                .filter(candidate.keys()::contains)
                .anyMatch(key -> isNear || Keys.isHash(key));
    }

    private static SortedMap<String, Proposal> propose(Component component, MatchRules rules) {
        Alternatives alternatives =
                new Alternatives(
                                component.bookings(),
                                component.candidates(),
                                (booking, candidate) -> isLinked(booking, candidate, rules),
                                rules)
                        .find();
        SortedMap<String, Proposal> proposals = alternatives.proposals(Basis.KEY);
        boolean isAllUnique =
                proposals.size() == component.bookings().size()
                        && proposals.values().stream().allMatch(Proposal::confirmsItself);
        if (!isAllUnique && component.isOneOrder(rules)) {
            for (boolean withFees : new boolean[] {false, true}) {
                if (component.isBalanced(withFees)) {
                    return component.whole(withFees);
                }
            }
        }
        if (alternatives.isSpent()) {
            // What was not found might be a better claim to what seems unique.
            proposals.replaceAll((_, proposal) -> spent(proposal));
        }
        return proposals;
    }

    private static Proposal spent(Proposal proposal) {
        return new Proposal(
                proposal.booking(),
                proposal.basis(),
                Standing.BUDGET_SPENT,
                proposal.alternatives(),
                proposal.rivals());
    }

    /// What hangs together by keys.
    private record Component(List<Booking> bookings, List<Candidate> candidates) {
        /// True when every entry may be every settlement, under one and the same key.
        boolean isOneOrder(MatchRules rules) {
            SortedSet<String> shared = new TreeSet<>(bookings.getFirst().keys());
            bookings.forEach(booking -> shared.retainAll(booking.keys()));
            candidates.forEach(candidate -> shared.retainAll(candidate.keys()));
            return !shared.isEmpty()
                    && bookings.stream()
                            .allMatch(
                                    booking ->
                                            candidates.stream()
                                                    .allMatch(c -> isLinked(booking, c, rules)));
        }

        boolean isBalanced(boolean withFees) {
            long booked =
                    bookings.stream().mapToLong(Booking::amountMsat).reduce(0, Math::addExact);
            long settled =
                    candidates.stream()
                            .mapToLong(candidate -> candidate.amountMsat(withFees))
                            .reduce(0, Math::addExact);
            return booked == settled;
        }

        /// All that was booked for the order is all that was settled for it.
        SortedMap<String, Proposal> whole(boolean withFees) {
            Alternative alternative =
                    new Alternative(
                            ids(bookings.stream().map(Booking::id)),
                            ids(candidates.stream().map(Candidate::id)),
                            withFees);
            SortedMap<String, Proposal> result = new TreeMap<>();
            for (String id : alternative.bookings()) {
                result.put(
                        id,
                        new Proposal(
                                id,
                                Basis.KEY,
                                Standing.UNIQUE,
                                List.of(alternative),
                                Collections.emptySortedSet()));
            }
            return result;
        }

        private static SortedSet<String> ids(Stream<String> ids) {
            return ids.collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /// Entries without any link are in none.
    private static List<Component> components(
            Collection<Booking> bookings, Collection<Candidate> candidates, MatchRules rules) {
        Map<String, List<Candidate>> byKey = new HashMap<>();
        for (Candidate candidate : candidates) {
            candidate
                    .keys()
                    .forEach(
                            key ->
                                    byKey.computeIfAbsent(key, _ -> new ArrayList<>())
                                            .add(candidate));
        }
        SortedMap<String, Booking> left = new TreeMap<>();
        bookings.forEach(booking -> left.put(booking.id(), booking));
        Map<String, SortedMap<String, Candidate>> links = new HashMap<>();
        Map<String, SortedSet<String>> back = new HashMap<>();
        for (Booking booking : left.values()) {
            SortedMap<String, Candidate> linked = new TreeMap<>();
            for (String key : booking.keys()) {
                byKey.getOrDefault(key, List.of()).stream()
                        .filter(candidate -> isLinked(booking, candidate, rules))
                        .forEach(candidate -> linked.put(candidate.id(), candidate));
            }
            links.put(booking.id(), linked);
            linked.keySet()
                    .forEach(
                            id -> back.computeIfAbsent(id, _ -> new TreeSet<>()).add(booking.id()));
        }
        List<Component> result = new ArrayList<>();
        while (!left.isEmpty()) {
            Component component = component(left.firstKey(), left, links, back);
            if (!component.candidates().isEmpty()) {
                result.add(component);
            }
        }
        return result;
    }

    /// All that can be reached from an entry, taken out of what is left.
    private static Component component(
            String from,
            SortedMap<String, Booking> left,
            Map<String, SortedMap<String, Candidate>> links,
            Map<String, SortedSet<String>> back) {
        List<Booking> bookings = new ArrayList<>();
        SortedMap<String, Candidate> candidates = new TreeMap<>();
        SortedSet<String> next = new TreeSet<>(List.of(from));
        while (!next.isEmpty()) {
            Booking booking = left.remove(next.removeFirst());
            if (booking == null) {
                continue; // Reached twice.
            }
            bookings.add(booking);
            links.getOrDefault(booking.id(), Collections.emptySortedMap())
                    .forEach(
                            (id, candidate) -> {
                                if (candidates.put(id, candidate) == null) {
                                    next.addAll(
                                            back.getOrDefault(id, Collections.emptySortedSet()));
                                }
                            });
        }
        bookings.sort(comparing(Booking::id));
        return new Component(bookings, List.copyOf(candidates.values()));
    }
}
