package tallystick.ingest.check;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.check.NodeReport.Finding;
import tallystick.ingest.check.NodeReport.Level;
import tallystick.ingest.check.NodeReport.Subject;
import tallystick.ingest.node.Credentials;
import tallystick.ingest.node.Grant;
import tallystick.ingest.node.LndConnection;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.StateGrpc;
import tallystick.proto.lnrpc.SubscribeStateRequest;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.WalletState;

/// Looks at a node as it is configured: who it is, how it stands, and whether it can be followed with these files. Only
/// reads, and each list only in its smallest part.
///
/// Any thread.
public final class NodeCheck {
    private static final Duration CALL_DEADLINE = Duration.ofSeconds(20);

    /// Some lists cannot be asked for in part.
    private static final int MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

    private final Judge judge;

    /// @param clock says what has expired
    public NodeCheck(InstantSource clock) {
        this.judge = new Judge(clock);
    }

    /// Takes a few seconds; never throws because of the node or its files.
    public NodeReport check(NodeConfig node) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        try {
            look(node, findings);
        } catch (IngestException e) {
            findings.add(failure(Subject.FILES, e));
        }
        return new NodeReport(node.alias(), node.address(), findings);
    }

    private void look(NodeConfig node, List<Finding> findings) throws InterruptedException {
        Credentials credentials = Credentials.read(node);
        Optional<Macaroon> macaroon = Macaroon.decode(credentials.macaroonHex());
        if (!reach(node, credentials, findings)) {
            findings.add(judge.macaroon(macaroon));
            return;
        }
        try (LndConnection connection =
                LndConnection.open(node, credentials, CALL_DEADLINE, MESSAGE_BYTES_MAX)) {
            ask(node, connection, macaroon, findings);
        }
    }

    /// Returns whether it makes sense to go on.
    private boolean reach(NodeConfig node, Credentials credentials, List<Finding> findings) {
        Optional<ShownCertificate> shown;
        try {
            shown = ShownCertificate.look(node, trusted(credentials));
        } catch (IOException e) {
            findings.add(
                    new Finding(
                            Subject.ADDRESS,
                            Level.UNAVAILABLE,
                            node.address(),
                            "%s: %s (expected: lnd's gRPC there, see rpclisten in lnd.conf, and no firewall between)"
                                    .formatted(node.address(), e.getMessage())));
            return false;
        }
        if (shown.isEmpty()) {
            findings.add(
                    new Finding(
                            Subject.ADDRESS,
                            Level.REFUSED,
                            node.address(),
                            "%s: answers, but not with TLS (expected: lnd's gRPC port, as a rule 10009)"
                                    .formatted(node.address())));
            return false;
        }
        findings.add(Judge.ok(Subject.ADDRESS, node.address(), node.address() + " answers"));
        findings.add(judge.certificate(node, shown.get()));
        return true;
    }

    private void ask(
            NodeConfig node,
            LndConnection connection,
            Optional<Macaroon> macaroon,
            List<Finding> findings)
            throws InterruptedException {
        Finding wallet = wallet(node, connection);
        findings.add(wallet);
        if (wallet.level() != Level.OK) {
            findings.add(judge.macaroon(macaroon));
            return;
        }
        Optional<GetInfoResponse> info;
        try {
            info = Optional.of(info(node, connection));
        } catch (IngestException e) {
            if (e.code() != ErrorCode.USER) {
                findings.add(failure(Subject.NODE, e));
                return;
            }
            info = Optional.empty(); // Which calls are refused, and why, comes with the others.
        }
        info.ifPresent(said -> findings.addAll(Judge.node(node, said)));
        findings.add(judge.macaroon(macaroon));
        int blockHeight = info.map(GetInfoResponse::getBlockHeight).orElse(1);
        findings.add(Judge.calls(grants(new CallProbe(connection, blockHeight), macaroon)));
    }

    private static Finding wallet(NodeConfig node, LndConnection connection)
            throws InterruptedException {
        try {
            WalletState state = walletState(node, connection);
            return switch (state) {
                case SERVER_ACTIVE ->
                        Judge.ok(Subject.WALLET, state.name(), "open, and all calls are served");
                case LOCKED ->
                        unavailable(state, "locked (expected: unlocked, with `lncli unlock`)");
                case NON_EXISTING ->
                        unavailable(state, "none (expected: one, made with `lncli create`)");
                case UNLOCKED, RPC_ACTIVE, WAITING_TO_START, UNRECOGNIZED ->
                        unavailable(state, "the node is starting (expected: wait, and try again)");
            };
        } catch (IngestException e) {
            return failure(Subject.WALLET, e);
        }
    }

    private static Finding unavailable(WalletState state, String text) {
        return new Finding(Subject.WALLET, Level.UNAVAILABLE, state.name(), text);
    }

    private static WalletState walletState(NodeConfig node, LndConnection connection)
            throws InterruptedException {
        var method = StateGrpc.getSubscribeStateMethod();
        BlockingClientCall<SubscribeStateRequest, ByteString> call =
                connection.stream(method, SubscribeStateRequest.getDefaultInstance());
        try {
            ByteString first = call.read(CALL_DEADLINE.toSeconds(), TimeUnit.SECONDS);
            if (first == null) {
                throw unanswered(node, LndConnection.rpc(method), null);
            }
            return SubscribeStateResponse.parseFrom(first).getState();
        } catch (StatusException e) {
            throw connection.failure(method, e);
        } catch (TimeoutException | InvalidProtocolBufferException e) {
            throw unanswered(node, LndConnection.rpc(method), e);
        } finally {
            call.cancel("answered", null);
        }
    }

    private static GetInfoResponse info(NodeConfig node, LndConnection connection)
            throws InterruptedException {
        var method = LightningGrpc.getGetInfoMethod();
        try {
            return GetInfoResponse.parseFrom(
                    connection.call(method, GetInfoRequest.getDefaultInstance()));
        } catch (InvalidProtocolBufferException e) {
            throw unanswered(node, LndConnection.rpc(method), e);
        }
    }

    /// A stream that the macaroon grants is not opened once the node has taken the macaroon for another call: a second
    /// subscription that ends makes lnd skip an event of the first one, and a list of all payments is made for each.
    private static Map<NeededCall, Grant> grants(CallProbe probe, Optional<Macaroon> macaroon)
            throws InterruptedException {
        EnumSet<NeededCall> told = EnumSet.allOf(NeededCall.class);
        told.removeIf(
                call -> !call.isStream() || macaroon.filter(held -> held.grants(call)).isEmpty());
        Map<NeededCall, Grant> answers = ask(probe, EnumSet.complementOf(told));
        // Where no other call was taken, a stream will not be either; of a node that does not
        // answer none is wanted.
        Optional<Grant> same =
                ofKind(answers, Grant.Kind.GRANTED).or(() -> ofKind(answers, Grant.Kind.LOST));
        if (same.isPresent()) {
            told.forEach(call -> answers.put(call, same.get()));
        } else {
            answers.putAll(ask(probe, told));
        }
        return answers;
    }

    private static Optional<Grant> ofKind(Map<NeededCall, Grant> answers, Grant.Kind kind) {
        return answers.values().stream().filter(grant -> grant.kind() == kind).findFirst();
    }

    /// All at once: streams that are granted take their time to say nothing.
    private static Map<NeededCall, Grant> ask(CallProbe probe, Set<NeededCall> calls)
            throws InterruptedException {
        Map<NeededCall, Future<Grant>> asked = new EnumMap<>(NeededCall.class);
        Map<NeededCall, Grant> answers = new EnumMap<>(NeededCall.class);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (NeededCall call : calls) {
                asked.put(call, executor.submit(() -> probe.ask(call)));
            }
            for (var entry : asked.entrySet()) {
                answers.put(entry.getKey(), entry.getValue().get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("calls: not made", e.getCause());
        }
        return answers;
    }

    private static Collection<X509Certificate> trusted(Credentials credentials) {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(
                            new ByteArrayInputStream(
                                    credentials.certificatePem().getBytes(US_ASCII)))
                    .stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (CertificateException e) {
            return List.of(); // Making the connection will say so.
        }
    }

    private static IngestException unanswered(
            NodeConfig node, String rpc, @Nullable Exception cause) {
        return new IngestException(
                ErrorCode.EXTERNAL,
                "node %s, %s: no usable answer (expected: one within %d s)"
                        .formatted(node.alias(), rpc, CALL_DEADLINE.toSeconds()),
                cause);
    }

    private static Finding failure(Subject subject, IngestException e) {
        return new Finding(
                subject,
                e.code() == ErrorCode.USER ? Level.REFUSED : Level.UNAVAILABLE,
                "",
                e.reason());
    }
}
