package tallystick.serve;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.BookServiceGrpc;
import tallystick.proto.v1.PostEntriesRequest;
import tallystick.proto.v1.PostEntriesResponse;
import tallystick.proto.v1.PostOutcome;
import tallystick.proto.v1.Role;
import tallystick.serve.testing.TestApi;

/// Each entry is answered once, when it is safe and not before; no more are taken than can be answered.
class BookApiIT {
    private static final int WINDOW = 256;

    @TempDir Path directory;

    private TestApi api;
    private Poster poster;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi(directory);
        poster = new Poster();
        BookServiceGrpc.newStub(api.as(Role.ROLE_BOOKKEEPER))
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .postEntries(poster);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private void post(long number, String account) {
        poster.requests()
                .onNext(
                        PostEntriesRequest.newBuilder()
                                .setNumber(number)
                                .setEntry(BookEntry.newBuilder().setAccount(account))
                                .build());
    }

    @Test
    void anEntryIsAnsweredOnceItIsSafe() throws Exception {
        api.entries().hold();
        post(1, "sales");
        post(2, "bad");
        // The second was refused while the first waits.
        assertThat(poster.next().getOutcome()).isEqualTo(PostOutcome.POST_OUTCOME_REFUSED);
        api.entries().awaitPosted(1);
        assertThat(poster.answers).isEmpty();

        api.entries().release();

        PostEntriesResponse safe = poster.next();
        assertThat(safe.getNumber()).isEqualTo(1);
        assertThat(safe.getOutcome()).isEqualTo(PostOutcome.POST_OUTCOME_SAFE);
        poster.requests().onCompleted();
        assertThat(poster.ended().isOk()).isTrue();
    }

    @Test
    void whatKafkaLosesIsToldAndTheStreamGoesOn() throws Exception {
        api.entries().hold();
        post(1, "sales");
        api.entries().awaitPosted(1);
        api.entries().lose();
        assertThat(poster.next().getOutcome()).isEqualTo(PostOutcome.POST_OUTCOME_FAILED);

        api.entries().release();
        post(1, "sales");

        assertThat(poster.next().getOutcome()).isEqualTo(PostOutcome.POST_OUTCOME_SAFE);
    }

    @Test
    void noMoreAreTakenThanTheWindowAndAllAreAnswered() throws Exception {
        int count = 3 * WINDOW;
        api.entries().hold();
        for (int i = 0; i < count; i++) {
            post(i, "sales");
        }
        poster.requests().onCompleted();
        api.entries().awaitPosted(WINDOW);
        assertThat(api.entries().posted()).hasSize(WINDOW);

        api.entries().release();

        Set<Long> answered = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            answered.add(poster.next().getNumber());
        }
        assertThat(answered).hasSize(count);
        assertThat(poster.ended().isOk()).isTrue();
    }

    @Test
    void aBookkeeperWhoIsTakenFromTheListPostsNoMore() throws Exception {
        post(1, "sales");
        assertThat(poster.next().getOutcome()).isEqualTo(PostOutcome.POST_OUTCOME_SAFE);

        Files.writeString(api.files().clients(), "");
        api.server().reload();
        post(2, "sales");

        assertThat(poster.ended().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(api.entries().posted()).hasSize(1);
    }

    private static final class Poster
            implements ClientResponseObserver<PostEntriesRequest, PostEntriesResponse> {
        private final BlockingQueue<Optional<PostEntriesResponse>> answers =
                new LinkedBlockingQueue<>();
        private final CountDownLatch over = new CountDownLatch(1);
        private volatile Status status = Status.UNKNOWN;
        private @Nullable ClientCallStreamObserver<PostEntriesRequest> requests;

        ClientCallStreamObserver<PostEntriesRequest> requests() {
            return requireNonNull(requests);
        }

        PostEntriesResponse next() throws InterruptedException {
            return answers.take().orElseThrow();
        }

        Status ended() throws InterruptedException {
            over.await();
            return status;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<PostEntriesRequest> stream) {
            requests = stream;
        }

        @Override
        public void onNext(PostEntriesResponse answer) {
            answers.add(Optional.of(answer));
        }

        @Override
        public void onError(Throwable failure) {
            status = Status.fromThrowable(failure);
            answers.add(Optional.empty());
            over.countDown();
        }

        @Override
        public void onCompleted() {
            status = Status.OK;
            over.countDown();
        }
    }
}
