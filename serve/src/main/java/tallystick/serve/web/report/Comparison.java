package tallystick.serve.web.report;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.db.report.DayReading.Sum;
import tallystick.report.day.DayPage;
import tallystick.report.day.DayReport;
import tallystick.report.day.DayReport.Mismatch;

/// Two reports side by side, and what became of the mismatches that were open. Immutable.
public record Comparison(DayReport first, DayReport second) {
    /// A mismatch that is open in one of them, or in both.
    ///
    /// @param before as the first has it
    /// @param after as the second has it
    public record Pair(Optional<Mismatch> before, Optional<Mismatch> after) {
        public Mismatch any() {
            return after.or(() -> before).orElseThrow();
        }

        /// How much more it is in the second. Unit: msat.
        public BigInteger moreMsat() {
            return amount(after).subtract(amount(before));
        }

        private static BigInteger amount(Optional<Mismatch> one) {
            return BigInteger.valueOf(one.map(Mismatch::amountMsat).orElse(0L));
        }
    }

    /// A figure of both.
    ///
    /// @param firstCount empty where nothing is counted
    public record Figure(
            String label,
            Optional<Long> firstCount,
            BigInteger firstMsat,
            Optional<Long> secondCount,
            BigInteger secondMsat) {
        static Figure of(String label, Sum first, Sum second) {
            return new Figure(
                    label,
                    Optional.of(first.count()),
                    first.msat(),
                    Optional.of(second.count()),
                    second.msat());
        }

        static Figure of(String label, BigInteger first, BigInteger second) {
            return new Figure(label, Optional.empty(), first, Optional.empty(), second);
        }

        public BigInteger moreMsat() {
            return secondMsat.subtract(firstMsat);
        }
    }

    /// Open in the second alone.
    public List<Pair> opened() {
        return pairs().stream().filter(one -> one.before().isEmpty()).toList();
    }

    /// Open in the first alone.
    public List<Pair> ended() {
        return pairs().stream().filter(one -> one.after().isEmpty()).toList();
    }

    /// Open in both, with another amount.
    public List<Pair> changed() {
        return inBoth().stream().filter(one -> one.moreMsat().signum() != 0).toList();
    }

    /// Open in both, with the same amount.
    public List<Pair> same() {
        return inBoth().stream().filter(one -> one.moreMsat().signum() == 0).toList();
    }

    private List<Pair> inBoth() {
        return pairs().stream()
                .filter(one -> one.before().isPresent() && one.after().isPresent())
                .toList();
    }

    /// In the order of the reports, the worst first.
    private List<Pair> pairs() {
        Map<String, Mismatch> before = new LinkedHashMap<>();
        first.facts().open().forEach(one -> before.put(one.id(), one));
        List<Pair> result = new ArrayList<>();
        for (Mismatch one : second.facts().open()) {
            result.add(new Pair(Optional.ofNullable(before.remove(one.id())), Optional.of(one)));
        }
        before.values().forEach(one -> result.add(new Pair(Optional.of(one), Optional.empty())));
        return result;
    }

    /// The totals of both: references by state, what is open and what is left, holdings of each node.
    public List<Figure> figures() {
        List<Figure> result = new ArrayList<>();
        Map<String, Sum> before = states(first);
        Map<String, Sum> after = states(second);
        List<String> labels = new ArrayList<>(after.keySet());
        before.keySet().stream().filter(one -> !after.containsKey(one)).forEach(labels::add);
        for (String label : labels) {
            result.add(
                    Figure.of(
                            label,
                            before.getOrDefault(label, Sum.NOTHING),
                            after.getOrDefault(label, Sum.NOTHING)));
        }
        result.add(Figure.of("Open mismatches", open(first), open(second)));
        result.add(
                Figure.of(
                        "Left on clearing",
                        first.facts().clearingMsat(),
                        second.facts().clearingMsat()));
        Map<String, BigInteger> held = held(first);
        Map<String, BigInteger> holding = held(second);
        List<String> nodes = new ArrayList<>(holding.keySet());
        held.keySet().stream().filter(one -> !holding.containsKey(one)).forEach(nodes::add);
        for (String node : nodes) {
            result.add(
                    Figure.of(
                            "Held by " + name(node),
                            held.getOrDefault(node, BigInteger.ZERO),
                            holding.getOrDefault(node, BigInteger.ZERO)));
        }
        return result;
    }

    /// What people call a node.
    public String name(String pubkey) {
        return new DayPage(second, List.of(), "", 0).who(pubkey);
    }

    private static Map<String, Sum> states(DayReport report) {
        Map<String, Sum> result = new LinkedHashMap<>();
        new DayPage(report, List.of(), "", 0)
                .states()
                .forEach(one -> result.put(one.sign() + " " + one.label(), one.within()));
        return result;
    }

    private static Sum open(DayReport report) {
        return new Sum(report.facts().open().size(), report.facts().openMsat());
    }

    private static Map<String, BigInteger> held(DayReport report) {
        Map<String, BigInteger> result = new LinkedHashMap<>();
        report.facts().bridges().forEach(one -> result.put(one.node(), one.closing().totalMsat()));
        return result;
    }

    /// For example `2026-11-22, edition 2`.
    public static String title(DayReport report) {
        int edition = report.seal().edition();
        return report.facts().day() + (edition > 1 ? ", edition " + edition : "");
    }

    /// Where the report itself is.
    public static String path(DayReport report) {
        return "%s/%s?edition=%d"
                .formatted(ReportPages.PATH, report.facts().day(), report.seal().edition());
    }
}
