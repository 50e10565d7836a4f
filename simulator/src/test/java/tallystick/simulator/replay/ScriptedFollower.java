package tallystick.simulator.replay;

import com.google.protobuf.AbstractMessage;
import com.google.protobuf.ByteString;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import tallystick.proto.lnrpc.ChannelBalanceRequest;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.LightningGrpc.LightningBlockingV2Stub;
import tallystick.proto.lnrpc.ListChannelsRequest;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.PendingChannelsRequest;
import tallystick.proto.lnrpc.StateGrpc;
import tallystick.proto.lnrpc.SubscribeStateRequest;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.WalletBalanceRequest;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.routerrpc.RouterGrpc;
import tallystick.proto.routerrpc.TrackPaymentsRequest;
import tallystick.simulator.server.NodeServer;
import tallystick.simulator.server.Rpc;

/// Follows replaying nodes over gRPC as a careful program follows lnd: waits for the node to be ready, opens the streams
/// with its cursors, comes back when they end, lists everything when asked. Writes down all that it hears.
final class ScriptedFollower implements Replay.Follower, AutoCloseable {
    private static final String PENDING_CHANNELS = "/lnrpc.Lightning/PendingChannels";
    private static final String CHANNEL_BALANCE = "/lnrpc.Lightning/ChannelBalance";
    private static final String WALLET_BALANCE = "/lnrpc.Lightning/WalletBalance";

    static final Set<String> STREAMS =
            Set.of(Rpc.SUBSCRIBE_INVOICES, Rpc.TRACK_PAYMENTS, Rpc.SUBSCRIBE_CHANNEL_EVENTS);
    static final Set<String> LISTS =
            Set.of(
                    Rpc.GET_INFO,
                    Rpc.LIST_INVOICES,
                    Rpc.LIST_PAYMENTS,
                    Rpc.LIST_CHANNELS,
                    PENDING_CHANNELS,
                    Rpc.CLOSED_CHANNELS,
                    CHANNEL_BALANCE,
                    WALLET_BALANCE,
                    Rpc.GET_TRANSACTIONS,
                    Rpc.FORWARDING_HISTORY);

    private static final Duration BACKOFF = Duration.ofSeconds(1);
    private static final int PAGE = 40;

    private final Replay replay;
    private final Set<String> streams;
    private final Set<String> lists;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Followed> followed = new HashMap<>();
    private final Map<String, AtomicLong> taken = new ConcurrentHashMap<>();
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
    private final List<String> read = Collections.synchronizedList(new ArrayList<>());
    private final List<String> stored = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean isClosed;

    /// By alias: add index and settle index.
    record Cursors(Map<String, List<Long>> indexes) {}

    ScriptedFollower(Replay replay) {
        this(replay, new Cursors(Map.of()));
    }

    ScriptedFollower(Replay replay, Cursors cursors) {
        this(replay, cursors, STREAMS, LISTS);
    }

    /// Goes on with the cursors of one that went before.
    ScriptedFollower(Replay replay, Cursors cursors, Set<String> streams, Set<String> lists) {
        this.replay = replay;
        this.streams = streams;
        this.lists = lists;
        replay.nodes().forEach(node -> followed.put(node.alias(), new Followed(node)));
        cursors.indexes().forEach((alias, indexes) -> node(alias).resume(indexes));
    }

    Cursors cursors() {
        var indexes = new HashMap<String, List<Long>>();
        followed.forEach(
                (alias, node) -> indexes.put(alias, List.of(node.addIndex, node.settleIndex)));
        return new Cursors(indexes);
    }

    void start() {
        followed.values().forEach(node -> threads.execute(node::follow));
    }

    /// "alias rpc bytes" of all stream messages, in the order heard.
    List<String> heard() {
        return List.copyOf(heard);
    }

    /// "alias time rpc bytes" of all answers to list calls, in the order read.
    List<String> read() {
        return List.copyOf(read);
    }

    /// Of each node that was stored without a sweep, the alias.
    List<String> stored() {
        return List.copyOf(stored);
    }

    @Override
    public long taken(String alias, String rpc) {
        return taken.computeIfAbsent(alias + rpc, _ -> new AtomicLong()).get();
    }

