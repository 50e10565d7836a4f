package tallystick.serve.stream;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import tallystick.serve.access.Caller;
import tallystick.serve.call.Failures;
import tallystick.serve.call.Problem;

/// Streams to clients. Each has a thread that waits while its reader does not read, so nothing is kept for him but what he was
/// about to be told. Any thread.
public final class Streams implements AutoCloseable {
    private static final int STREAMS_MAX = 1_000;

    private static final int STREAMS_PER_CLIENT_MAX = 20;

    /// Somebody who reads nothing is looked at again after this: whether he is still there, and still may.
    private static final Duration LOOK = Duration.ofMillis(500);

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final ThreadFactory threads = Thread.ofVirtual().name("stream-", 0).factory();

    @GuardedBy("this")
    private final Map<String, Integer> counts = new HashMap<>();

    private volatile boolean closed;

    /// Tells a stream's reader all there is to tell; the stream ends when it returns.
    ///
    /// @param <T> a message
    public interface Telling<T> {
        void to(Reader<T> reader) throws InterruptedException;
    }

    /// Ends every stream; clients go on elsewhere from where they are.
    @Override
    public void close() {
        closed = true;
    }

    /// Within a call. Returns at once.
    ///
    /// @param method its name, for the log
    /// @throws StatusRuntimeException when there are too many
    public <T> void begin(String method, ServerCallStreamObserver<T> stream, Telling<T> telling) {
        Caller caller = Caller.current();
        String name = caller.client().name();
        take(name);
        var reader = new Reader<>(stream, caller);
        stream.setOnReadyHandler(reader::wake);
        stream.setOnCancelHandler(reader::wake);
        threads.newThread(
                        () -> {
                            try {
                                telling.to(reader);
                                reader.end();
                            } catch (RuntimeException e) {
                                reader.end(Failures.told(method, e));
                            } catch (InterruptedException _) {
                                reader.end(stopping());
                            } finally {
                                giveBack(name);
                            }
                        })
                .start();
    }

    private static StatusRuntimeException stopping() {
        return Problem.retry(
                Code.UNAVAILABLE,
                "SERVER_STOPS",
                "the server stops (expected: go on where you are, perhaps elsewhere)",
                PAUSE);
    }

    private synchronized void take(String client) {
        int all = counts.values().stream().mapToInt(Integer::intValue).sum();
        int its = counts.getOrDefault(client, 0);
        if (its >= STREAMS_PER_CLIENT_MAX || all >= STREAMS_MAX) {
            throw Problem.retry(
                    Code.RESOURCE_EXHAUSTED,
                    "TOO_MANY_STREAMS",
                    "streams: %d of %s, %d in all (expected: at most %d and %d)"
                            .formatted(its, client, all, STREAMS_PER_CLIENT_MAX, STREAMS_MAX),
                    PAUSE);
        }
        counts.put(client, its + 1);
    }

    private synchronized void giveBack(String client) {
        counts.computeIfPresent(client, (_, count) -> count == 1 ? null : count - 1);
    }

    /// Who reads a stream, at his own pace. Belongs to the stream's thread.
    ///
    /// @param <T> a message
    public final class Reader<T> {
        private final ServerCallStreamObserver<T> stream;
        private final Caller caller;
        private final Object lock = new Object();

        private Reader(ServerCallStreamObserver<T> stream, Caller caller) {
            this.stream = stream;
            this.caller = caller;
        }

        /// False once nobody is there any more.
        ///
        /// @throws StatusRuntimeException when the server stops, or the client may no longer
        public boolean isThere() {
            if (closed) {
                throw stopping();
            }
            caller.requireStill();
            return !stream.isCancelled();
        }

        /// Returns once there is room for more than this.
        ///
        /// @return false when nobody is there any more
        /// @throws StatusRuntimeException when the server stops, or the client may no longer
        public boolean send(T message) throws InterruptedException {
            synchronized (lock) {
                while (isThere() && !stream.isReady()) {
                    lock.wait(LOOK.toMillis());
                }
            }
            if (stream.isCancelled()) {
                return false;
            }
            stream.onNext(message);
            return true;
        }

        private void wake() {
            synchronized (lock) {
                lock.notifyAll();
            }
        }

        private void end() {
            if (!stream.isCancelled()) {
                stream.onCompleted();
            }
        }

        private void end(StatusRuntimeException problem) {
            if (!stream.isCancelled()) {
                stream.onError(problem);
            }
        }
    }
}
