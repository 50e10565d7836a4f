package tallystick.db.write;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.Map;
import tallystick.ledger.day.DayTotals;

/// What batches change of business days.
public final class DayRepository {
    private static final String ADD =
            """
            COPY ledger.day_delta (batch_id, slot, node, subject, name, place, count, msat) FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_COLUMNS = 8;
    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);

    /// In an order of their own, so that a batch done again writes the same.
    private static final Comparator<DayTotals.Line> ORDER =
            Comparator.comparingInt(DayTotals.Line::slot)
                    .thenComparing(DayTotals.Line::subject)
                    .thenComparing(DayTotals.Line::node)
                    .thenComparing(DayTotals.Line::name)
                    .thenComparing(DayTotals.Line::place);

    public void add(Connection connection, long batchId, DayTotals totals) throws SQLException {
        Map<DayTotals.Line, DayTotals.Sum> sums = totals.sums();
        try (CopyRows rows = new CopyRows(connection, ADD, ADD_COLUMNS)) {
            for (DayTotals.Line line : sums.keySet().stream().sorted(ORDER).toList()) {
                DayTotals.Sum sum = sums.getOrDefault(line, new DayTotals.Sum(0, 0));
                long count = sum.count();
                BigInteger rest = sum.msat();
                do { // A row, unless amounts are told that a row cannot hold.
                    BigInteger part = rest.max(LEAST).min(MOST);
                    rows.row()
                            .add(batchId)
                            .add(line.slot())
                            .add(line.node())
                            .add(line.subject().name())
                            .add(line.name())
                            .add(line.place())
                            .add(count)
                            .add(part.longValueExact());
                    count = 0;
                    rest = rest.subtract(part);
                } while (rest.signum() != 0);
            }
            rows.end();
        }
    }
}
