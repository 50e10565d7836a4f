package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.routerrpc.RouterGrpc;
import tallystick.proto.routerrpc.TrackPaymentRequest;
import tallystick.simulator.server.Rpc;

/// The recordings that come with the program, played over gRPC and TLS to a follower.
@Timeout(120)
class ReplayIT {
    private static final Instant AS_OF = Instant.parse("2026-11-24T00:10:00Z");

    @TempDir Path directory;

    private record Played(
            List<String> heard,
            List<String> read,
            List<Integer> checkpoints,
            SortedMap<String, Long> served) {}

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    static List<String> recordings() {
        return Recordings.names();
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void saysWhatWasRecordedInEveryReplay(String name) throws Exception {
        Path recording = copy(name);

        Played first = play(recording, "first");
        Played second = play(recording, "second");

        assertThat(first.heard()).isEqualTo(recorded(recording));
        assertThat(first.checkpoints())
                .isEqualTo(IntStream.rangeClosed(1, first.checkpoints().size()).boxed().toList());
        assertThat(first.served().values().stream().mapToLong(Long::longValue).sum())
                .isGreaterThan(first.heard().size());
        assertThat(second).isEqualTo(first);
    }

    @Test
    void goesOnAtItsPlaceAfterACrash() throws Exception {
        Path recording = copy("merchant-day");
        Path place = directory.resolve("place.json");
        Played whole = play(recording, "whole");

        var heard = new ArrayList<String>();
        ScriptedFollower.Cursors cursors;
        try (Replay replay = open(recording, "killed", Optional.of(place));
                var follower = new ScriptedFollower(replay)) {
            follower.start();
            assertThatThrownBy(
                            () ->
                                    replay.run(
                                            follower,
                                            AS_OF,
                                            noting(
                                                    new ArrayList<>(),
                                                    progress -> {
                                                        if (progress.checkpoints() == 6
                                                                && progress.lines() > 1300) {
                                                            throw new Killed();
                                                        }
                                                    })))
                    .isInstanceOf(Killed.class);
            heard.addAll(follower.heard());
            cursors = follower.cursors();
        }
        var checkpoints = new ArrayList<Integer>();
        try (Replay replay = open(recording, "resumed", Optional.of(place));
                var follower = new ScriptedFollower(replay, cursors)) {
            assertThat(replay.clock().instant()).isAfter(firstMoment(recording));
            follower.start();
            replay.run(follower, AS_OF, noting(checkpoints, _ -> {}));
            heard.addAll(follower.heard());
            assertThat(replay.served()).isEqualTo(whole.served());
        }

        assertThat(new HashSet<>(heard)).isEqualTo(new HashSet<>(whole.heard()));
        assertThat(heard).hasSizeLessThan(whole.heard().size() * 3 / 2);
        assertThat(checkpoints).containsExactly(7, 8);
    }

    @Test
    void onlySweepsWhenItsPlaceIsTheEnd() throws Exception {
        Path recording = copy("restarts");
        Optional<Path> place = Optional.of(directory.resolve("place.json"));
        ScriptedFollower.Cursors cursors;
        SortedMap<String, Long> served;
        try (Replay replay = open(recording, "first", place);
                var follower = new ScriptedFollower(replay)) {
            follower.start();
            replay.run(follower, AS_OF, noting(new ArrayList<>(), _ -> {}));
            cursors = follower.cursors();
            served = replay.served();
        }

        try (Replay replay = open(recording, "again", place);
                var follower = new ScriptedFollower(replay, cursors)) {
            follower.start();
            replay.run(follower, AS_OF, noting(new ArrayList<>(), _ -> {}));

            assertThat(follower.heard()).isEmpty();
            assertThat(follower.read()).isNotEmpty();
            assertThat(replay.served()).isEqualTo(served);
            assertThat(replay.clock().instant()).isEqualTo(AS_OF);
        }
    }

    @Test
    void refusesThePlaceOfAnotherRecording() throws Exception {
        Optional<Path> place = Optional.of(directory.resolve("place.json"));
        try (Replay replay = open(copy("restarts"), "first", place);
                var follower = new ScriptedFollower(replay)) {
            follower.start();
            replay.run(follower, AS_OF, noting(new ArrayList<>(), _ -> {}));
        }
        Path other = copy("merchant-day");

        assertThatThrownBy(() -> open(other, "second", place))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("place.json: recording: ")
                .hasMessageContaining("the recording that was begun here");
    }

    @Test
    void saysAgainWhatAFollowerMissedWhoseConnectionBroke() throws Exception {
        Path recording = copy("merchant-day");
        try (Replay replay = open(recording, "cut", Optional.empty());
                var follower = new ScriptedFollower(replay)) {
            follower.start();
            replay.run(
                    follower,
                    AS_OF,
                    noting(
                            new ArrayList<>(),
                            progress -> {
                                if (progress.lines() % 97 == 0) {
                                    follower.cut("alice");
                                }
                            }));

            assertThat(follower.heard()).containsAll(invoices(recorded(recording)));
        }
    }

    @Test
    void sleepsOnTheClockOfTheReplay() throws Exception {
        var woken = new CompletableFuture<Instant>();
        var started = new CompletableFuture<Instant>();
        try (Replay replay = open(copy("merchant-day"), "sleep", Optional.empty());
                var follower = new ScriptedFollower(replay)) {
            replay.sleep(Duration.ofDays(1)); // No stream is open: time would not come.
            follower.start();
            replay.run(
                    follower,
                    AS_OF,
                    noting(
                            new ArrayList<>(),
                            _ -> {
                                if (started.complete(replay.clock().instant())) {
                                    Thread.ofVirtual().start(() -> sleep(replay, woken));
                                }
                            }));
            assertThat(woken.get(10, TimeUnit.SECONDS))
                    .isAfterOrEqualTo(started.get().plusSeconds(10));
        }
    }

    private static void sleep(Replay replay, CompletableFuture<Instant> woken) {
        try {
            replay.sleep(Duration.ofSeconds(10));
            woken.complete(replay.clock().instant());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            woken.completeExceptionally(e);
        }
    }

    private static List<String> invoices(List<String> messages) {
        return messages.stream().filter(each -> each.contains(Rpc.SUBSCRIBE_INVOICES)).toList();
    }

    private static Instant firstMoment(Path recording) {
        return Replay.at(new Timeline(Recording.read(recording).nodes()).get(0).line());
    }

    private static List<String> recorded(Path recording) {
        var timeline = new Timeline(Recording.read(recording).nodes());
        var messages = new ArrayList<String>();
        for (int step = 0; step < timeline.size(); step++) {
            if (timeline.get(step).line() instanceof Line.Message message
                    && ScriptedFollower.STREAMS.contains(message.rpc())) {
                String alias = timeline.get(step).node().alias();
                messages.add(ScriptedFollower.heard(alias, message.rpc(), message.bytes()));
            }
        }
        return messages;
    }

    private Path copy(String name) {
        Path recording = directory.resolve(name);
        Recordings.copyTo(name, recording);
        return recording;
    }

    @Test
    void saysWhereOnePaymentStands() throws Exception {
        Path recording = copy("restarts");
        try (Replay replay = open(recording, "once", Optional.empty());
                var follower = new ScriptedFollower(replay)) {
            follower.start();
            replay.run(follower, AS_OF, noting(new ArrayList<>(), _ -> {}));
            ReplayNode alice = replay.nodes().getFirst();
            ManagedChannel channel = ScriptedFollower.channel(alice);
            try {
                CallCredentials macaroon = ScriptedFollower.macaroon(alice);
                Payment listed =
                        LightningGrpc.newBlockingV2Stub(channel)
                                .withCallCredentials(macaroon)
                                .listPayments(ListPaymentsRequest.getDefaultInstance())
                                .getPayments(0);
                var router = RouterGrpc.newBlockingV2Stub(channel).withCallCredentials(macaroon);

                assertThat(router.trackPaymentV2(request(listed.getPaymentHash())).read())
                        .isEqualTo(listed);
                assertThatThrownBy(() -> router.trackPaymentV2(request("00".repeat(32))).read())
                        .hasMessage("NOT_FOUND: payment isn't initiated");
            } finally {
                channel.shutdownNow();
            }
        }
    }

    private static TrackPaymentRequest request(String hash) {
        return TrackPaymentRequest.newBuilder().setPaymentHash(ByteString.fromHex(hash)).build();
    }

    private Replay open(Path recording, String run, Optional<Path> place) {
        return Replay.open(
                recording,
                new Replay.ReplayPlan(
                        ScriptedFollower.STREAMS,
                        ScriptedFollower.LISTS,
                        directory.resolve(run),
                        place));
    }

    private Played play(Path recording, String run) throws Exception {
        var checkpoints = new ArrayList<Integer>();
        try (Replay replay = open(recording, run, Optional.empty());
                var follower = new ScriptedFollower(replay)) {
            assertThat(replay.clock().instant()).isEqualTo(firstMoment(recording));
            follower.start();
            replay.run(follower, AS_OF, noting(checkpoints, _ -> {}));
            assertThat(replay.clock().instant()).isEqualTo(AS_OF);
            return new Played(follower.heard(), follower.read(), checkpoints, replay.served());
        }
    }

    static Replay.Listener noting(List<Integer> checkpoints, Consumer<Progress> onProgress) {
        return new Replay.Listener() {
            @Override
            public void progress(Progress progress) {
                onProgress.accept(progress);
            }

            @Override
            public void checkpointDone(int number) {
                checkpoints.add(number);
            }
        };
    }
}
