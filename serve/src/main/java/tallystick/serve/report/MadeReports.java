package tallystick.serve.report;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayFormat;
import tallystick.report.day.ReportDesk;
import tallystick.serve.call.Problem;

/// Reports as they were issued, made again and held against what was stored. Each is made in memory, and takes a core while it is
/// made, so that only a few are at once. Any thread.
public final class MadeReports {
    private static final int AT_ONCE_MAX = 2;
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final ReportDesk desk;
    private final Duration patience;
    private final Semaphore making = new Semaphore(AT_ONCE_MAX);

    /// @param patience how long to wait while others are being made
    public MadeReports(ReportDesk desk, Duration patience) {
        this.desk = desk;
        this.patience = patience;
    }

    /// @param edition empty for the newest
    /// @throws StatusRuntimeException when there is none, the ledger no longer gives it, or too many are being made
    public ReportDesk.Made report(LocalDate day, OptionalInt edition) {
        return made(day, edition, Function.identity());
    }

    /// The same as the files of a format, by their names.
    public Map<String, byte[]> files(LocalDate day, OptionalInt edition, DayFormat format) {
        return made(day, edition, report -> new TreeMap<>(format.render(desk.document(report))));
    }

    /// What something makes of a report.
    public <T> T made(LocalDate day, OptionalInt edition, Function<ReportDesk.Made, T> work) {
        begin();
        try {
            return work.apply(issued(day, edition));
        } finally {
            making.release();
        }
    }

    private ReportDesk.Made issued(LocalDate day, OptionalInt edition) {
        try {
            // The zone and the cut-off that count are those with which it was issued.
            return desk.issued(new BusinessDay(day, ZoneOffset.UTC, Duration.ZERO), edition)
                    .orElseThrow(() -> Problem.notFound("report", day.toString()));
        } catch (IllegalStateException e) {
            throw Problem.of(Code.DATA_LOSS, "LEDGER_CHANGED", String.valueOf(e.getMessage()));
        }
    }

    private void begin() {
        try {
            if (making.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        throw Problem.retry(
                Code.RESOURCE_EXHAUSTED,
                "TOO_MANY_REPORTS",
                "reports: %d are being made (expected: fewer)".formatted(AT_ONCE_MAX),
                PAUSE);
    }
}
