package tallystick.ledger.item;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Numbers that a node must have given and that nothing carries that was read of it, until it is known what became of them.
/// Immutable.
///
/// What is told of them comes in the order of the log. So does what is told again; that is recognised by its time.
///
/// @param epoch what the numbers count within
/// @param provenAt when it was last told what became of gaps
/// @param open those of which it is not known
public record Gaps(int epoch, Instant provenAt, SortedSet<Gap> open) {
    public static final Gaps NONE = new Gaps(0, Instant.EPOCH, Collections.emptySortedSet());

    public Gaps {
        open = Collections.unmodifiableSortedSet(new TreeSet<>(open));
    }

    /// @param kind the order in which the numbers count, for example `ADD_INDEX`
    /// @param from the first number
    /// @param to the last
    /// @param since when it was first told
    public record Gap(String kind, long from, long to, Instant since) implements Comparable<Gap> {
        private static final Comparator<Gap> ORDER =
                Comparator.comparing(Gap::kind)
                        .thenComparingLong(Gap::from)
                        .thenComparingLong(Gap::to)
                        .thenComparing(Gap::since);

        @Override
        public int compareTo(Gap other) {
            return ORDER.compare(this, other);
        }

        boolean meets(Gap other) {
            return kind.equals(other.kind) && from <= other.to && other.from <= to;
        }
    }

    /// What one record tells.
    ///
    /// @param at when it was seen
    /// @param isProof it tells what became of gaps
    /// @param rescanned everything before was compared with the node; EPOCH when never
    /// @param missing numbers of which it is not known
    /// @param explained numbers of which it is known
    public record Told(
            int epoch,
            Instant at,
            boolean isProof,
            Instant rescanned,
            List<Gap> missing,
            List<Gap> explained) {
        public Told {
            missing = List.copyOf(missing);
            explained = List.copyOf(explained);
        }
    }

    /// With what a record tells more.
    public Gaps with(Told told) {
        if (told.epoch() < epoch) {
            return this;
        }
        SortedSet<Gap> left = new TreeSet<>();
        if (told.epoch() == epoch) {
            open.stream()
                    .filter(gap -> !told.isProof() || gap.since().isAfter(told.rescanned()))
                    .forEach(left::add);
        }
        // A gap that was told before it was known what became of it, and is told again.
        boolean isOld = told.epoch() == epoch && told.at().isBefore(provenAt);
        if (!isOld) {
            told.missing().forEach(gap -> addMissing(left, gap));
        }
        SortedSet<Gap> result = new TreeSet<>();
        left.forEach(gap -> addRest(result, gap, told));
        Instant proven = told.isProof() && told.at().isAfter(provenAt) ? told.at() : provenAt;
        return new Gaps(told.epoch(), proven, result);
    }

    public boolean isEmpty() {
        return open.isEmpty();
    }

    private static void addMissing(SortedSet<Gap> left, Gap gap) {
        List<Gap> rest = List.of(gap);
        for (Gap known : List.copyOf(left)) {
            rest = rest.stream().flatMap(one -> without(one, known).stream()).toList();
        }
        left.addAll(rest);
    }

    private static void addRest(SortedSet<Gap> result, Gap gap, Told told) {
        List<Gap> rest = List.of(gap);
        if (!gap.since().isAfter(told.at())) {
            for (Gap explained : told.explained()) {
                rest = rest.stream().flatMap(one -> without(one, explained).stream()).toList();
            }
        }
        result.addAll(rest);
    }

    private static List<Gap> without(Gap gap, Gap other) {
        if (!gap.meets(other)) {
            return List.of(gap);
        }
        List<Gap> rest = new java.util.ArrayList<>();
        if (gap.from() < other.from()) {
            rest.add(new Gap(gap.kind(), gap.from(), other.from() - 1, gap.since()));
        }
        if (gap.to() > other.to()) {
            rest.add(new Gap(gap.kind(), other.to() + 1, gap.to(), gap.since()));
        }
        return rest;
    }
}
