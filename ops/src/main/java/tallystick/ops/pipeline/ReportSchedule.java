package tallystick.ops.pipeline;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.report.day.DueReports;

/// Looks every now and then which reports are due, on a thread of its own, until it is closed.
final class ReportSchedule implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReportSchedule.class);
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final DueReports reports;
    private @Nullable Thread thread;

    ReportSchedule(DueReports reports) {
        this.reports = reports;
    }

    void start() {
        thread = Thread.ofVirtual().name("reports").start(this::work);
    }

    private void work() {
        try {
            while (true) {
                look();
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Closed.
        }
    }

    private void look() {
        try {
            reports.issueDue()
                    .forEach(day -> LOG.atInfo().addKeyValue("day", day).log("report issued"));
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("report not issued; tried again");
        }
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
