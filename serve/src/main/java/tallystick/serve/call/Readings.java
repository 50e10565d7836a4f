package tallystick.serve.call;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import tallystick.db.Transactions;

/// Reads the ledger for a call, no longer than the client waits. Any thread.
public final class Readings {
    /// Of every statement, for clients that wait longer or name no deadline.
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Transactions transactions;

    public Readings(DataSource dataSource) {
        this.transactions = new Transactions(dataSource);
    }

    /// Reads in one snapshot.
    public <T> T read(Transactions.Work<T> work) {
        return transactions.read(left(), work);
    }

    private static Duration left() {
        Deadline deadline = Context.current().getDeadline();
        if (deadline == null) {
            return LIMIT;
        }
        Duration left = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
        if (left.isNegative() || left.isZero()) {
            throw Problem.of(
                    Code.DEADLINE_EXCEEDED,
                    "DEADLINE",
                    "deadline: passed (expected: time to read the ledger)");
        }
        return left.compareTo(LIMIT) < 0 ? left : LIMIT;
    }
}
