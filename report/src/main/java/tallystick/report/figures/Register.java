package tallystick.report.figures;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tallystick.db.report.LedgerReading.Mismatch;

/// Mismatches in the order people read them, worst first, with their sums.
public record Register(List<Line> lines) {
    private static final Comparator<Mismatch> WORST_FIRST =
            Comparator.comparing((Mismatch mismatch) -> Severity.of(mismatch.severity()))
                    .thenComparing(Comparator.comparingLong(Mismatch::amountMsat).reversed())
                    .thenComparing(Mismatch::code)
                    .thenComparing(Mismatch::reference)
                    .thenComparing(Mismatch::node);

    private static final Comparator<Group> LARGEST_FIRST =
            Comparator.comparing(Group::severity)
                    .thenComparing(Comparator.comparing(Group::amountMsat).reversed())
                    .thenComparing(Group::code)
                    .thenComparing(Group::label);

    public Register {
        lines = List.copyOf(lines);
    }

    public static Register of(Collection<Mismatch> mismatches) {
        Set<String> counted = new HashSet<>();
        return new Register(
                mismatches.stream()
                        .sorted(WORST_FIRST)
                        .map(
                                mismatch ->
                                        new Line(
                                                mismatch,
                                                !counted.add(
                                                        item(
                                                                mismatch.node(),
                                                                mismatch.reference()))))
                        .toList());
    }

    /// One mismatch. The residue belongs to the item: of several mismatches of one item only the first counts it, so that
    /// a column of residues adds up.
    ///
    /// @param sharesResidue true when a line before this one already counts the residue
    public record Line(Mismatch mismatch, boolean sharesResidue) {
        public Severity severity() {
            return Severity.of(mismatch.severity());
        }

        /// Nodes minus books; 0 when it is counted already.
        public long residueMsat() {
            return sharesResidue ? 0 : mismatch.residueMsat();
        }
    }

    /// What belongs together, counted. The residue is nodes minus books.
    public record Group(
            String label,
            String code,
            Severity severity,
            int count,
            BigInteger amountMsat,
            BigInteger residueMsat) {
        static Group of(List<Line> lines) {
            Register register = new Register(lines);
            Line first = lines.getFirst();
            return new Group(
                    first.mismatch().label(),
                    first.mismatch().code(),
                    first.severity(),
                    register.count(),
                    register.amountMsat(),
                    register.residueMsat());
        }
    }

    /// How long mismatches have been open, counted. The style is the stylesheet's shade, the oldest strongest.
    public record AgeBand(String label, String style, int count, BigInteger amountMsat) {}

    private enum Band {
        DAY("under 1 day", "t4", Long.MIN_VALUE, 1),
        THREE_DAYS("1 to 3 days", "t3", 1, 3),
        WEEK("3 to 7 days", "t2", 3, 7),
        OLDER("over 7 days", "t1", 7, Long.MAX_VALUE);

        private final String label;
        private final String style;
        private final long fromDays;
        private final long underDays;

        Band(String label, String style, long fromDays, long underDays) {
            this.label = label;
            this.style = style;
            this.fromDays = fromDays;
            this.underDays = underDays;
        }

        boolean holds(Duration age) {
            return age.toDays() >= fromDays && age.toDays() < underDays;
        }
    }

    public boolean isEmpty() {
        return lines.isEmpty();
    }

    public int count() {
        return lines.size();
    }

    public BigInteger amountMsat() {
        return Sums.of(lines, line -> line.mismatch().amountMsat());
    }

    /// Nodes minus books, each item once.
    public BigInteger residueMsat() {
        return Sums.of(lines, Line::residueMsat);
    }

    /// The worst so many.
    public Register first(int limit) {
        return new Register(lines.subList(0, Math.min(limit, lines.size())));
    }

    /// All but the worst so many.
    public Register after(int limit) {
        return new Register(lines.subList(Math.min(limit, lines.size()), lines.size()));
    }

    /// By code, the worst severity first, then the largest amount. A code with two labels or severities is two groups.
    public List<Group> byCode() {
        SequencedMap<String, List<Line>> groups = new LinkedHashMap<>();
        for (Line line : lines) {
            Mismatch mismatch = line.mismatch();
            String key = mismatch.severity() + " " + mismatch.code() + " " + mismatch.label();
            groups.computeIfAbsent(key, _ -> new ArrayList<>()).add(line);
        }
        return groups.values().stream().map(Group::of).sorted(LARGEST_FIRST).toList();
    }

    /// All four bands, also those in which there is nothing.
    public List<AgeBand> byAge(Instant now) {
        List<AgeBand> bands = new ArrayList<>();
        for (Band band : Band.values()) {
            List<Line> in =
                    lines.stream()
                            .filter(
                                    line ->
                                            band.holds(
                                                    Duration.between(line.mismatch().since(), now)))
                            .toList();
            bands.add(
                    new AgeBand(band.label, band.style, in.size(), new Register(in).amountMsat()));
        }
        return bands;
    }

    /// For example `4 critical, 11 high`; empty when there is nothing.
    public String severitiesInWords() {
        Map<Severity, Long> counts =
                lines.stream()
                        .collect(
                                Collectors.groupingBy(
                                        Line::severity, TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> inWords(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String inWords(Severity severity, long count) {
        return Amounts.count(count) + " " + severity.label().toLowerCase(Locale.ROOT);
    }

    /// What shares one residue: a payment hash is one item over the whole fleet, other references exist once per node.
    public static String item(String node, String reference) {
        boolean fleetWide =
                reference.startsWith("payment_hash:") || reference.startsWith("set_id:");
        return fleetWide ? Hashes.withoutKind(reference) : node + " " + reference;
    }
}
