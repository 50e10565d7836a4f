package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.StatusException;
import java.util.List;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.ListChannelsResponse;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.simulator.server.Rpc;

/// What a node's lists say, all of it at once.
record Lists(SimulatedNode node) {
    private static final int ALL = 1_000_000;

    ByteString bytes(String rpc, ByteString request) {
        try {
            return node.answer(rpc, request);
        } catch (StatusException e) {
            throw new IllegalStateException(rpc, e);
        }
    }

    <M extends Message> M answer(String rpc, ByteString request, Parser<M> parser) {
        try {
            return parser.parseFrom(bytes(rpc, request));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(rpc, e);
        }
    }

    ListInvoiceResponse invoices(ListInvoiceRequest request) {
        return answer(Rpc.LIST_INVOICES, request.toByteString(), ListInvoiceResponse.parser());
    }

    List<Invoice> invoices() {
        return invoices(ListInvoiceRequest.newBuilder().setNumMaxInvoices(ALL).build())
                .getInvoicesList();
    }

    ListPaymentsResponse payments(ListPaymentsRequest request) {
        return answer(Rpc.LIST_PAYMENTS, request.toByteString(), ListPaymentsResponse.parser());
    }

    List<Payment> payments() {
        return payments(
                        ListPaymentsRequest.newBuilder()
                                .setIncludeIncomplete(true)
                                .setMaxPayments(ALL)
                                .build())
                .getPaymentsList();
    }

    List<ForwardingEvent> forwards() {
        return answer(
                        Rpc.FORWARDING_HISTORY,
                        ForwardingHistoryRequest.newBuilder()
                                .setNumMaxEvents(50_000)
                                .build()
                                .toByteString(),
                        ForwardingHistoryResponse.parser())
                .getForwardingEventsList();
    }

    List<Channel> channels() {
        return answer(Rpc.LIST_CHANNELS, ByteString.EMPTY, ListChannelsResponse.parser())
                .getChannelsList();
    }

    List<ChannelCloseSummary> closedChannels() {
        return answer(Rpc.CLOSED_CHANNELS, ByteString.EMPTY, ClosedChannelsResponse.parser())
                .getChannelsList();
    }

    PendingChannelsResponse pendingChannels() {
        return answer(Rpc.PENDING_CHANNELS, ByteString.EMPTY, PendingChannelsResponse.parser());
    }

    ChannelBalanceResponse channelBalance() {
        return answer(Rpc.CHANNEL_BALANCE, ByteString.EMPTY, ChannelBalanceResponse.parser());
    }

    WalletBalanceResponse walletBalance() {
        return answer(Rpc.WALLET_BALANCE, ByteString.EMPTY, WalletBalanceResponse.parser());
    }

    List<Transaction> transactions() {
        return answer(
                        Rpc.GET_TRANSACTIONS,
                        GetTransactionsRequest.newBuilder().setEndHeight(-1).build().toByteString(),
                        TransactionDetails.parser())
                .getTransactionsList();
    }
}
