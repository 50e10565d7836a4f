package tallystick.ingest.node;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

/// Waiting for what another thread of a node does.
final class Futures {
    private Futures() {}

    /// @throws IngestException why it was not done
    static <T> T await(CompletableFuture<T> answer, String alias) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IngestException reason
                    ? reason
                    : new IngestException(
                            ErrorCode.INTERNAL, "node %s: %s".formatted(alias, e.getCause()), e);
        }
    }
}
