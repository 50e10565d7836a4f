package tallystick.report.figures;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
