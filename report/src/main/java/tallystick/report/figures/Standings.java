package tallystick.report.figures;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.Pair;

/// Every reference under one standing: nodes against books. An open reference counts once, however many mismatches name
/// it, and its value is what they are about; the value of any other is what was booked. Nothing is left out, so that
/// the rows add up to the total.
public record Standings(List<Row> rows) {
    private static final Comparator<Entry> ORDER =
            Comparator.comparing(Entry::node).thenComparing(Entry::reference);

    public Standings {
        rows = List.copyOf(rows);
    }

    /// One reference at one node.
    public record Entry(String node, String reference, BigInteger msat) {}

    /// All references of one standing, by node and reference.
    public record Row(Standing standing, List<Entry> entries) {
        public Row {
            entries = entries.stream().sorted(ORDER).toList();
        }

        public int count() {
            return entries.size();
        }

        public BigInteger msat() {
            return entries.stream().map(Entry::msat).reduce(BigInteger.ZERO, BigInteger::add);
        }
    }

    public static Standings of(LedgerReading reading) {
        Set<String> named = new HashSet<>();
        reading.mismatches().forEach(mismatch -> named.add(mismatch.reference()));
        List<Row> rows = new ArrayList<>();
        for (Standing standing : Standing.values()) {
            List<Entry> entries = new ArrayList<>();
            if (standing == Standing.OPEN) {
                entries.addAll(open(reading.mismatches()));
            }
            for (Pair pair : reading.pairs()) {
                // The entry under the wrong node is the same item as the receipt that the mismatch
                // names.
                boolean counted = standing == Standing.OPEN && named.contains(pair.reference());
                if (standing(pair) == standing && !counted) {
                    entries.add(
                            new Entry(
                                    pair.node(),
                                    pair.reference(),
                                    BigInteger.valueOf(pair.bookedMsat())));
                }
            }
            // Of no use to those whose ledger knows all of their nodes' past.
            if (standing != Standing.BEFORE_OPENING || !entries.isEmpty()) {
                rows.add(new Row(standing, entries));
            }
        }
        return new Standings(rows);
    }

    public Row row(Standing standing) {
        return rows.stream()
                .filter(row -> row.standing() == standing)
                .findFirst()
                .orElseGet(() -> new Row(standing, List.of()));
    }

    public long count() {
        return rows.stream().mapToLong(Row::count).sum();
    }

    public BigInteger msat() {
        return rows.stream().map(Row::msat).reduce(BigInteger.ZERO, BigInteger::add);
    }

    /// How many agree, for whatever reason.
    public long agreed() {
        return row(Standing.AGREED).count()
                + agreedByRule()
                + row(Standing.AGREED_BY_PERSON).count();
    }

    private long agreedByRule() {
        return row(Standing.AGREED_BY_RULE).count();
    }

    /// How many agree by evidence: exactly or by a named rule.
    public long matched() {
        return row(Standing.AGREED).count() + agreedByRule();
    }

    private static List<Entry> open(List<Mismatch> mismatches) {
        Map<String, Entry> entries = new TreeMap<>();
        for (Mismatch mismatch : mismatches) {
            entries.merge(
                    mismatch.node() + " " + mismatch.reference(),
                    new Entry(
                            mismatch.node(),
                            mismatch.reference(),
                            BigInteger.valueOf(mismatch.amountMsat())),
                    (one, other) ->
                            new Entry(one.node(), one.reference(), one.msat().add(other.msat())));
        }
        return List.copyOf(entries.values());
    }

    private static Standing standing(Pair pair) {
        return switch (pair.state()) {
            case AGREED -> Standing.AGREED;
            case AGREED_BY_RULE -> Standing.AGREED_BY_RULE;
            case AGREED_BY_PERSON -> Standing.AGREED_BY_PERSON;
            case IGNORED -> Standing.IGNORED;
            case WAITING -> Standing.WAITING;
            case OPEN -> Standing.OPEN;
            case BEFORE_OPENING -> Standing.BEFORE_OPENING;
            case NOT_DECIDED_YET -> Standing.NOT_DECIDED_YET;
        };
    }
}
