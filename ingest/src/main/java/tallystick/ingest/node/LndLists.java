package tallystick.ingest.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.proto.lnrpc.ChannelBalanceRequest;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
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
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.lnrpc.WalletBalanceRequest;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.proto.routerrpc.RouterGrpc;
import tallystick.proto.routerrpc.TrackPaymentRequest;

/// The questions of a sweep, each with as much as the node bears to answer at once. One thread.
final class LndLists {
    private static final MethodDescriptor<GetInfoRequest, GetInfoResponse> INFO =
            LightningGrpc.getGetInfoMethod();
    private static final MethodDescriptor<ListInvoiceRequest, ListInvoiceResponse> INVOICES =
            LightningGrpc.getListInvoicesMethod();
    private static final MethodDescriptor<PaymentHash, Invoice> INVOICE =
            LightningGrpc.getLookupInvoiceMethod();
    private static final MethodDescriptor<ListPaymentsRequest, ListPaymentsResponse> PAYMENTS =
            LightningGrpc.getListPaymentsMethod();
    private static final MethodDescriptor<TrackPaymentRequest, Payment> PAYMENT =
            RouterGrpc.getTrackPaymentV2Method();
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

    /// Full names of the calls that every sweep makes.
    static final List<String> RPCS =
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

    /// The node's clock may be ahead of ours; forwards lie in its past.
    private static final Duration FORWARDS_END_AHEAD = Duration.ofDays(3_660);

    private final LndConnection connection;
    private final int pageSizeMax;
    private int pageSize;

    LndLists(LndConnection connection, int pageSize) {
        this.connection = connection;
        this.pageSizeMax = pageSize;
        this.pageSize = pageSize;
    }

    /// What was too much once need not be too much for ever.
    void askForMore() {
        pageSize = Math.min(pageSizeMax, pageSize * 2);
    }

    GetInfoResponse info() throws InterruptedException {
        return parse(
                GetInfoResponse.parser(),
                INFO,
                connection.call(INFO, GetInfoRequest.getDefaultInstance()));
    }

    /// @param offset the add index before the first
    ListPage invoices(long offset, boolean onlyPending) throws InterruptedException {
        return paged(
                INVOICES,
                size ->
                        ListInvoiceRequest.newBuilder()
                                .setIndexOffset(offset)
                                .setPendingOnly(onlyPending)
                                .setNumMaxInvoices(size)
                                .build(),
                ListInvoiceResponse.INVOICES_FIELD_NUMBER,
                ListInvoiceResponse.LAST_INDEX_OFFSET_FIELD_NUMBER);
    }

