package tallystick.report.figures;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Pair;

/// Nodes against books: how many references stand how. A reference is what is booked under one (node, reference): it counts
/// once, with what is booked, and stands as its own evidence has it. Nothing that is booked is left out, so that the rows
/// add up to the total. What is open beside these is told by [OpenMismatches].
public record Standings(List<Row> rows) {
    public Standings {
        rows = List.copyOf(rows);
    }

    /// All references of one standing.
    public record Row(Standing standing, Sum sum) {}

    public static Standings of(LedgerReading reading) {
        return of(reading.pairs().stream().map(Standings::row));
    }

    /// Adds up rows of any order; each standing may come several times, or never.
    public static Standings of(Stream<Row> parts) {
        Map<Standing, Sum> sums = new EnumMap<>(Standing.class);
        parts.forEach(part -> sums.merge(part.standing(), part.sum(), Sum::plus));
        List<Row> rows = new ArrayList<>();
        for (Standing standing : Standing.values()) {
            rows.add(new Row(standing, sums.getOrDefault(standing, Sum.NOTHING)));
        }
        return new Standings(rows);
    }

    private static Row row(Pair pair) {
        return new Row(Standing.of(pair.state()), Sum.one(pair.bookedMsat()));
    }

    public Sum of(Standing standing) {
        return rows.stream()
                .filter(row -> row.standing() == standing)
                .map(Row::sum)
                .reduce(Sum.NOTHING, Sum::plus);
    }

    public Sum total() {
        return rows.stream().map(Row::sum).reduce(Sum.NOTHING, Sum::plus);
    }

    /// Those that agree, for whatever reason.
    public Sum agreed() {
        return of(Standing.AGREED)
                .plus(of(Standing.AGREED_BY_RULE))
                .plus(of(Standing.AGREED_BY_PERSON));
    }
}
