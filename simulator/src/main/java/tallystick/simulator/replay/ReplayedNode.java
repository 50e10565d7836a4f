package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetStateResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.routerrpc.TrackPaymentRequest;
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.Rpc;

/// A node at the moment that the replay has reached: what it knows, who follows it, and who waits for an answer. It moves
/// on line by line. Every method is called with the stage's lock held.
final class ReplayedNode {
    private final NodeScript script;
    private final Timeline timeline;
    private final BitSet served;
    private final Stage stage;
    private final NavigableSet<String> followed = new TreeSet<>();
    private final Set<String> listed = new HashSet<>();

    private final Availability availability;
    private @Nullable Instant downSince;
    private final InvoiceBacklog invoices = new InvoiceBacklog();
    private final PaymentBacklog payments = new PaymentBacklog();

    private final NavigableMap<String, List<ClientStream>> streams = new TreeMap<>();
    private final List<Exchange> stateStreams = new ArrayList<>();
    private final List<Exchange> waiting = new ArrayList<>();

    private int checkpointsDone;
    private @Nullable Checkpoint standing;
    private final Set<String> unread = new TreeSet<>();
    private int turnOfChannels;

    /// @param served the steps of the timeline whose messages were served; this node adds its own
    ReplayedNode(
            NodeScript script,
            Timeline timeline,
            Replay.ReplayPlan plan,
            BitSet served,
            Stage stage) {
        this.script = script;
        this.timeline = timeline;
        this.served = served;
        this.stage = stage;
        availability = script.availabilityAtStart();
        plan.streams().stream().filter(script::has).forEach(followed::add);
        followed.forEach(rpc -> streams.put(rpc, new ArrayList<>()));
        listed.addAll(plan.lists());
    }

    NodeScript script() {
        return script;
    }

    String alias() {
        return script.alias();
    }

    // --- time

    /// Moves on over a line.
    Turn reach(Line line, int step) {
        Turn turn =
                switch (line) {
                    case Line.Mark mark -> reachMark(mark);
                    case Line.Request request -> reachRequest(request);
                    case Line.Message message -> reachMessage(message, step);
                    case Line.End end -> reachEnd(end);
                };
        if (availability.isLndReady()) {
            downSince = null;
        } else if (downSince == null) {
            downSince = Replay.at(line);
        }
        return turn;
    }

    /// Since when its lnd is stopping, down or starting; empty while it is ready.
    Optional<Instant> downSince() {
        return Optional.ofNullable(downSince);
    }

    private Turn reachMark(Line.Mark mark) {
        Optional<Checkpoint> checkpoint = script.checkpointAt(mark);
        if (checkpoint.isPresent()) {
            invoices.listed(
                    checkpoint
                            .get()
                            .elements(
                                    Rpc.LIST_INVOICES, ListInvoiceResponse.INVOICES_FIELD_NUMBER));
            return new Turn.Stand(checkpoint.get());
        }
        if (!script.isSilent(mark)) {
            Availability.Reach before = availability.reach();
            availability.mark(mark.text());
            if (availability.reach() != before) {
                reachChanged(mark);
            }
        }
        return new Turn.Pass();
    }

    private void reachChanged(Line.Mark mark) {
        switch (availability.reach()) {
            case DOWN, RECORDER_DOWN -> refuseWaiting();
            case READY -> {
                if (mark.text().equals("lnd SERVER_ACTIVE")) {
                    tellState();
                }
            }
            case RPC_ACTIVE, STARTING, STOPPING -> {}
        }
        if (mark.text().equals("recorder up") || mark.text().startsWith("lnd starting")) {
            closeAll(Status.UNAVAILABLE.withDescription("the node was down"));
        }
    }

    private Turn reachRequest(Line.Request request) {
        if (request.rpc().equals(Rpc.SUBSCRIBE_INVOICES)) {
            Wire.tryParse(InvoiceSubscription.parser(), request.bytes())
                    .ifPresent(invoices::recorderAsked);
        }
        return new Turn.Pass();
    }

