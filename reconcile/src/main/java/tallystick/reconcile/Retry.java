package tallystick.reconcile;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.DatabaseException;

/// Does work again while the database is away or busy with others, until it is done or the worker is to close. One thread.
final class Retry {
    private static final Logger log = LoggerFactory.getLogger(Retry.class);

    private final Closing closing;

    Retry(Closing closing) {
        this.closing = closing;
    }

    /// Work that may meet a passing failure of the database.
    interface Attempt<T> {
        T run();
    }

    <T> T run(Attempt<T> attempt) throws InterruptedException {
        Backoff backoff = new Backoff();
        while (true) {
            try {
                return attempt.run();
            } catch (DatabaseException e) {
                if (e.kind() == DatabaseException.Kind.FATAL || closing.isClosed()) {
                    throw e;
                }
                Duration wait = backoff.next();
                log.atWarn().addKeyValue("wait", wait).log("{}; trying again", e.getMessage());
                closing.await(wait);
            }
        }
    }
}