    /// Empty when the node has no such invoice.
    Optional<ByteString> invoice(ByteString paymentHash) throws InterruptedException {
        try {
            return Optional.of(
                    connection.call(
                            INVOICE, PaymentHash.newBuilder().setRHash(paymentHash).build()));
        } catch (IngestException e) {
            if (isStatus(e, Status.Code.NOT_FOUND)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /// @param offset the payment index before the first
    ListPage payments(long offset) throws InterruptedException {
        return paged(
                PAYMENTS,
                size -> paymentsRequest(offset, size),
                ListPaymentsResponse.PAYMENTS_FIELD_NUMBER,
                ListPaymentsResponse.LAST_INDEX_OFFSET_FIELD_NUMBER);
    }

    /// The payment that the list has under this index, or after it.
    Optional<ByteString> paymentAt(long index) throws InterruptedException {
        return page(
                        PAYMENTS,
                        paymentsRequest(index - 1, 1),
                        ListPaymentsResponse.PAYMENTS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD)
                .elements()
                .stream()
                .findFirst();
    }

    /// The present state of one payment; empty when the node has no such payment.
    Optional<ByteString> payment(ByteString paymentHash) throws InterruptedException {
        try {
            return Optional.of(
                    connection.first(
                            PAYMENT,
                            TrackPaymentRequest.newBuilder().setPaymentHash(paymentHash).build()));
        } catch (IngestException e) {
            if (isStatus(e, Status.Code.NOT_FOUND)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /// @param start first second; lnd takes a query without start and end for one of the last 24 hours, so it is never 0
    /// @param offset elements of the window to leave out
    ListPage forwards(long start, Instant now, int offset) throws InterruptedException {
        return paged(
                FORWARDS,
                size ->
                        ForwardingHistoryRequest.newBuilder()
                                .setStartTime(Math.max(start, 1))
                                .setEndTime(now.plus(FORWARDS_END_AHEAD).getEpochSecond())
                                .setIndexOffset(offset)
                                .setNumMaxEvents(size)
                                .build(),
                ForwardingHistoryResponse.FORWARDING_EVENTS_FIELD_NUMBER,
                ForwardingHistoryResponse.LAST_OFFSET_INDEX_FIELD_NUMBER);
    }

    /// lnd ends a list with a short page; on an empty one its offset is 0, which would begin anew.
    boolean hasNext(ListPage page) {
        return page.elements().size() >= page.asked() && page.next() != 0;
    }

    List<ByteString> openChannels() throws InterruptedException {
        return page(
                        CHANNELS,
                        ListChannelsRequest.getDefaultInstance(),
                        ListChannelsResponse.CHANNELS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD)
                .elements();
    }

    ByteString pendingChannels() throws InterruptedException {
        return connection.call(PENDING, PendingChannelsRequest.getDefaultInstance());
    }

    /// The elements of one of the lists in an answer to [#pendingChannels].
    static List<ByteString> pendingElements(ByteString answer, int field) {
        return ListPage.of(LndConnection.rpc(PENDING), answer, field, ListPage.NO_NEXT_FIELD)
                .elements();
    }

    List<ByteString> closedChannels() throws InterruptedException {
        return page(
                        CLOSED,
                        ClosedChannelsRequest.getDefaultInstance(),
                        ClosedChannelsResponse.CHANNELS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD)
                .elements();
    }

    ByteString channelBalance() throws InterruptedException {
        return connection.call(CHANNEL_BALANCE, ChannelBalanceRequest.getDefaultInstance());
    }

    WalletBalanceResponse walletBalance() throws InterruptedException {
        return parse(
                WalletBalanceResponse.parser(),
                WALLET_BALANCE,
                connection.call(WALLET_BALANCE, WalletBalanceRequest.getDefaultInstance()));
    }

    /// @param end last height; -1 for the tip and what is not confirmed
    List<ByteString> transactions(int start, int end) throws InterruptedException {
        return page(
                        TRANSACTIONS,
                        GetTransactionsRequest.newBuilder()
                                .setStartHeight(start)
                                .setEndHeight(end)
                                .build(),
                        TransactionDetails.TRANSACTIONS_FIELD_NUMBER,
                        ListPage.NO_NEXT_FIELD)
                .elements();
    }

    /// Whether the node did not answer in time; asking again at once would only add to its load.
    static boolean isSlow(IngestException failure) {
        return isStatus(failure, Status.Code.DEADLINE_EXCEEDED);
    }

    static <A> A parse(Parser<A> parser, MethodDescriptor<?, ?> method, ByteString bytes) {
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

    private static ListPaymentsRequest paymentsRequest(long offset, int size) {
        return ListPaymentsRequest.newBuilder()
                .setIncludeIncomplete(true)
                .setIndexOffset(offset)
                .setMaxPayments(size)
                .build();
    }

    /// Asks for half as much while an answer is too large to be taken, and from then on after it came too late.
    private <Q> ListPage paged(
            MethodDescriptor<Q, ?> method, IntFunction<Q> request, int elements, int next)
            throws InterruptedException {
        while (true) {
            int asked = pageSize;
            try {
                return page(method, request.apply(asked), elements, next).withAsked(asked);
            } catch (IngestException e) {
                boolean isTooLarge =
                        isStatus(e, Status.Code.RESOURCE_EXHAUSTED)
                                && e.reason().contains(Failures.TOO_LARGE);
                if (isTooLarge || isSlow(e)) {
                    pageSize = Math.max(1, asked / 2);
                }
                if (!isTooLarge || asked == 1) {
                    throw e;
                }
            }
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

    private static boolean isStatus(IngestException failure, Status.Code code) {
        return failure.getCause() instanceof StatusException status
                && status.getStatus().getCode() == code;
    }
}
