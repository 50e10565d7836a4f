package tallystick.serve;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.Place;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.proto.v1.WatchMismatchesResponse;
import tallystick.serve.testing.TestApi;

/// Every change once and in order, whatever happens to who reads it.
class WatchIT {
    private static final int KILLS = 100;

    private static final Place BEGINNING = Place.getDefaultInstance();

    @TempDir Path directory;

    private TestApi api;
    private long sequence;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi(directory);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    /// Adds a batch with so many changes.
    ///
    /// @param bytes how long the text of each is
    private void change(int count, int bytes) {
        sequence++;
        api.ledger()
                .execute(
                        """
                        BEGIN;
                        INSERT INTO ledger.batch (sequence, batch_id, cause, decided_at, records, digest, previous_hash, hash, format)
                        VALUES (%1$d, %1$d, 'records', timestamptz '2026-11-22', 0, sha256(''), sha256(''), sha256(''), 1);
                        INSERT INTO register.change (batch_id, ordinal, mismatch_id, cause, after)
                        SELECT %1$d, n, sha256(n::text::bytea), 'evidence',
                               -- Field 10, a text of so many bytes; lengths from 128 to 16383 take two.
                               '\\x52'::bytea || set_byte(set_byte('\\x0000', 0, %3$d %% 128 + 128), 1, %3$d / 128)
                                   || repeat('x', %3$d)::bytea
                          FROM generate_series(0, %2$d - 1) AS n;
                        UPDATE ledger.head SET sequence = %1$d;
                        COMMIT
                        """
                                .formatted(sequence, count, bytes));
    }

    private static String name(WatchMismatchesResponse message) {
        return name(message.getChange().getLedgerSequence(), message.getChange().getOrdinal());
    }