    private Turn reachMessage(Line.Message message, int step) {
        if (message.rpc().equals(Rpc.SUBSCRIBE_STATE)) {
            NodeScript.walletState(message).ifPresent(availability::walletState);
            if (!availability.isAccepting()) {
                refuseWaiting();
            }
            tellState();
            return new Turn.Pass();
        }
        if (!followed.contains(message.rpc())) {
            return new Turn.Pass();
        }
        var said = new Said(message.bytes(), step);
        return switch (message.rpc()) {
            case Rpc.SUBSCRIBE_INVOICES ->
                    new Turn.Say(message.rpc(), said, invoices.streamed(said));
            case Rpc.TRACK_PAYMENTS -> {
                payments.streamed(said);
                yield new Turn.Say(message.rpc(), said, Optional.empty());
            }
            default -> new Turn.Say(message.rpc(), said, Optional.empty());
        };
    }

    private Turn reachEnd(Line.End end) {
        if (script.isSilent(end)) {
            return new Turn.Pass();
        }
        // The recorder's own going away looks to a client as if the node had gone.
        Status recorded = NodeScript.status(end);
        Status status =
                recorded.getCode() == Status.Code.CANCELLED
                        ? script.refusal(Availability.Reach.RECORDER_DOWN)
                        : recorded;
        if (end.rpc().equals(Rpc.SUBSCRIBE_STATE)) {
            stateStreams.forEach(exchange -> exchange.close(status));
            stateStreams.clear();
        } else if (followed.contains(end.rpc())) {
            if (end.rpc().equals(Rpc.TRACK_PAYMENTS)) {
                payments.recorderLostIt();
            }
            close(end.rpc(), status);
        }
        return new Turn.Pass();
    }

    private void tellState() {
        ByteString state = walletState();
        stateStreams.forEach(exchange -> exchange.send(state));
        stage.progressed();
    }

    private void refuseWaiting() {
        Status refusal = script.refusal(availability.reach());
        waiting.forEach(exchange -> exchange.close(refusal));
        waiting.clear();
    }

    private void closeAll(Status status) {
        stateStreams.forEach(exchange -> exchange.close(status));
        stateStreams.clear();
        followed.forEach(rpc -> close(rpc, status));
    }

    private void close(String rpc, Status status) {
        List<ClientStream> open = streamsOf(rpc);
        open.forEach(stream -> stream.exchange().close(status));
        open.clear();
        stage.progressed();
    }

    // --- streams

    /// The streams that are needed before time may go on: those that a node which is all there has, and nobody follows.
    List<String> missing() {
        if (availability.reach() != Availability.Reach.READY) {
            return List.of();
        }
        return followed.stream().filter(rpc -> streamsOf(rpc).isEmpty()).toList();
    }

    /// Streams that have not had their backlog yet, in an order that does not depend on which came first.
    List<ClientStream> newcomers() {
        return streams.values().stream()
                .flatMap(List::stream)
                .filter(stream -> !stream.isAdmitted())
                .toList();
    }

    /// Lets a stream in on what is new from now on, and gives what it has to hear first.
    List<Said> admit(ClientStream stream) {
        stream.admit();
        List<Said> backlog =
                switch (stream.exchange().rpc()) {
                    case Rpc.SUBSCRIBE_INVOICES -> invoices.after(stream.cursor());
                    case Rpc.TRACK_PAYMENTS -> payments.now();
                    default -> List.of();
                };
        return backlog.stream().filter(said -> stream.wants(said.bytes())).toList();
    }

    List<ClientStream> hearers(Turn.Say say) {
        if (streamsOf(say.rpc()).stream().anyMatch(stream -> stream.isPast(say))) {
            served.set(say.said().step()); // Before the process died, as the client's cursor says.
        }
        return streamsOf(say.rpc()).stream().filter(stream -> stream.hears(say)).toList();
    }

    void send(Said said, List<ClientStream> hearers) {
        hearers.forEach(stream -> stream.exchange().send(said.bytes()));
        if (said.step() != Said.COMPOSED) {
            served.set(said.step());
        }
    }

    private List<ClientStream> streamsOf(String rpc) {
        return streams.getOrDefault(rpc, List.of());
    }

    // --- checkpoints

    int checkpointsDone() {
        return checkpointsDone;
    }

    /// Whether it is past this checkpoint, or never had it.
    boolean isThrough(int checkpoint) {
        return script.recording().checkpoints().stream()
                .skip(checkpointsDone)
                .noneMatch(each -> each.number() == checkpoint);
    }

    /// Answers whoever has been waiting, and from now on everybody, from this checkpoint.
    void beginStanding(Checkpoint checkpoint) {
        standing = checkpoint;
        unread.clear();
        listed.stream().filter(checkpoint.lists()::containsKey).forEach(unread::add);
        if (waiting.stream().noneMatch(exchange -> exchange.rpc().equals(Rpc.LIST_CHANNELS))) {
            turnOfChannels = 0; // A sweep that broke off half-way must not shift those that follow.
        }
        var answered = List.copyOf(waiting);
        waiting.clear();
        answered.forEach(exchange -> answer(exchange, checkpoint));
    }

