package tallystick.ingest;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tallystick.proto.lnrpc.Chain;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceRequest;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.ListChannelsRequest;
import tallystick.proto.lnrpc.ListChannelsResponse;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.PendingChannelsRequest;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.StateGrpc;
import tallystick.proto.lnrpc.SubscribeStateRequest;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.lnrpc.WalletBalanceRequest;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.routerrpc.RouterGrpc;
import tallystick.proto.routerrpc.TrackPaymentRequest;
import tallystick.proto.routerrpc.TrackPaymentsRequest;

/// A node that says what the test told it to, over TLS on 127.0.0.1, and wants to see its macaroon as lnd does.
/// The certificates in the test resources belong to nobody.
final class FakeLnd implements AutoCloseable {
    private static final long WAIT_SECONDS = 20;
    private static final long NANOS = 1_000_000_000L;
    private static final byte[] MACAROON = {2, 1, 3, 'l', 'n', 'd'};

    final List<Invoice> invoices = new CopyOnWriteArrayList<>();
    final List<Payment> payments = new CopyOnWriteArrayList<>();
    final List<Channel> channels = new CopyOnWriteArrayList<>();
    final List<Transaction> transactions = new CopyOnWriteArrayList<>();
    final List<ForwardingEvent> forwards = new CopyOnWriteArrayList<>();
    final BlockingQueue<InvoiceSubscription> subscriptions = new LinkedBlockingQueue<>();
    final List<ByteString> lookups = new CopyOnWriteArrayList<>();
    final AtomicInteger invoicePages = new AtomicInteger();

    private final Server server;
    private final Path directory;
    private final List<ServerCallStreamObserver<Invoice>> invoiceStreams =
            new CopyOnWriteArrayList<>();
    private final List<StreamObserver<Payment>> paymentStreams = new CopyOnWriteArrayList<>();
    private final List<StreamObserver<ChannelEventUpdate>> channelStreams =
            new CopyOnWriteArrayList<>();
    private final List<StreamObserver<Transaction>> transactionStreams =
            new CopyOnWriteArrayList<>();
    private final List<StreamObserver<SubscribeStateResponse>> stateStreams =
            new CopyOnWriteArrayList<>();
    private final AtomicInteger flooded = new AtomicInteger();
    private volatile Iterator<Invoice> flood = Collections.emptyIterator();
    private volatile String pubkey;
    private volatile int height = 144;
    private volatile boolean isSynced = true;
    private volatile String network = "regtest";
    private volatile WalletState wallet = WalletState.SERVER_ACTIVE;
    private volatile CountDownLatch infoGate = new CountDownLatch(0);
    private volatile Runnable onClosedChannels = () -> {};

