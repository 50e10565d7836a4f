package tallystick.ingest.check;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import tallystick.ingest.node.Grant;
import tallystick.ingest.node.LndConnection;
import tallystick.proto.lnrpc.ChannelBalanceRequest;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.ListChannelsRequest;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.PendingChannelsRequest;
import tallystick.proto.lnrpc.WalletBalanceRequest;
import tallystick.proto.routerrpc.RouterGrpc;
import tallystick.proto.routerrpc.TrackPaymentRequest;
import tallystick.proto.routerrpc.TrackPaymentsRequest;

/// Makes needed calls, in the form that costs the node least: one element of a list, a hash that nobody has, a stream
/// without a past. Streams are still not free for the node: see [NodeCheck].
final class CallProbe {
    /// A refusal takes one round trip; a granted stream says nothing until something happens.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final ByteString NOBODYS_HASH = ByteString.copyFrom(new byte[32]);

    /// The first second of 1970: nobody forwarded anything.
    private static final int LONG_AGO = 1;

    private final LndConnection connection;

    /// So that a list of transactions need not go through the whole chain.
    private final int blockHeight;

    CallProbe(LndConnection connection, int blockHeight) {
        this.connection = connection;
        this.blockHeight = blockHeight;
    }

    Grant ask(NeededCall call) throws InterruptedException {
        return switch (call) {
            case GET_INFO ->
                    ask(LightningGrpc.getGetInfoMethod(), GetInfoRequest.getDefaultInstance());
            case SUBSCRIBE_INVOICES ->
                    ask(
                            LightningGrpc.getSubscribeInvoicesMethod(),
                            InvoiceSubscription.getDefaultInstance());
            case LIST_INVOICES ->
                    ask(
                            LightningGrpc.getListInvoicesMethod(),
                            ListInvoiceRequest.newBuilder().setNumMaxInvoices(1).build());
            case LOOKUP_INVOICE ->
                    ask(
                            LightningGrpc.getLookupInvoiceMethod(),
                            PaymentHash.newBuilder().setRHash(NOBODYS_HASH).build());
            case TRACK_PAYMENTS ->
                    ask(
                            RouterGrpc.getTrackPaymentsMethod(),
                            TrackPaymentsRequest.newBuilder().setNoInflightUpdates(true).build());
            case TRACK_PAYMENT ->
                    ask(
                            RouterGrpc.getTrackPaymentV2Method(),
                            TrackPaymentRequest.newBuilder().setPaymentHash(NOBODYS_HASH).build());
            case LIST_PAYMENTS ->
                    ask(
                            LightningGrpc.getListPaymentsMethod(),
                            ListPaymentsRequest.newBuilder()
                                    .setIncludeIncomplete(true)
                                    .setMaxPayments(1)
                                    .setOmitHops(true)
                                    .build());
            case FORWARDING_HISTORY ->
                    ask(
                            LightningGrpc.getForwardingHistoryMethod(),
                            ForwardingHistoryRequest.newBuilder()
                                    .setStartTime(LONG_AGO)
                                    .setEndTime(LONG_AGO + 1)
                                    .setNumMaxEvents(1)
                                    .build());
            case SUBSCRIBE_CHANNEL_EVENTS ->
                    ask(
                            LightningGrpc.getSubscribeChannelEventsMethod(),
                            ChannelEventSubscription.getDefaultInstance());
            case LIST_CHANNELS ->
                    ask(
                            LightningGrpc.getListChannelsMethod(),
                            ListChannelsRequest.getDefaultInstance());
            case PENDING_CHANNELS ->
                    ask(
                            LightningGrpc.getPendingChannelsMethod(),
                            PendingChannelsRequest.getDefaultInstance());
            case CLOSED_CHANNELS ->
                    ask(
                            LightningGrpc.getClosedChannelsMethod(),
                            ClosedChannelsRequest.newBuilder().setAbandoned(true).build());
            case CHANNEL_BALANCE ->
                    ask(
                            LightningGrpc.getChannelBalanceMethod(),
                            ChannelBalanceRequest.getDefaultInstance());
            case WALLET_BALANCE ->
                    ask(
                            LightningGrpc.getWalletBalanceMethod(),
                            WalletBalanceRequest.getDefaultInstance());
            case GET_TRANSACTIONS ->
                    ask(
                            LightningGrpc.getGetTransactionsMethod(),
                            GetTransactionsRequest.newBuilder()
                                    .setStartHeight(blockHeight)
                                    .setEndHeight(blockHeight)
                                    .setMaxTransactions(1)
                                    .build());
            case SUBSCRIBE_TRANSACTIONS ->
                    ask(
                            LightningGrpc.getSubscribeTransactionsMethod(),
                            GetTransactionsRequest.getDefaultInstance());
        };
    }

    private <Q> Grant ask(MethodDescriptor<Q, ?> method, Q request) throws InterruptedException {
        return connection.ask(method, request, PATIENCE);
    }
}