    private static String name(long sequence, int ordinal) {
        return sequence + "/" + ordinal;
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 1138})
    void aWatcherThatIsKilledAHundredTimesSeesEachChangeOnceAndInOrder(long seed) throws Exception {
        var random = new SplittableRandom(seed);
        List<String> expected = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        ManagedChannel channel = api.as(Role.ROLE_VIEWER);
        Place at = BEGINNING;

        for (int kill = 0; kill <= KILLS; kill++) {
            int count = random.nextInt(12);
            change(count, 200);
            for (int ordinal = 0; ordinal < count; ordinal++) {
                expected.add(name(sequence, ordinal));
            }
            int missing = expected.size() - seen.size();
            int wanted = kill == KILLS ? missing : random.nextInt(missing + 1);
            at = read(channel, at, wanted, seen);
        }

        assertThat(seen).isEqualTo(expected);
        assertThat(seen).hasSizeGreaterThan(KILLS);
    }

    /// Reads so many changes, and then is gone without a word.
    private static Place read(ManagedChannel channel, Place after, int wanted, List<String> seen) {
        Place at = after;
        try (CancellableContext reader = Context.current().withCancellation()) {
            Iterator<WatchMismatchesResponse> stream = reader.call(() -> watch(channel, after));
            for (int read = 0; read < wanted; ) {
                WatchMismatchesResponse message = stream.next();
                at = message.getPlace();
                if (message.hasChange()) {
                    seen.add(name(message));
                    read++;
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return at;
    }

    private static Iterator<WatchMismatchesResponse> watch(ManagedChannel channel, Place after) {
        return MismatchServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .watchMismatches(WatchMismatchesRequest.newBuilder().setAfter(after).build());
    }

    @Test
    void fromNowOnComesOnlyWhatIsNew() throws Exception {
        change(5, 200);
        Iterator<WatchMismatchesResponse> stream =
                MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_VIEWER))
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .watchMismatches(WatchMismatchesRequest.getDefaultInstance());
        assertThat(stream.next().getPlace().getLedgerSequence()).isEqualTo(1);

        change(2, 200);

        assertThat(name(stream.next())).isEqualTo("2/0");
        assertThat(name(stream.next())).isEqualTo("2/1");
    }

    @Test
    void whoReadsSlowlyIsNotReadAheadFor() throws Exception {
        int changes = 2_000;
        int perReading = 200;
        // What the connection itself holds: about 100 kB.
        int inFlight = 15;
        change(changes, 10_000);
        int before = api.readings();
        BlockingQueue<Optional<WatchMismatchesResponse>> arrived = new LinkedBlockingQueue<>();
        var reader = new SlowReader(arrived);
        MismatchServiceGrpc.newStub(api.as(Role.ROLE_VIEWER))
                .watchMismatches(
                        WatchMismatchesRequest.newBuilder().setAfter(BEGINNING).build(), reader);

        int read = 0;
        while (read < changes) {
            reader.requests().request(1);
            WatchMismatchesResponse message = arrived.take().orElseThrow();
            if (message.hasChange()) {
                assertThat(name(message)).isEqualTo(name(1, read));
                read++;
                if (read < changes - perReading) {
                    // One to begin with, one for each page; others look at the ledger now and then.
                    assertThat(reader.pagesSince(api.readings() - before))
                            .isLessThanOrEqualTo((read + inFlight) / perReading + 2);
                }
            }
        }
    }

    /// Takes a message only when asked to.
    private static final class SlowReader
            implements ClientResponseObserver<WatchMismatchesRequest, WatchMismatchesResponse> {
        private final BlockingQueue<Optional<WatchMismatchesResponse>> arrived;
        private @Nullable ClientCallStreamObserver<WatchMismatchesRequest> requests;
        private final long begun = System.nanoTime();

        SlowReader(BlockingQueue<Optional<WatchMismatchesResponse>> arrived) {
            this.arrived = arrived;
        }

        ClientCallStreamObserver<WatchMismatchesRequest> requests() {
            return requireNonNull(requests);
        }

        /// Without what health asks for, which is every five seconds.
        long pagesSince(int readings) {
            long health = (System.nanoTime() - begun) / TimeUnit.SECONDS.toNanos(5) + 1;
            return readings - health;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchMismatchesRequest> stream) {
            requests = stream;
            stream.disableAutoRequestWithInitial(1);
        }

        @Override
        public void onNext(WatchMismatchesResponse message) {
            arrived.add(Optional.of(message));
        }

        @Override
        public void onError(Throwable failure) {
            arrived.add(Optional.empty());
        }

        @Override
        public void onCompleted() {
            arrived.add(Optional.empty());
        }
    }

    @Test
    void aPlaceThatTheLedgerHasNotReachedIsRefused() throws Exception {
        assertThat(
                        ended(
                                watch(
                                        api.as(Role.ROLE_VIEWER),
                                        Place.newBuilder().setLedgerSequence(9).build())))
                .isEqualTo(Code.OUT_OF_RANGE);
    }

    @Test
    void aWatchEndsWhenTheClientIsTakenFromTheList() throws Exception {
        Iterator<WatchMismatchesResponse> stream = watch(api.as(Role.ROLE_VIEWER), BEGINNING);
        assertThat(stream.next().hasChange()).isFalse();

        Files.writeString(api.files().clients(), "");
        api.server().reload();

        assertThat(ended(stream)).isEqualTo(Code.PERMISSION_DENIED);
    }

    @Test
    void aServerThatStopsEndsItsWatchesInOrder() throws Exception {
        Iterator<WatchMismatchesResponse> stream = watch(api.as(Role.ROLE_VIEWER), BEGINNING);
        assertThat(stream.next().hasChange()).isFalse();

        api.server().close();

        assertThat(ended(stream)).isEqualTo(Code.UNAVAILABLE);
    }

    private static Code ended(Iterator<WatchMismatchesResponse> stream) {
        try {
            while (stream.hasNext()) {
                assertThat(stream.next().hasChange()).isFalse();
            }
            return Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }
}
