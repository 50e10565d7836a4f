package tallystick.serve.call;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.DatabaseException;

/// Failures as clients are told them. What is not theirs to know goes to the log, under an id that they are told.
public final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private static final Duration DATABASE_PAUSE = Duration.ofSeconds(5);

    private static final Duration CONFLICT_PAUSE = Duration.ofMillis(200);

    private Failures() {}

    public static StatusRuntimeException told(String method, Throwable failure) {
        return switch (failure) {
            case StatusRuntimeException e -> e;
            case DatabaseException e when e.isBrokenOff() ->
                    Problem.of(
                            Code.DEADLINE_EXCEEDED,
                            "DEADLINE",
                            "the ledger: not read in time (expected: a longer deadline, or less asked for)");
            case DatabaseException e when e.kind() == DatabaseException.Kind.UNAVAILABLE -> {
                LOG.atWarn().addKeyValue("method", method).log("{}", e.getMessage());
                yield Problem.retry(
                        Code.UNAVAILABLE,
                        "DATABASE_UNAVAILABLE",
                        "database: cannot be reached just now",
                        DATABASE_PAUSE);
            }
            case DatabaseException e when e.kind() == DatabaseException.Kind.CONFLICT ->
                    Problem.retry(
                            Code.ABORTED,
                            "CONFLICT",
                            "database: somebody else changed the same",
                            CONFLICT_PAUSE);
            default -> {
                String id = UUID.randomUUID().toString();
                LOG.atError()
                        .addKeyValue("method", method)
                        .addKeyValue("id", id)
                        .setCause(failure)
                        .log("call failed");
                yield Problem.of(
                        Code.INTERNAL,
                        "INTERNAL",
                        "internal error; the server's log tells more under %s".formatted(id));
            }
        };
    }
}
