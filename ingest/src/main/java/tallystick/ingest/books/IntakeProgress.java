package tallystick.ingest.books;

import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.publish.Quarantine;

/// Keeps the status of one way in, and logs its changes. Any thread.
final class IntakeProgress {
    private static final Logger LOG = LoggerFactory.getLogger(IntakeProgress.class);

    private final AtomicReference<IntakeStatus> status;

    IntakeProgress(String name) {
        this.status = new AtomicReference<>(new IntakeStatus(name, IntakeState.STARTING, "", 0, 0));
    }

    IntakeStatus status() {
        return status.get();
    }

    void changed(IntakeState state, String reason) {
        IntakeStatus before =
                status.getAndUpdate(
                        s -> new IntakeStatus(s.name(), state, reason, s.taken(), s.quarantined()));
        if (before.state() != state || !before.reason().equals(reason)) {
            var level = state == IntakeState.LIVE ? LOG.atInfo() : LOG.atWarn();
            level.addKeyValue("books", before.name())
                    .addKeyValue("state", state)
                    .log("{}", reason.isEmpty() ? "state changed" : reason);
        }
    }

    /// One line for all of them: a system that sends only nonsense must not fill the log.
    void counted(long taken, long quarantined, String firstReason) {
        IntakeStatus now =
                status.updateAndGet(
                        s ->
                                new IntakeStatus(
                                        s.name(),
                                        s.state(),
                                        s.reason(),
                                        s.taken() + taken,
                                        s.quarantined() + quarantined));
        if (quarantined > 0) {
            LOG.atError()
                    .addKeyValue("books", now.name())
                    .addKeyValue("quarantined", quarantined)
                    .log(
                            "entries quarantined, the first because of {}",
                            Quarantine.oneLine(firstReason));
        }
        LOG.atDebug()
                .addKeyValue("books", now.name())
                .addKeyValue("taken", taken)
                .log("book entries taken");
    }
}