    @Override
    public CompletableFuture<Void> sweep(String alias) {
        var result = new CompletableFuture<Void>();
        threads.execute(
                () -> {
                    try {
                        node(alias).sweep();
                        result.complete(null);
                    } catch (StatusException e) {
                        result.completeExceptionally(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        result.completeExceptionally(e);
                    }
                });
        return result;
    }

    @Override
    public CompletableFuture<Void> store(String alias) {
        stored.add(alias);
        return CompletableFuture.completedFuture(null);
    }

    /// Breaks the connection of one node, as a network does.
    void cut(String alias) {
        node(alias).cut();
    }

    @Override
    public void close() {
        isClosed = true;
        followed.values().forEach(node -> node.channel.shutdownNow());
        threads.close();
    }

    private Followed node(String alias) {
        return Objects.requireNonNull(followed.get(alias), alias);
    }

    static ManagedChannel channel(ReplayNode node) throws IOException {
        return Grpc.newChannelBuilderForAddress(
                        node.host(),
                        node.port(),
                        TlsChannelCredentials.newBuilder()
                                .trustManager(node.tlsCertificate().toFile())
                                .build())
                .build();
    }

    static CallCredentials macaroon(String... hex) {
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(
                    RequestInfo request, Executor executor, MetadataApplier applier) {
                var headers = new Metadata();
                for (String each : hex) {
                    headers.put(NodeServer.MACAROON, each);
                }
                applier.apply(headers);
            }
        };
    }

    static CallCredentials macaroon(ReplayNode node) throws IOException {
        return macaroon(HexFormat.of().formatHex(Files.readAllBytes(node.macaroon())));
    }

    private final class Followed {
        private final String alias;
        private final ManagedChannel channel;
        private final CallCredentials credentials;
        private final LightningBlockingV2Stub lightning;
        private volatile long addIndex;
        private volatile long settleIndex;
        private volatile List<BlockingClientCall<?, ByteString>> calls = List.of();

