package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.SubscribeStateRequest;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.server.Rpc;

/// What a node says while it cannot be reached. A second node goes on meanwhile; at each of its messages time stands still
/// in the first one's gap.
@Timeout(60)
class NodeGapIT {
    private static final String EVENTS = Rpc.SUBSCRIBE_CHANNEL_EVENTS;
    private static final ChannelEventSubscription SUBSCRIPTION =
            ChannelEventSubscription.getDefaultInstance();
    private static final SubscribeStateRequest STATE = SubscribeStateRequest.getDefaultInstance();
    private static final String DOWN = "failed to connect to all addresses";
    private static final String STARTING = "not yet ready to accept calls";

    @TempDir Path directory;

    @Test
    void answersAttemptsWithTheErrorOfTheGap() throws Exception {
        writeRecording();
        var answers = new ArrayList<String>();
        var plan =
                new Replay.ReplayPlan(
                        Set.of(EVENTS),
                        Set.of(Rpc.GET_INFO),
                        directory.resolve("work"),
                        Optional.empty());

        try (Replay replay = Replay.open(directory.resolve("gap"), plan, Duration.ofSeconds(10));
                var follower =
                        new ScriptedFollower(
                                replay,
                                new ScriptedFollower.Cursors(Map.of()),
                                plan.streams(),
                                plan.lists())) {
            follower.start();
            var prober = new Prober(replay.nodes().getFirst(), answers);
            try (prober) {
                replay.run(
                        follower,
                        Instant.ofEpochSecond(1),
                        ReplayIT.noting(new ArrayList<>(), _ -> prober.probe()));
            }
        }

        assertThat(answers.subList(0, 5))
                .containsExactly(
                        "UNAVAILABLE: the recorder was down",
                        "UNAVAILABLE: " + DOWN,
                        "UNKNOWN: " + STARTING,
                        "answered",
                        "answered");
    }

    @Test
    void waitsForNoSweepOfANodeThatIsDownAtTheEnd() throws Exception {
        var alice = new RecordingFile(100);
        long events = alice.request(EVENTS, SUBSCRIPTION);
        alice.checkpoint(1, Map.of()).at(200).message(events, EVENTS, event(1));
        alice.at(300).mark("recorder down").mark("lnd stopping").mark("lnd stopped");
        alice.write(directory.resolve("end"), "alice");
        var bob = RecordingFile.ofNeighbour(110);
        events = bob.request(EVENTS, SUBSCRIPTION);
        bob.checkpoint(1, Map.of()).at(400).message(events, EVENTS, event(2));
        bob.write(directory.resolve("end"), "bob");
        Path place = directory.resolve("place");
        Instant asOf = Instant.ofEpochSecond(1);

        var plan =
                new Replay.ReplayPlan(
                        Set.of(EVENTS),
                        Set.of(Rpc.GET_INFO),
                        directory.resolve("work"),
                        Optional.of(place));
        for (int run = 0; run < 2; run++) { // The second one goes on at the end.
            try (Replay replay =
                            Replay.open(directory.resolve("end"), plan, Duration.ofSeconds(10));
                    var follower =
                            new ScriptedFollower(
                                    replay,
                                    new ScriptedFollower.Cursors(Map.of()),
                                    plan.streams(),
                                    plan.lists())) {
                follower.start();
                replay.run(follower, asOf, ReplayIT.noting(new ArrayList<>(), _ -> {}));

                assertThat(replay.down())
                        .containsExactly(Map.entry("alice", Instant.ofEpochSecond(0, 301)));
                assertThat(follower.stored()).containsOnly("alice");
                assertThat(follower.read()).last().asString().startsWith("bob " + asOf);
                assertThat(replay.served()).containsEntry(EVENTS, 2L);
                assertThat(replay.clock().instant()).isEqualTo(asOf);
            }
        }
    }

    /// Down, starting and back: alice. Her neighbour bob has a message in each of the gaps.
    private void writeRecording() throws Exception {
        var alice = new RecordingFile(100);
        alice.mark("recorder up");
        long state = alice.request(Rpc.SUBSCRIBE_STATE, STATE);
        alice.state(state, WalletState.SERVER_ACTIVE);
        long events = alice.request(EVENTS, SUBSCRIPTION);
        alice.at(200).mark("recorder down");
        alice.end(events, EVENTS, 1, "canceled").end(state, Rpc.SUBSCRIBE_STATE, 1, "canceled");
        alice.at(300).mark("lnd stopped").mark("recorder up");
        alice.failed(EVENTS, SUBSCRIPTION, 14, DOWN);
        alice.at(400).mark("lnd starting");
        state = alice.request(Rpc.SUBSCRIBE_STATE, STATE);
        alice.state(state, WalletState.UNLOCKED);
        alice.failed(EVENTS, SUBSCRIPTION, 2, STARTING);
        alice.at(500).state(state, WalletState.RPC_ACTIVE);
        alice.state(state, WalletState.SERVER_ACTIVE);
        events = alice.request(EVENTS, SUBSCRIPTION);
        alice.at(600).message(events, EVENTS, event(6));
        alice.at(700).checkpoint(1, Map.of());
        alice.write(directory.resolve("gap"), "alice");

        var bob = RecordingFile.ofNeighbour(110);
        events = bob.request(EVENTS, SUBSCRIPTION);
        bob.at(250).message(events, EVENTS, event(1));
        bob.at(350).message(events, EVENTS, event(2));
        bob.at(450).message(events, EVENTS, event(3));
        bob.at(550).message(events, EVENTS, event(4));
        bob.at(710).checkpoint(1, Map.of());
        bob.write(directory.resolve("gap"), "bob");
    }

    private static ChannelEventUpdate event(int type) {
        return ChannelEventUpdate.newBuilder().setTypeValue(type).build();
    }

    /// Asks the node who it is.
    private static final class Prober implements AutoCloseable {
        private final ManagedChannel channel;
        private final LightningGrpc.LightningBlockingV2Stub stub;
        private final List<String> answers;

        Prober(ReplayNode node, List<String> answers) throws Exception {
            channel = ScriptedFollower.channel(node);
            stub =
                    LightningGrpc.newBlockingV2Stub(channel)
                            .withCallCredentials(ScriptedFollower.macaroon(node));
            this.answers = answers;
        }

        void probe() {
            try {
                stub.getInfo(GetInfoRequest.getDefaultInstance());
                answers.add("answered");
            } catch (StatusException e) {
                answers.add(ScriptedFollower.description(e));
            }
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
