package tallystick.simulator.replay;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.Status;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tallystick.proto.lnrpc.Chain;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.server.Rpc;

/// What has to be known about a node's recording before it is played: which ends of streams are to be repeated, and what
/// the node said to those who came while it could not be reached. Immutable.
final class NodeScript {
    private static final int CANCELED = Status.Code.CANCELLED.value();
    private static final String STARTING =
            "the RPC server is in the process of starting up, but not yet ready to accept calls";

    /// Answers that are taken apart, page by page, to answer other questions; whatever else a node said is served as it is.
    private static final Map<String, Parser<? extends Message>> LISTS =
            Map.of(
                    Rpc.GET_INFO, GetInfoResponse.parser(),
                    Rpc.LIST_INVOICES, ListInvoiceResponse.parser(),
                    Rpc.LIST_PAYMENTS, ListPaymentsResponse.parser(),
                    Rpc.FORWARDING_HISTORY, ForwardingHistoryResponse.parser(),
                    Rpc.CLOSED_CHANNELS, ClosedChannelsResponse.parser(),
                    Rpc.GET_TRANSACTIONS, TransactionDetails.parser());

    private final NodeRecording recording;
    private final GetInfoResponse info;
    private final Set<String> rpcs = new HashSet<>();
    private final Set<Integer> silentLines = new HashSet<>();
    private final Map<Integer, Checkpoint> checkpoints = new HashMap<>();
    private Status down = Status.UNAVAILABLE.withDescription("failed to connect");
    private Status starting = Status.UNKNOWN.withDescription(STARTING);

    private NodeScript(NodeRecording recording, GetInfoResponse info) {
        this.recording = recording;
        this.info = info;
    }

    /// @throws RecordingException when an answer is not what its call gives
    static NodeScript of(NodeRecording recording) {
        recording.checkpoints().forEach(each -> requireAnswers(recording, each));
        var script = new NodeScript(recording, info(recording));
        recording.checkpoints().forEach(each -> script.checkpoints.put(each.line(), each));
        script.silenceTheRecordersEnd();
        script.silenceFailedAttempts();
        return script;
    }

    private static void requireAnswers(NodeRecording recording, Checkpoint checkpoint) {
        LISTS.forEach(
                (rpc, parser) -> {
                    for (Checkpoint.Answer answer : checkpoint.answers(rpc)) {
                        if (Wire.tryParse(parser, answer.bytes()).isEmpty()) {
                            throw new RecordingException(
                                    recording.file(),
                                    answer.line(),
                                    "bytes",
                                    "no answer to " + rpc,
                                    "one in protobuf, as lnd gives it");
                        }
                    }
                });
    }

    NodeRecording recording() {
        return recording;
    }

    String alias() {
        return recording.alias();
    }

    String pubkey() {
        return info.getIdentityPubkey();
    }

    String network() {
        return info.getChainsList().stream().map(Chain::getNetwork).findFirst().orElse("");
    }

    boolean has(String rpc) {
        return rpcs.contains(rpc);
    }

    /// The recording's line is about the recorder itself, not about the node.
    boolean isSilent(Line line) {
        return silentLines.contains(line.number());
    }

    Optional<Checkpoint> checkpointAt(Line.Mark mark) {
        return Optional.ofNullable(checkpoints.get(mark.number()));
    }

    Availability availabilityAtStart() {
        return new Availability(
                recording.lines().stream()
                        .flatMap(line -> walletState(line).stream())
                        .findFirst()
                        .orElse(WalletState.SERVER_ACTIVE));
    }

    /// The answer to whoever calls while the node cannot be reached.
    Status refusal(Availability.Reach reach) {
        return switch (reach) {
            case STARTING -> starting;
            case STOPPING, DOWN -> down;
            case RECORDER_DOWN -> Status.UNAVAILABLE.withDescription("the recorder was down");
            case READY, RPC_ACTIVE -> throw new IllegalStateException("reachable: " + reach);
        };
    }

    static Optional<WalletState> walletState(Line line) {
        return line instanceof Line.Message message && message.rpc().equals(Rpc.SUBSCRIBE_STATE)
                ? Wire.tryParse(SubscribeStateResponse.parser(), message.bytes())
                        .map(SubscribeStateResponse::getState)
                : Optional.empty();
    }

    private static GetInfoResponse info(NodeRecording recording) {
        return recording.checkpoints().stream()
                .flatMap(checkpoint -> checkpoint.answers(Rpc.GET_INFO).stream())
                .findFirst()
                .flatMap(answer -> Wire.tryParse(GetInfoResponse.parser(), answer.bytes()))
                .orElseThrow(
                        () ->
                                new RecordingException(
                                        recording.file(),
                                        0,
                                        "rpc",
                                        "no answer to GetInfo in any checkpoint",
                                        "one, which says whose recording it is"));
    }

    /// That the recorder went away for good at the end is nothing that the node did.
    private void silenceTheRecordersEnd() {
        var laterRpcs = new HashSet<String>();
        boolean isUpLater = false;
        for (Line line : recording.lines().reversed()) {
            switch (line) {
                case Line.Mark mark -> {
                    isUpLater |= mark.text().equals("recorder up");
                    if (mark.text().equals("recorder down") && !isUpLater) {
                        silentLines.add(mark.number());
                    }
                }
                case Line.End end -> {
                    if (end.code() == CANCELED && !laterRpcs.contains(end.rpc())) {
                        silentLines.add(end.number());
                    }
                }
                case Line.Request request -> laterRpcs.add(request.rpc());
                case Line.Message _ -> {}
            }
        }
        rpcs.addAll(laterRpcs);
    }

    /// A stream that was asked for in vain never was open, so its end ends nothing. It says how the node refuses.
    private void silenceFailedAttempts() {
        Availability availability = availabilityAtStart();
        var attempts = new HashSet<Long>();
        for (Line line : recording.lines()) {
            switch (line) {
                case Line.Mark mark -> {
                    if (!isSilent(mark)) {
                        availability.mark(mark.text());
                    }
                }
                case Line.Request request -> {
                    if (!availability.isAccepting()) {
                        attempts.add(request.call());
                    }
                }
                case Line.Message message -> {
                    attempts.remove(message.call());
                    walletState(message).ifPresent(availability::walletState);
                }
                case Line.End end -> {
                    if (attempts.remove(end.call()) && end.code() != 0) {
                        silentLines.add(end.number());
                        learnRefusal(end);
                    }
                }
            }
        }
    }

    private void learnRefusal(Line.End end) {
        Status status = status(end);
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            down = status;
        } else if (status.getCode() != Status.Code.CANCELLED) {
            starting = status;
        }
    }

    static Status status(Line.End end) {
        return Status.fromCodeValue(end.code()).withDescription(end.detail());
    }
}