    /// The lists that nobody has read since time stands still.
    Set<String> unread() {
        return unread;
    }

    void passCheckpoint() {
        standing = null;
        checkpointsDone++;
    }

    // --- calls

    /// Empty when the node takes such a call now.
    Optional<Status> refusal(String rpc) {
        return switch (availability.reach()) {
            case READY, RPC_ACTIVE -> Optional.empty();
            case STARTING ->
                    Rpc.needsNoMacaroon(rpc)
                            ? Optional.empty()
                            : Optional.of(script.refusal(Availability.Reach.STARTING));
            case STOPPING, DOWN, RECORDER_DOWN -> Optional.of(script.refusal(availability.reach()));
        };
    }

    void open(Exchange exchange) {
        Optional<Status> refusal = refusal(exchange.rpc());
        if (refusal.isPresent()) {
            exchange.close(refusal.get());
            return;
        }
        switch (exchange.rpc()) {
            case Rpc.SUBSCRIBE_STATE -> {
                exchange.accept();
                exchange.send(walletState());
                stateStreams.add(exchange);
            }
            case Rpc.GET_STATE ->
                    exchange.reply(
                            GetStateResponse.newBuilder()
                                    .setState(availability.walletState())
                                    .build()
                                    .toByteString());
            default -> {
                if (followed.contains(exchange.rpc())) {
                    exchange.accept();
                    streamsOf(exchange.rpc()).add(new ClientStream(exchange));
                } else {
                    list(exchange);
                }
            }
        }
        stage.progressed();
    }

    void canceledByClient(Exchange exchange) {
        stateStreams.remove(exchange);
        waiting.remove(exchange);
        streams.values().forEach(each -> each.removeIf(stream -> stream.exchange() == exchange));
        stage.progressed();
    }

    /// A list call waits for the next checkpoint, as an older one would contradict what the streams have said since.
    /// GetInfo does not: clients ask it who this node is before they open the streams without which time stands still.
    private void list(Exchange exchange) {
        List<Checkpoint> all = script.recording().checkpoints();
        boolean isLast = checkpointsDone == all.size();
        if (standing != null) {
            answer(exchange, standing);
        } else if (isLast) {
            answer(exchange, all.getLast());
        } else if (exchange.rpc().equals(Rpc.GET_INFO)) {
            reply(exchange, all.get(checkpointsDone).answers(Rpc.GET_INFO));
        } else if (isAnswerable(exchange.rpc(), all.get(checkpointsDone))) {
            waiting.add(exchange);
        } else {
            refuseUnknown(exchange);
        }
    }

    private static boolean isAnswerable(String rpc, Checkpoint checkpoint) {
        String source =
                switch (rpc) {
                    case Rpc.LOOKUP_INVOICE -> Rpc.LIST_INVOICES;
                    case Rpc.TRACK_PAYMENT_V2 -> Rpc.LIST_PAYMENTS;
                    default -> rpc;
                };
        return !checkpoint.answers(source).isEmpty();
    }

    private void refuseUnknown(Exchange exchange) {
        String problem = "%s: not in the recording of %s".formatted(exchange.rpc(), script.alias());
        exchange.close(Status.UNIMPLEMENTED.withDescription(problem));
        stage.fail(
                new ReplayException(
                        problem + " (expected: only calls that the recording can answer)"));
    }

    private void answer(Exchange exchange, Checkpoint checkpoint) {
        String rpc = exchange.rpc();
        if (!isAnswerable(rpc, checkpoint)) {
            refuseUnknown(exchange);
            return;
        }
        List<Checkpoint.Answer> answers =
                rpc.equals(Rpc.LIST_CHANNELS)
                        ? nextOfChannels(checkpoint)
                        : checkpoint.answers(rpc);
        answers.forEach(answer -> served.set(timeline.step(script.alias(), answer.line())));
        try {
            answer(exchange, checkpoint, answers);
        } catch (UncheckedIOException e) {
            String problem = "%s: checkpoint %d".formatted(rpc, checkpoint.number());
            exchange.close(Status.INTERNAL.withDescription(problem));
            stage.fail(
                    new ReplayException(
                            "%s of %s: %s (expected: the message of that call)"
                                    .formatted(problem, script.alias(), e.getCause()),
                            e));
        }
        unread.remove(rpc);
        stage.progressed();
    }

