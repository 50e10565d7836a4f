package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.GetStateRequest;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.StateGrpc;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.server.NodeServer;
import tallystick.simulator.server.Rpc;

/// How a replaying node treats those who connect, and a replay that nobody follows rightly.
@Timeout(60)
class NodeServerIT {
    @TempDir Path directory;
    private Replay replay;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws Exception {
        write(new RecordingFile(100), "alice");
        write(RecordingFile.ofNeighbour(100), "bob");
        replay = open("work");
        channel = ScriptedFollower.channel(alice());
    }

    private void write(RecordingFile file, String alias) throws IOException {
        file.request(Rpc.SUBSCRIBE_CHANNEL_EVENTS, ChannelEventSubscription.getDefaultInstance());
        file.checkpoint(1, Map.of()).write(directory.resolve("recording"), alias);
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        replay.close();
    }

    @Test
    void saysWhoseRecordingItIs() throws Exception {
        GetInfoResponse info = info(ScriptedFollower.macaroon(alice()));

        assertThat(info).isEqualTo(RecordingFile.INFO);
        assertThat(alice().pubkey()).isEqualTo(info.getIdentityPubkey());
        assertThat(alice().network()).isEqualTo("regtest");
        assertThat(alice().host()).isEqualTo("127.0.0.1");
    }

    @Test
    void refusesCallersWithoutTheRightMacaroon() throws Exception {
        String right = HexFormat.of().formatHex(Files.readAllBytes(alice().macaroon()));
        String bobs = HexFormat.of().formatHex(Files.readAllBytes(bob().macaroon()));

        assertRefused(ScriptedFollower.macaroon(), "UNKNOWN: expected 1 macaroon, got 0");
        assertRefused(
                ScriptedFollower.macaroon(right, right), "UNKNOWN: expected 1 macaroon, got 2");
        assertRefused(
                ScriptedFollower.macaroon(bobs),
                "UNKNOWN: verification failed: signature mismatch after caveat verification");
        assertRefused(
                ScriptedFollower.macaroon("rubbish"), "UNKNOWN: cannot get macaroon: not hex");
    }

    @Test
    void tellsItsStateWithoutMacaroon() throws Exception {
        assertThat(
                        StateGrpc.newBlockingV2Stub(channel)
                                .getState(GetStateRequest.getDefaultInstance())
                                .getState())
                .isEqualTo(WalletState.SERVER_ACTIVE);
    }

    @Test
    void isRefusedByClientsThatExpectAnotherCertificate() throws Exception {
        ManagedChannel mistaken =
                Grpc.newChannelBuilderForAddress(
                                alice().host(),
                                alice().port(),
                                TlsChannelCredentials.newBuilder()
                                        .trustManager(bob().tlsCertificate().toFile())
                                        .build())
                        .build();
        try {
            assertThatThrownBy(
                            () ->
                                    LightningGrpc.newBlockingV2Stub(mistaken)
                                            .getInfo(GetInfoRequest.getDefaultInstance()))
                    .isInstanceOfSatisfying(
                            StatusException.class,
                            e ->
                                    assertThat(e.getStatus().getCode())
                                            .isEqualTo(Status.Code.UNAVAILABLE))
                    .hasStackTraceContaining("SSLHandshakeException");
        } finally {
            mistaken.shutdownNow();
        }
    }

    @Test
    void failsNamingTheCallThatTheRecordingCannotAnswer() throws Exception {
        var unknown =
                MethodDescriptor.<ByteString, ByteString>newBuilder(
                                NodeServer.BytesMarshaller.INSTANCE,
                                NodeServer.BytesMarshaller.INSTANCE)
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName("lnrpc.Lightning/ListPeers")
                        .build();
        CallOptions options =
                CallOptions.DEFAULT.withCallCredentials(ScriptedFollower.macaroon(alice()));

        assertThatThrownBy(
                        () ->
                                ClientCalls.blockingUnaryCall(
                                        channel, unknown, options, ByteString.EMPTY))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e ->
                                assertThat(e.getStatus().getCode())
                                        .isEqualTo(Status.Code.UNIMPLEMENTED))
                .hasMessageContaining("/lnrpc.Lightning/ListPeers");
        try (var follower = new ScriptedFollower(replay)) {
            assertThatThrownBy(() -> run(follower))
                    .isInstanceOf(ReplayException.class)
                    .hasMessageContaining(
                            "/lnrpc.Lightning/ListPeers: not in the recording of alice");
        }
    }

    @Test
    void saysWhatItWaitedForWhenNobodyFollows() throws Exception {
        try (var follower = new ScriptedFollower(replay)) {
            assertThatThrownBy(() -> run(follower))
                    .isInstanceOf(ReplayStalledException.class)
                    .hasMessageContaining("/lnrpc.Lightning/SubscribeChannelEvents of alice");
        }
    }

    @Test
    void refusesAnEndBeforeTheRecordings() throws Exception {
        try (var follower = new ScriptedFollower(replay)) {
            assertThatThrownBy(
                            () ->
                                    replay.run(
                                            follower,
                                            Instant.EPOCH,
                                            ReplayIT.noting(new ArrayList<>(), _ -> {})))
                    .isInstanceOf(ReplayException.class)
                    .hasMessageStartingWith("as-of: 1970-01-01T00:00:00Z (expected: ");
        }
    }

    private Replay open(String work) {
        return Replay.open(
                directory.resolve("recording"),
                new Replay.ReplayPlan(
                        Set.of(Rpc.SUBSCRIBE_CHANNEL_EVENTS),
                        Set.of(Rpc.GET_INFO),
                        directory.resolve(work),
                        Optional.empty()),
                Duration.ofMillis(200));
    }

    private void run(ScriptedFollower follower) throws InterruptedException {
        replay.run(follower, Instant.ofEpochSecond(1), ReplayIT.noting(new ArrayList<>(), _ -> {}));
    }

    private ReplayNode alice() {
        return replay.nodes().getFirst();
    }

    private ReplayNode bob() {
        return replay.nodes().getLast();
    }

    private GetInfoResponse info(CallCredentials credentials) throws StatusException {
        return LightningGrpc.newBlockingV2Stub(channel)
                .withCallCredentials(credentials)
                .getInfo(GetInfoRequest.getDefaultInstance());
    }

    private void assertRefused(CallCredentials credentials, String expected) {
        assertThatThrownBy(() -> info(credentials))
                .isInstanceOfSatisfying(
                        StatusException.class,
                        e -> assertThat(ScriptedFollower.description(e)).isEqualTo(expected));
    }
}
