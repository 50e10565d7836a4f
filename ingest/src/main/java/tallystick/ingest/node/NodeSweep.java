package tallystick.ingest.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.Identification;
import tallystick.ingest.publish.NodePublisher;
import tallystick.ingest.record.BalanceReading;
import tallystick.ingest.record.NodeMessage;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceRequest;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.ListChannelsRequest;
import tallystick.proto.lnrpc.ListChannelsResponse;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.PendingChannelsRequest;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.lnrpc.WalletBalanceRequest;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.proto.v1.Source;

/// Reads all of a node's lists once. Streams are fast, sweeps are the truth: whatever a stream skipped, a sweep finds.
public final class NodeSweep {
    private static final MethodDescriptor<GetInfoRequest, GetInfoResponse> INFO =
            LightningGrpc.getGetInfoMethod();
    private static final MethodDescriptor<ListInvoiceRequest, ListInvoiceResponse> INVOICES =
            LightningGrpc.getListInvoicesMethod();
    private static final MethodDescriptor<ListPaymentsRequest, ListPaymentsResponse> PAYMENTS =
            LightningGrpc.getListPaymentsMethod();
    private static final MethodDescriptor<ForwardingHistoryRequest, ForwardingHistoryResponse>
            FORWARDS = LightningGrpc.getForwardingHistoryMethod();
    private static final MethodDescriptor<ListChannelsRequest, ListChannelsResponse> CHANNELS =
            LightningGrpc.getListChannelsMethod();
    private static final MethodDescriptor<PendingChannelsRequest, PendingChannelsResponse> PENDING =
            LightningGrpc.getPendingChannelsMethod();
    private static final MethodDescriptor<ClosedChannelsRequest, ClosedChannelsResponse> CLOSED =
            LightningGrpc.getClosedChannelsMethod();
    private static final MethodDescriptor<ChannelBalanceRequest, ChannelBalanceResponse>
            CHANNEL_BALANCE = LightningGrpc.getChannelBalanceMethod();
    private static final MethodDescriptor<WalletBalanceRequest, WalletBalanceResponse>
            WALLET_BALANCE = LightningGrpc.getWalletBalanceMethod();
    private static final MethodDescriptor<GetTransactionsRequest, TransactionDetails> TRANSACTIONS =
            LightningGrpc.getGetTransactionsMethod();

    /// Full names of the calls that one sweep makes.
    public static final List<String> RPCS =
            List.of(
                    LndConnection.rpc(INFO),
                    LndConnection.rpc(INVOICES),
                    LndConnection.rpc(PAYMENTS),
                    LndConnection.rpc(FORWARDS),
                    LndConnection.rpc(CHANNELS),
                    LndConnection.rpc(PENDING),
                    LndConnection.rpc(CLOSED),
                    LndConnection.rpc(CHANNEL_BALANCE),
                    LndConnection.rpc(WALLET_BALANCE),
                    LndConnection.rpc(TRANSACTIONS));

    /// lnd takes a query without start and end for one of the last 24 hours, so both are given.
    private static final long FORWARDS_START = 1;

    /// The node's clock may be ahead of ours; forwards lie in its past.
    private static final Duration FORWARDS_END_AHEAD = Duration.ofDays(1);

    private final LndConnection connection;
    private final Identification from;
    private final NodePublisher publisher;
    private final InstantSource clock;
    private final int pageSize;

    NodeSweep(
            LndConnection connection,
            Identification from,
            NodePublisher publisher,
            InstantSource clock,
            int pageSize) {
        this.connection = connection;
        this.from = from;
        this.publisher = publisher;
        this.clock = clock;
        this.pageSize = pageSize;
    }

    /// Returns when all has been put into the publisher's queue.
    ///
    /// @param identify given what the node says of itself, before anything else is asked; throws when it must not be followed
    /// @param waiting completed when all of it is committed
    void run(Consumer<GetInfoResponse> identify, List<CompletableFuture<Void>> waiting)
            throws InterruptedException {
        Instant began = clock.instant();
        GetInfoResponse info =
                parse(GetInfoResponse.parser(), INFO, GetInfoRequest.getDefaultInstance());
        identify.accept(info);
        publisher.sweepBegan(from);
        invoices();
        payments();
        forwards(began);
        channelsAndWallet(info.getBlockHeight());
        publisher.sweepEnded(from, began, info.getBlockHeight(), waiting);
    }

    private void invoices() throws InterruptedException {
        long offset = 0;
        ListPage page;
        do {
            page =
                    page(
                            INVOICES,
                            ListInvoiceRequest.newBuilder()
                                    .setIndexOffset(offset)
                                    .setNumMaxInvoices(pageSize)
                                    .build(),
                            ListInvoiceResponse.INVOICES_FIELD_NUMBER,
                            ListInvoiceResponse.LAST_INDEX_OFFSET_FIELD_NUMBER);
            put(page.elements(), NodeMessage::invoice);
            offset = page.next();
        } while (hasNext(page));
    }

    private void payments() throws InterruptedException {
        long offset = 0;
        ListPage page;
        do {
            page =
                    page(
                            PAYMENTS,
                            ListPaymentsRequest.newBuilder()
                                    .setIncludeIncomplete(true)
                                    .setIndexOffset(offset)
                                    .setMaxPayments(pageSize)
                                    .build(),
                            ListPaymentsResponse.PAYMENTS_FIELD_NUMBER,
                            ListPaymentsResponse.LAST_INDEX_OFFSET_FIELD_NUMBER);
            put(page.elements(), NodeMessage::payment);
            offset = page.next();
        } while (hasNext(page));
    }