        Followed(ReplayNode node) {
            try {
                alias = node.alias();
                channel = channel(node);
                credentials = macaroon(node);
                lightning =
                        LightningGrpc.newBlockingV2Stub(channel).withCallCredentials(credentials);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void resume(List<Long> indexes) {
            addIndex = indexes.getFirst();
            settleIndex = indexes.getLast();
        }

        void follow() {
            try {
                while (!isClosed) {
                    if (isReady()) {
                        followOnce();
                    }
                    replay.sleep(BACKOFF);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        void cut() {
            calls.forEach(call -> call.cancel("cut", null));
        }

        private boolean isReady() throws InterruptedException {
            BlockingClientCall<?, SubscribeStateResponse> call =
                    StateGrpc.newBlockingV2Stub(channel)
                            .subscribeState(SubscribeStateRequest.getDefaultInstance());
            try {
                for (SubscribeStateResponse state = call.read();
                        state != null;
                        state = call.read()) {
                    if (state.getState() == WalletState.SERVER_ACTIVE) {
                        return true;
                    }
                }
            } catch (StatusException _) {
                return false;
            } finally {
                call.cancel("known", null);
            }
            return false;
        }

        private void followOnce() throws InterruptedException {
            var cursor =
                    InvoiceSubscription.newBuilder()
                            .setAddIndex(addIndex)
                            .setSettleIndex(settleIndex)
                            .build();
            var opened = new ArrayList<BlockingClientCall<?, ByteString>>();
            var done = new CountDownLatch(streams.size());
            open(LightningGrpc.getSubscribeInvoicesMethod(), cursor, opened, done);
            open(
                    RouterGrpc.getTrackPaymentsMethod(),
                    TrackPaymentsRequest.getDefaultInstance(),
                    opened,
                    done);
            open(
                    LightningGrpc.getSubscribeChannelEventsMethod(),
                    ChannelEventSubscription.getDefaultInstance(),
                    opened,
                    done);
            calls = List.copyOf(opened);
            done.await();
        }

        /// The messages are heard as bytes, so that the test sees what was served and not what protobuf makes of it.
        private <Q extends AbstractMessage> void open(
                MethodDescriptor<Q, ?> method,
                Q request,
                List<BlockingClientCall<?, ByteString>> opened,
                CountDownLatch done) {
            String rpc = "/" + method.getFullMethodName();
            if (!streams.contains(rpc)) {
                return;
            }
            BlockingClientCall<Q, ByteString> call =
                    ClientCalls.blockingV2ServerStreamingCall(
                            channel,
                            method.toBuilder(
                                            method.getRequestMarshaller(),
                                            NodeServer.BytesMarshaller.INSTANCE)
                                    .build(),
                            CallOptions.DEFAULT.withCallCredentials(credentials),
                            request);
            opened.add(call);
            threads.execute(() -> hear(rpc, call, done));
        }

        private void hear(String rpc, BlockingClientCall<?, ByteString> call, CountDownLatch done) {
            try {
                for (ByteString message = call.read(); message != null; message = call.read()) {
                    if (rpc.equals(Rpc.SUBSCRIBE_INVOICES)) {
                        remember(Wire.parse(Invoice.parser(), message));
                    }
                    heard.add(heard(alias, rpc, message));
                    taken.computeIfAbsent(alias + rpc, _ -> new AtomicLong()).incrementAndGet();
                }
            } catch (StatusException _) {
                // Comes back.
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                done.countDown();
                calls.forEach(each -> each.cancel("one of the streams ended", null));
            }
        }

        private void remember(Invoice invoice) {
            addIndex = Math.max(addIndex, invoice.getAddIndex());
            settleIndex = Math.max(settleIndex, invoice.getSettleIndex());
            invoice.getAmpInvoiceStateMap()
                    .values()
                    .forEach(set -> settleIndex = Math.max(settleIndex, set.getSettleIndex()));
        }

        synchronized void sweep() throws StatusException, InterruptedException {
            list(Rpc.GET_INFO, () -> lightning.getInfo(GetInfoRequest.getDefaultInstance()));
            if (lists.contains(Rpc.LIST_INVOICES)) {
                invoices();
            }
            if (lists.contains(Rpc.LIST_PAYMENTS)) {
                payments();
            }
            channels();
            list(
                    PENDING_CHANNELS,
                    () -> lightning.pendingChannels(PendingChannelsRequest.getDefaultInstance()));
            list(
                    Rpc.CLOSED_CHANNELS,
                    () -> lightning.closedChannels(ClosedChannelsRequest.getDefaultInstance()));
            list(
                    CHANNEL_BALANCE,
                    () -> lightning.channelBalance(ChannelBalanceRequest.getDefaultInstance()));
            list(
                    WALLET_BALANCE,
                    () -> lightning.walletBalance(WalletBalanceRequest.getDefaultInstance()));
            list(
                    Rpc.GET_TRANSACTIONS,
                    () ->
                            lightning.getTransactions(
                                    GetTransactionsRequest.newBuilder().setEndHeight(-1).build()));
            list(
                    Rpc.FORWARDING_HISTORY,
                    () ->
                            lightning.forwardingHistory(
                                    ForwardingHistoryRequest.newBuilder().setStartTime(1).build()));
            channels();
        }

        private void channels() throws StatusException, InterruptedException {
            list(
                    Rpc.LIST_CHANNELS,
                    () -> lightning.listChannels(ListChannelsRequest.getDefaultInstance()));
        }

        private void invoices() throws StatusException, InterruptedException {
            long offset = 0;
            ListInvoiceResponse page;
            do {
                page =
                        lightning.listInvoices(
                                ListInvoiceRequest.newBuilder()
                                        .setIndexOffset(offset)
                                        .setNumMaxInvoices(PAGE)
                                        .build());
                note(Rpc.LIST_INVOICES, page);
                offset = page.getLastIndexOffset();
            } while (page.getInvoicesCount() == PAGE);
        }

        private void payments() throws StatusException, InterruptedException {
            long offset = 0;
            ListPaymentsResponse page;
            do {
                page =
                        lightning.listPayments(
                                ListPaymentsRequest.newBuilder()
                                        .setIncludeIncomplete(true)
                                        .setIndexOffset(offset)
                                        .setMaxPayments(PAGE)
                                        .build());
                note(Rpc.LIST_PAYMENTS, page);
                offset = page.getLastIndexOffset();
            } while (page.getPaymentsCount() == PAGE);
        }

        private void list(String rpc, Call call) throws StatusException, InterruptedException {
            if (lists.contains(rpc)) {
                note(rpc, call.answer());
            }
        }

        private void note(String rpc, AbstractMessage answer) {
            read.add(
                    "%s %s %s %s"
                            .formatted(
                                    alias,
                                    replay.clock().instant(),
                                    rpc,
                                    hex(answer.toByteString())));
        }
    }

    private interface Call {
        AbstractMessage answer() throws StatusException, InterruptedException;
    }

    static String heard(String alias, String rpc, ByteString message) {
        return "%s %s %s".formatted(alias, rpc, hex(message));
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    static String description(StatusException e) {
        Status status = e.getStatus();
        return "%s: %s".formatted(status.getCode(), status.getDescription());
    }
}
