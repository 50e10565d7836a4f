package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.write.OpeningRepository;

/// Fixes the moment from which a ledger counts. Any thread.
public final class LedgerOpening {
    private static final OpeningRepository OPENINGS = new OpeningRepository();

    private LedgerOpening() {}

    /// From the given moment on the ledger counts. It must have applied nothing yet; the same moment again changes nothing.
    ///
    /// @return false when it was fixed before
    /// @throws IllegalArgumentException when the moment is not of whole seconds
    /// @throws ReconcileException when the ledger has begun, or counts from another moment
    public static boolean fix(DataSource dataSource, Instant moment) {
        if (!moment.equals(moment.truncatedTo(ChronoUnit.SECONDS))) {
            throw new IllegalArgumentException(
                    "opening: %s (expected: whole seconds, as nodes tell settlements by the second)"
                            .formatted(moment));
        }
        return new Transactions(dataSource).call(connection -> fix(connection, moment));
    }

    private static boolean fix(Connection connection, Instant moment) throws SQLException {
        OPENINGS.lock(connection);
        Optional<Instant> present = OPENINGS.moment(connection);
        if (present.isPresent()) {
            if (present.get().equals(moment)) {
                return false;
            }
            throw new ReconcileException(
                    "opening: %s (expected: %s, from which this ledger counts already; another moment needs another ledger)"
                            .formatted(moment, present.get()));
        }
        if (OPENINGS.isBegun(connection)) {
            throw new ReconcileException(
                    "opening: %s (expected: a ledger that has applied nothing yet; this one has begun, with all that its nodes ever had; begin another ledger)"
                            .formatted(moment));
        }
        OPENINGS.fix(connection, moment);
        return true;
    }
}
