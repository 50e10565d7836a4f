package tallystick.serve.books;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.proto.v1.PostEntriesRequest;
import tallystick.proto.v1.PostEntriesResponse;
import tallystick.proto.v1.PostOutcome;
import tallystick.serve.access.Caller;
import tallystick.serve.call.Failures;

/// One stream of entries. No more are taken than the window lets be under way: one for each answer that the client has room for.
/// Answers come from Kafka's thread too, so they go through a lock.
final class Posting implements StreamObserver<PostEntriesRequest> {
    /// Entries that are taken and not answered.
    static final int WINDOW = 256;

    private static final String METHOD = "tallystick.v1.BookService/PostEntries";

    private static final Logger LOG = LoggerFactory.getLogger(Posting.class);

    private final Entries entries;
    private final Caller caller;
    private final ServerCallStreamObserver<PostEntriesResponse> answers;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private int underWay;

    @GuardedBy("lock")
    private int free;

    @GuardedBy("lock")
    private boolean isAllThere;

    @GuardedBy("lock")
    private boolean isOver;

    Posting(Entries entries, Caller caller, ServerCallStreamObserver<PostEntriesResponse> answers) {
        this.entries = entries;
        this.caller = caller;
        this.answers = answers;
    }

    /// Within the call.
    void begin() {
        answers.disableAutoRequest();
        answers.setOnReadyHandler(this::takeMore);
        answers.setOnCancelHandler(this::cancelled);
        answers.request(WINDOW);
    }

    @Override
    public void onNext(PostEntriesRequest request) {
        long number = request.getNumber();
        count();
        try {
            caller.requireStill();
            Optional<String> fault = entries.fault(request.getEntry());
            if (fault.isPresent()) {
                answer(number, PostOutcome.POST_OUTCOME_REFUSED, fault.get());
                return;
            }
            entries.post(request.getEntry())
                    .whenComplete(
                            (_, failure) -> {
                                if (failure == null) {
                                    answer(number, PostOutcome.POST_OUTCOME_SAFE, "");
                                } else {
                                    LOG.atWarn().log("entry not safe: {}", failure.getMessage());
                                    answer(number, PostOutcome.POST_OUTCOME_FAILED, "");
                                }
                            });
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    @Override
    public void onError(Throwable failure) {
        cancelled();
    }

    @Override
    public void onCompleted() {
        lock.lock();
        try {
            isAllThere = true;
            endIfDone();
        } finally {
            lock.unlock();
        }
    }

    private void count() {
        lock.lock();
        try {
            underWay++;
        } finally {
            lock.unlock();
        }
    }

    private void answer(long number, PostOutcome outcome, String reason) {
        lock.lock();
        try {
            underWay--;
            free++;
            if (!isOver) {
                answers.onNext(
                        PostEntriesResponse.newBuilder()
                                .setNumber(number)
                                .setOutcome(outcome)
                                .setReason(reason)
                                .build());
                takeMoreIfReady();
                endIfDone();
            }
        } finally {
            lock.unlock();
        }
    }

    private void takeMore() {
        lock.lock();
        try {
            takeMoreIfReady();
        } finally {
            lock.unlock();
        }
    }

    /// Somebody who does not read the answers gets no room for more entries.
    @GuardedBy("lock")
    private void takeMoreIfReady() {
        if (!isOver && free > 0 && answers.isReady()) {
            answers.request(free);
            free = 0;
        }
    }

    @GuardedBy("lock")
    private void endIfDone() {
        if (isAllThere && underWay == 0 && !isOver) {
            isOver = true;
            answers.onCompleted();
        }
    }

    private void fail(RuntimeException failure) {
        lock.lock();
        try {
            if (!isOver) {
                isOver = true;
                answers.onError(Failures.told(METHOD, failure));
            }
        } finally {
            lock.unlock();
        }
    }

    private void cancelled() {
        lock.lock();
        try {
            isOver = true;
        } finally {
            lock.unlock();
        }
    }
}