    private void forwards(Instant began) throws InterruptedException {
        int offset = 0;
        ListPage page;
        do {
            page =
                    page(
                            FORWARDS,
                            ForwardingHistoryRequest.newBuilder()
                                    .setStartTime(FORWARDS_START)
                                    .setEndTime(began.plus(FORWARDS_END_AHEAD).getEpochSecond())
                                    .setIndexOffset(offset)
                                    .setNumMaxEvents(pageSize)
                                    .build(),
                            ForwardingHistoryResponse.FORWARDING_EVENTS_FIELD_NUMBER,
                            ForwardingHistoryResponse.LAST_OFFSET_INDEX_FIELD_NUMBER);
            put(page.elements(), NodeMessage::forward);
            offset = Math.toIntExact(page.next());
        } while (hasNext(page));
    }

    /// lnd ends a list with a short page; on an empty one its offset is 0, which would begin anew.
    private boolean hasNext(ListPage page) {
        return page.elements().size() >= pageSize && page.next() != 0;
    }

    /// In one go, so that the balances fit each other as well as the node lets them.
    private void channelsAndWallet(int blockHeight) throws InterruptedException {
        List<Channel> before = channels(openChannels());
        ByteString pendingBytes =
                connection.call(PENDING, PendingChannelsRequest.getDefaultInstance());
        ListPage closed =
                page(
                        CLOSED,
                        ClosedChannelsRequest.getDefaultInstance(),
                        ClosedChannelsResponse.CHANNELS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD);
        ByteString balanceBytes =
                connection.call(CHANNEL_BALANCE, ChannelBalanceRequest.getDefaultInstance());
        WalletBalanceResponse wallet =
                parse(
                        WalletBalanceResponse.parser(),
                        WALLET_BALANCE,
                        WalletBalanceRequest.getDefaultInstance());
        ListPage transactions =
                page(
                        TRANSACTIONS,
                        GetTransactionsRequest.newBuilder()
                                .setStartHeight(0)
                                .setEndHeight(-1)
                                .build(),
                        TransactionDetails.TRANSACTIONS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD);
        List<ByteString> open = openChannels();

        put(open, NodeMessage::openChannel);
        long limbo = pending(pendingBytes);
        put(closed.elements(), NodeMessage::closedChannel);
        put(transactions.elements(), NodeMessage::transaction);
        var reading =
                new BalanceReading(
                        before,
                        parse(ChannelBalanceResponse.parser(), CHANNEL_BALANCE, balanceBytes),
                        wallet,
                        limbo,
                        channels(open),
                        blockHeight);
        put(List.of(balanceBytes), bytes -> NodeMessage.balances(bytes, reading));
    }

    private List<ByteString> openChannels() throws InterruptedException {
        return page(
                        CHANNELS,
                        ListChannelsRequest.getDefaultInstance(),
                        ListChannelsResponse.CHANNELS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD)
                .elements();
    }

    /// Puts the channels that are neither open nor closed; returns what the node counts as in limbo.
    private long pending(ByteString answer) throws InterruptedException {
        put(
                pendingElements(answer, PendingChannelsResponse.PENDING_OPEN_CHANNELS_FIELD_NUMBER),
                NodeMessage::pendingOpenChannel);
        put(
                pendingElements(
                        answer, PendingChannelsResponse.WAITING_CLOSE_CHANNELS_FIELD_NUMBER),
                NodeMessage::waitingCloseChannel);
        put(
                pendingElements(
                        answer,
                        PendingChannelsResponse.PENDING_FORCE_CLOSING_CHANNELS_FIELD_NUMBER),
                NodeMessage::forceClosedChannel);
        return parse(PendingChannelsResponse.parser(), PENDING, answer).getTotalLimboBalance();
    }

    private static List<ByteString> pendingElements(ByteString answer, int field) {
        return ListPage.of(LndConnection.rpc(PENDING), answer, field, ListPage.NO_NEXT_FIELD)
                .elements();
    }

    private static List<Channel> channels(List<ByteString> elements) {
        List<Channel> channels = new ArrayList<>();
        for (ByteString element : elements) {
            channels.add(parse(Channel.parser(), CHANNELS, element));
        }
        return channels;
    }

    /// At most a page's worth at once, so that a long list does not ask for more room than the queue has.
    private void put(List<ByteString> elements, Function<ByteString, NodeMessage> message)
            throws InterruptedException {
        Instant at = clock.instant();
        for (int start = 0; start < elements.size(); start += pageSize) {
            List<NodeMessage> messages =
                    elements.subList(start, Math.min(start + pageSize, elements.size())).stream()
                            .map(message)
                            .toList();
            publisher.observed(from, Source.SOURCE_SWEEP, at, messages);
        }
    }

    private <Q> ListPage page(
            MethodDescriptor<Q, ?> method, Q request, int elementsField, int nextField)
            throws InterruptedException {
        return ListPage.of(
                LndConnection.rpc(method),
                connection.call(method, request),
                elementsField,
                nextField);
    }

    private <Q, A> A parse(Parser<A> parser, MethodDescriptor<Q, A> method, Q request)
            throws InterruptedException {
        return parse(parser, method, connection.call(method, request));
    }

    private static <A> A parse(Parser<A> parser, MethodDescriptor<?, ?> method, ByteString bytes) {
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IngestException(
                    ErrorCode.EXTERNAL,
                    "%s: answer of %d bytes is not readable (expected: protobuf)"
                            .formatted(LndConnection.rpc(method), bytes.size()),
                    e);
        }
    }
}