    FakeLnd(Path directory, String pubkey) {
        this.directory = directory;
        this.pubkey = pubkey;
        try {
            Files.createDirectories(directory);
            Files.write(directory.resolve("readonly.macaroon"), MACAROON);
            copy("node.cert", directory.resolve("tls.cert"));
            try (InputStream certificate = resource("node.cert");
                    InputStream key = resource("node.key")) {
                server =
                        NettyServerBuilder.forAddress(
                                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .sslContext(GrpcSslContexts.forServer(certificate, key).build())
                                .addService(new StateService())
                                .addService(new LightningService())
                                .addService(new RouterService())
                                .intercept(new MacaroonCheck())
                                .build()
                                .start();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    NodeConfig config(String alias) {
        return new NodeConfig(
                alias,
                "127.0.0.1",
                server.getPort(),
                directory.resolve("tls.cert"),
                directory.resolve("readonly.macaroon"),
                "regtest");
    }

    void useOtherCertificate() throws IOException {
        copy("other.cert", directory.resolve("tls.cert"));
    }

    void useRightCertificate() throws IOException {
        copy("node.cert", directory.resolve("tls.cert"));
    }

    void useWrongMacaroon() throws IOException {
        Files.write(directory.resolve("readonly.macaroon"), new byte[] {2, 1, 3, 'n', 'o'});
    }

    void network(String name) {
        network = name;
    }

    void pubkey(String other) {
        pubkey = other;
    }

    /// @param synced whether the wallet has seen the chain up to its tip
    void chain(int tip, boolean synced) {
        height = tip;
        isSynced = synced;
    }

    void wallet(WalletState state) {
        wallet = state;
        stateStreams.forEach(stream -> stream.onNext(stateOf(state)));
    }

    /// From now on GetInfo waits for the returned latch.
    CountDownLatch holdInfo() {
        infoGate = new CountDownLatch(1);
        return infoGate;
    }

    /// What happens while a sweep reads its last list.
    void onClosedChannels(Runnable happens) {
        onClosedChannels = happens;
    }

    InvoiceSubscription awaitSubscription() throws InterruptedException {
        return Objects.requireNonNull(
                subscriptions.poll(WAIT_SECONDS, TimeUnit.SECONDS), "nobody subscribed in time");
    }

    void send(Invoice invoice) {
        invoiceStreams.getLast().onNext(invoice);
    }

    void send(Payment payment) {
        paymentStreams.getLast().onNext(payment);
    }

    void send(ChannelEventUpdate event) {
        channelStreams.getLast().onNext(event);
    }

    void send(Transaction transaction) {
        transactionStreams.getLast().onNext(transaction);
    }

    /// Sends them on the invoice stream as fast as the follower takes them.
    void flood(Iterator<Invoice> invoices) {
        flood = invoices;
        sendWhileReady(invoiceStreams.getLast());
    }

    int flooded() {
        return flooded.get();
    }

    /// As lnd does when it is stopped.
    void endInvoiceStream() {
        invoiceStreams.getLast().onCompleted();
    }

    @Override
    public void close() {
        infoGate.countDown();
        server.shutdownNow();
    }

    private synchronized void sendWhileReady(ServerCallStreamObserver<Invoice> stream) {
        while (flood.hasNext() && stream.isReady()) {
            stream.onNext(flood.next());
            flooded.incrementAndGet();
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(FakeLnd.class.getResourceAsStream("/tls/" + name), name);
    }

    private static void copy(String name, Path target) throws IOException {
        try (InputStream input = resource(name)) {
            Files.write(target, input.readAllBytes());
        }
    }

    private static SubscribeStateResponse stateOf(WalletState state) {
        return SubscribeStateResponse.newBuilder().setState(state).build();
    }

    private static <T> void answer(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }

    private final class StateService extends StateGrpc.StateImplBase {
        @Override
        public void subscribeState(
                SubscribeStateRequest request, StreamObserver<SubscribeStateResponse> observer) {
            stateStreams.add(observer);
            observer.onNext(stateOf(wallet));
        }
    }

    private final class RouterService extends RouterGrpc.RouterImplBase {
        @Override
        public void trackPayments(TrackPaymentsRequest request, StreamObserver<Payment> observer) {
            paymentStreams.add(observer);
        }

        @Override
        public void trackPaymentV2(TrackPaymentRequest request, StreamObserver<Payment> observer) {
            String hash = HexFormat.of().formatHex(request.getPaymentHash().toByteArray());
            payments.stream()
                    .filter(p -> p.getPaymentHash().equals(hash))
                    .findFirst()
                    .ifPresentOrElse(
                            observer::onNext,
                            () ->
                                    observer.onError(
                                            Status.NOT_FOUND
                                                    .withDescription("payment isn't initiated")
                                                    .asRuntimeException()));
        }
    }

    private static boolean isPending(Invoice invoice) {
        return invoice.getState() == Invoice.InvoiceState.OPEN
                || invoice.getState() == Invoice.InvoiceState.ACCEPTED;
    }

    private final class LightningService extends LightningGrpc.LightningImplBase {
        @Override
        public void getInfo(GetInfoRequest request, StreamObserver<GetInfoResponse> observer) {
            try {
                infoGate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            answer(
                    observer,
                    GetInfoResponse.newBuilder()
                            .setIdentityPubkey(pubkey)
                            .setVersion("0.21.2-beta")
                            .setBlockHeight(height)
                            .setSyncedToChain(isSynced)
                            .addChains(Chain.newBuilder().setNetwork(network))
                            .build());
        }

        @Override
        public void subscribeInvoices(
                InvoiceSubscription request, StreamObserver<Invoice> observer) {
            var stream = (ServerCallStreamObserver<Invoice>) observer;
            stream.setOnReadyHandler(() -> sendWhileReady(stream));
            invoiceStreams.add(stream);
            subscriptions.add(request);
        }

        @Override
        public void subscribeChannelEvents(
                ChannelEventSubscription request, StreamObserver<ChannelEventUpdate> observer) {
            channelStreams.add(observer);
        }

        @Override
        public void subscribeTransactions(
                GetTransactionsRequest request, StreamObserver<Transaction> observer) {
            transactionStreams.add(observer);
        }

        @Override
        public void listInvoices(
                ListInvoiceRequest request, StreamObserver<ListInvoiceResponse> observer) {
            invoicePages.incrementAndGet();
            List<Invoice> page =
                    invoices.stream()
                            .filter(i -> i.getAddIndex() > request.getIndexOffset())
                            .filter(i -> !request.getPendingOnly() || isPending(i))
                            .limit(request.getNumMaxInvoices())
                            .toList();
            answer(
                    observer,
                    ListInvoiceResponse.newBuilder()
                            .addAllInvoices(page)
                            .setLastIndexOffset(page.isEmpty() ? 0 : page.getLast().getAddIndex())
                            .build());
        }

        @Override
        public void lookupInvoice(PaymentHash request, StreamObserver<Invoice> observer) {
            lookups.add(request.getRHash());
            invoices.stream()
                    .filter(i -> i.getRHash().equals(request.getRHash()))
                    .findFirst()
                    .ifPresentOrElse(
                            invoice -> answer(observer, invoice),
                            () ->
                                    observer.onError(
                                            Status.NOT_FOUND
                                                    .withDescription("unable to locate invoice")
                                                    .asRuntimeException()));
        }

        @Override
        public void listPayments(
                ListPaymentsRequest request, StreamObserver<ListPaymentsResponse> observer) {
            List<Payment> page =
                    payments.stream()
                            .filter(p -> p.getPaymentIndex() > request.getIndexOffset())
                            .limit(request.getMaxPayments())
                            .toList();
            answer(
                    observer,
                    ListPaymentsResponse.newBuilder()
                            .addAllPayments(page)
                            .setLastIndexOffset(
                                    page.isEmpty() ? 0 : page.getLast().getPaymentIndex())
                            .build());
        }

        @Override
        public void forwardingHistory(
                ForwardingHistoryRequest request,
                StreamObserver<ForwardingHistoryResponse> observer) {
            List<ForwardingEvent> page =
                    forwards.stream()
                            .filter(f -> f.getTimestampNs() >= request.getStartTime() * NANOS)
                            .skip(request.getIndexOffset())
                            .limit(request.getNumMaxEvents())
                            .toList();
            answer(
                    observer,
                    ForwardingHistoryResponse.newBuilder()
                            .addAllForwardingEvents(page)
                            .setLastOffsetIndex(request.getIndexOffset() + page.size())
                            .build());
        }

        @Override
        public void listChannels(
                ListChannelsRequest request, StreamObserver<ListChannelsResponse> observer) {
            answer(observer, ListChannelsResponse.newBuilder().addAllChannels(channels).build());
        }

        @Override
        public void pendingChannels(
                PendingChannelsRequest request, StreamObserver<PendingChannelsResponse> observer) {
            answer(observer, PendingChannelsResponse.getDefaultInstance());
        }

        @Override
        public void closedChannels(
                ClosedChannelsRequest request, StreamObserver<ClosedChannelsResponse> observer) {
            onClosedChannels.run();
            answer(observer, ClosedChannelsResponse.getDefaultInstance());
        }

        @Override
        public void channelBalance(
                ChannelBalanceRequest request, StreamObserver<ChannelBalanceResponse> observer) {
            answer(observer, ChannelBalanceResponse.getDefaultInstance());
        }

        @Override
        public void walletBalance(
                WalletBalanceRequest request, StreamObserver<WalletBalanceResponse> observer) {
            answer(observer, WalletBalanceResponse.newBuilder().setTotalBalance(5_000).build());
        }

        @Override
        public void getTransactions(
                GetTransactionsRequest request, StreamObserver<TransactionDetails> observer) {
            answer(
                    observer,
                    TransactionDetails.newBuilder()
                            .addAllTransactions(
                                    transactions.stream()
                                            .filter(each -> isAsked(each, request))
                                            .toList())
                            .build());
        }

        /// Transactions without a block count as part of the tip; those of a test that have no height are everywhere.
        private static boolean isAsked(Transaction each, GetTransactionsRequest request) {
            int height = each.getBlockHeight();
            return each.getNumConfirmations() == 0
                    || height == 0
                    || (height >= request.getStartHeight()
                            && (request.getEndHeight() == -1 || height <= request.getEndHeight()));
        }
    }

    /// lnd asks for it on every call but those of its state, and complains with code UNKNOWN.
    private static final class MacaroonCheck implements ServerInterceptor {
        private static final Metadata.Key<String> KEY =
                Metadata.Key.of("macaroon", Metadata.ASCII_STRING_MARSHALLER);

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            boolean isOpen =
                    call.getMethodDescriptor().getFullMethodName().startsWith("lnrpc.State/");
            if (isOpen || HexFormat.of().formatHex(MACAROON).equals(headers.get(KEY))) {
                return next.startCall(call, headers);
            }
            call.close(
                    Status.UNKNOWN.withDescription(
                            "verification failed: signature mismatch after caveat verification"),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
    }
}