    /// ListChannels is read twice in a checkpoint, before and after the balances, to see whether anything moved meanwhile.
    private List<Checkpoint.Answer> nextOfChannels(Checkpoint checkpoint) {
        List<Checkpoint.Answer> all = checkpoint.answers(Rpc.LIST_CHANNELS);
        return List.of(all.get(turnOfChannels++ % all.size()));
    }

    private void answer(Exchange exchange, Checkpoint checkpoint, List<Checkpoint.Answer> answers) {
        ByteString request = exchange.request();
        switch (exchange.rpc()) {
            case Rpc.LIST_INVOICES ->
                    exchange.reply(
                            ListReply.invoices(
                                    invoices(checkpoint),
                                    Wire.parse(ListInvoiceRequest.parser(), request)));
            case Rpc.LOOKUP_INVOICE ->
                    ListReply.invoice(
                                    invoices(checkpoint), Wire.parse(PaymentHash.parser(), request))
                            .ifPresentOrElse(
                                    exchange::reply,
                                    () ->
                                            exchange.close(
                                                    Status.NOT_FOUND.withDescription(
                                                            "unable to locate invoice")));
            case Rpc.LIST_PAYMENTS ->
                    exchange.reply(
                            ListReply.payments(
                                    payments(checkpoint),
                                    Wire.parse(ListPaymentsRequest.parser(), request)));
            case Rpc.TRACK_PAYMENT_V2 ->
                    ListReply.payment(
                                    payments(checkpoint),
                                    Wire.parse(TrackPaymentRequest.parser(), request))
                            .ifPresentOrElse(
                                    payment -> track(exchange, payment),
                                    () ->
                                            exchange.close(
                                                    Status.NOT_FOUND.withDescription(
                                                            "payment isn't initiated")));
            case Rpc.FORWARDING_HISTORY ->
                    exchange.reply(
                            ListReply.forwards(
                                    checkpoint.elements(
                                            Rpc.FORWARDING_HISTORY,
                                            ForwardingHistoryResponse
                                                    .FORWARDING_EVENTS_FIELD_NUMBER),
                                    Wire.parse(ForwardingHistoryRequest.parser(), request)));
            case Rpc.GET_TRANSACTIONS ->
                    exchange.reply(
                            ListReply.transactions(
                                    checkpoint.elements(
                                            Rpc.GET_TRANSACTIONS,
                                            TransactionDetails.TRANSACTIONS_FIELD_NUMBER),
                                    Wire.parse(GetTransactionsRequest.parser(), request)));
            case Rpc.CLOSED_CHANNELS ->
                    exchange.reply(
                            ListReply.closedChannels(
                                    checkpoint.elements(
                                            Rpc.CLOSED_CHANNELS,
                                            ClosedChannelsResponse.CHANNELS_FIELD_NUMBER),
                                    Wire.parse(ClosedChannelsRequest.parser(), request)));
            default -> reply(exchange, answers);
        }
    }

    /// Says where the payment stands. The stream of one that is under way stays open.
    private static void track(Exchange exchange, ByteString payment) {
        exchange.accept();
        exchange.send(payment);
        if (!PaymentBacklog.isUnderWay(Wire.parse(Payment.parser(), payment))) {
            exchange.close(Status.OK);
        }
    }

    private static List<ByteString> payments(Checkpoint checkpoint) {
        return checkpoint.elements(Rpc.LIST_PAYMENTS, ListPaymentsResponse.PAYMENTS_FIELD_NUMBER);
    }

    private static List<ByteString> invoices(Checkpoint checkpoint) {
        return checkpoint.elements(Rpc.LIST_INVOICES, ListInvoiceResponse.INVOICES_FIELD_NUMBER);
    }

    /// As recorded, be it an error.
    private void reply(Exchange exchange, List<Checkpoint.Answer> answers) {
        if (answers.isEmpty()) {
            refuseUnknown(exchange);
            return;
        }
        Checkpoint.Answer answer = answers.getLast();
        if (answer.code() == 0) {
            exchange.reply(answer.bytes());
        } else {
            exchange.close(Status.fromCodeValue(answer.code()).withDescription(answer.detail()));
        }
    }

    private ByteString walletState() {
        return SubscribeStateResponse.newBuilder()
                .setState(availability.walletState())
                .build()
                .toByteString();
    }
}
