package tallystick.ingest.node;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.publish.NodePublisher;
import tallystick.ingest.record.NodeMessage;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.routerrpc.RouterGrpc;
import tallystick.proto.routerrpc.TrackPaymentsRequest;
import tallystick.proto.v1.NodeCursors;

/// The streams of one connection, a virtual thread each. A thread reads one message, puts it into the publisher's queue and
/// only then asks for the next: when the queue is full, the node waits.
///
/// The first stream to end, however it ends, is the end of the connection.
public final class NodeStreams implements AutoCloseable {
    private static final MethodDescriptor<InvoiceSubscription, Invoice> INVOICES =
            LightningGrpc.getSubscribeInvoicesMethod();
    private static final MethodDescriptor<TrackPaymentsRequest, Payment> PAYMENTS =
            RouterGrpc.getTrackPaymentsMethod();
    private static final MethodDescriptor<ChannelEventSubscription, ChannelEventUpdate> CHANNELS =
            LightningGrpc.getSubscribeChannelEventsMethod();
    private static final MethodDescriptor<GetTransactionsRequest, Transaction> TRANSACTIONS =
            LightningGrpc.getSubscribeTransactionsMethod();

    /// Full names of the streams that are followed.
    public static final List<String> RPCS =
            List.of(
                    LndConnection.rpc(INVOICES),
                    LndConnection.rpc(PAYMENTS),
                    LndConnection.rpc(CHANNELS),
                    LndConnection.rpc(TRANSACTIONS));

    private final NodeConfig node;
    private final LndConnection connection;
    private final NodePublisher publisher;
    private final SweepRequests requests;
    private final Map<String, LongAdder> taken;
    private final InstantSource clock;
    private final List<BlockingClientCall<?, ?>> calls = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    NodeStreams(
            NodeConfig node,
            LndConnection connection,
            NodePublisher publisher,
            SweepRequests requests,
            Map<String, LongAdder> taken,
            InstantSource clock) {
        this.node = node;
        this.connection = connection;
        this.publisher = publisher;
        this.requests = requests;
        this.taken = taken;
        this.clock = clock;
    }

    /// Opens all of them after what is already published. A cursor of 0 stays 0: it asks for nothing of the past, which the
    /// first sweep brings.
    void open(NodeCursors cursors) {
        start(
                INVOICES,
                InvoiceSubscription.newBuilder()
                        .setAddIndex(cursors.getInvoiceAddIndex())
                        .setSettleIndex(cursors.getInvoiceSettleIndex())
                        .build(),
                NodeMessage::invoice);
        start(
                PAYMENTS,
                TrackPaymentsRequest.newBuilder().setNoInflightUpdates(false).build(),
                NodeMessage::payment);
        start(CHANNELS, ChannelEventSubscription.getDefaultInstance(), NodeMessage::channelEvent);
        start(TRANSACTIONS, GetTransactionsRequest.getDefaultInstance(), NodeMessage::transaction);
    }

    /// Returns when no thread of it runs any more.
    @Override
    public void close() {
        calls.forEach(call -> call.cancel("left", null));
        threads.forEach(Thread::interrupt);
        boolean isInterrupted = false;
        for (Thread thread : threads) {
            isInterrupted |= join(thread);
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private <Q> void start(
            MethodDescriptor<Q, ?> method, Q request, Function<ByteString, NodeMessage> message) {
        BlockingClientCall<Q, ByteString> call = connection.stream(method, request);
        calls.add(call);
        threads.add(
                Thread.ofVirtual()
                        .name("stream-%s-%s".formatted(node.alias(), method.getBareMethodName()))
                        .start(() -> follow(method, call, message)));
    }

    private void follow(
            MethodDescriptor<?, ?> method,
            BlockingClientCall<?, ByteString> call,
            Function<ByteString, NodeMessage> message) {
        String rpc = LndConnection.rpc(method);
        IngestException end;
        try {
            for (ByteString bytes = call.read(); bytes != null; bytes = call.read()) {
                publisher.streamed(rpc, clock.instant(), message.apply(bytes));
                taken.computeIfAbsent(rpc, _ -> new LongAdder()).increment();
            }
            end = Failures.ended(node, rpc);
        } catch (StatusException e) {
            end = connection.failure(method, e);
        } catch (IngestException e) {
            end = e;
        } catch (InterruptedException e) {
            return;
        } catch (RuntimeException e) {
            end =
                    new IngestException(
                            ErrorCode.INTERNAL,
                            "node %s, %s: %s".formatted(node.alias(), rpc, e),
                            e);
        }
        requests.broken(end);
        // A sweep that waits for an answer of this connection shall not wait for its deadline.
        connection.abort();
    }

    private static boolean join(Thread thread) {
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        return isInterrupted;
    }
}
