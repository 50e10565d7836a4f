package tallystick.serve.web.overview;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import tallystick.db.query.HeadReader.Head;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayReport;
import tallystick.report.day.ReportDesk;

/// The facts of the day that people look at, as its report would have them now. They cost as much as a report, so all who look
/// share them, and they are made again only when the ledger went on, and not at once. Any thread.
final class DayFigures {
    private static final Duration PACE = Duration.ofSeconds(5);

    private final ReportDesk desk;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<Kept> kept = Optional.empty();

    DayFigures(ReportDesk desk, LongSupplier nanoTime) {
        this.desk = desk;
        this.nanoTime = nanoTime;
    }

    /// @param head how far the ledger was, at least
    record Kept(BusinessDay day, Head head, long nanos, DayReport report) {}

    /// @param head how far the ledger is
    Kept of(BusinessDay day, Head head) {
        lock.lock();
        try {
            Optional<Kept> known =
                    kept.filter(one -> one.day().equals(day))
                            .filter(
                                    one ->
                                            one.head().sequence() >= head.sequence()
                                                    || nanoTime.getAsLong() - one.nanos()
                                                            < PACE.toNanos());
            if (known.isPresent()) {
                return known.get();
            }
            DayReport report = desk.facts(day).report();
            Kept made = new Kept(day, head, nanoTime.getAsLong(), report);
            kept = Optional.of(made);
            return made;
        } finally {
            lock.unlock();
        }
    }
}
