package tallystick.ingest.check;

import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.ingest.node.LndConnection;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.routerrpc.RouterGrpc;

/// Every call that is made to a node and that a macaroon must grant: the least that is needed, and all that should be given.
/// The state of a node's wallet is asked too, for which lnd wants no macaroon.
public enum NeededCall {
    GET_INFO(LightningGrpc.getGetInfoMethod(), "info"),
    SUBSCRIBE_INVOICES(LightningGrpc.getSubscribeInvoicesMethod(), "invoices"),
    LIST_INVOICES(LightningGrpc.getListInvoicesMethod(), "invoices"),
    LOOKUP_INVOICE(LightningGrpc.getLookupInvoiceMethod(), "invoices"),
    TRACK_PAYMENTS(RouterGrpc.getTrackPaymentsMethod(), "offchain"),
    TRACK_PAYMENT(RouterGrpc.getTrackPaymentV2Method(), "offchain"),
    LIST_PAYMENTS(LightningGrpc.getListPaymentsMethod(), "offchain"),
    FORWARDING_HISTORY(LightningGrpc.getForwardingHistoryMethod(), "offchain"),
    SUBSCRIBE_CHANNEL_EVENTS(LightningGrpc.getSubscribeChannelEventsMethod(), "offchain"),
    LIST_CHANNELS(LightningGrpc.getListChannelsMethod(), "offchain"),
    PENDING_CHANNELS(LightningGrpc.getPendingChannelsMethod(), "offchain"),
    CLOSED_CHANNELS(LightningGrpc.getClosedChannelsMethod(), "offchain"),
    CHANNEL_BALANCE(LightningGrpc.getChannelBalanceMethod(), "offchain"),
    WALLET_BALANCE(LightningGrpc.getWalletBalanceMethod(), "onchain"),
    GET_TRANSACTIONS(LightningGrpc.getGetTransactionsMethod(), "onchain"),
    SUBSCRIBE_TRANSACTIONS(LightningGrpc.getSubscribeTransactionsMethod(), "onchain");

    private static final String READ = "read";

    private final String rpc;
    private final boolean isUnary;
    private final String entity;

    NeededCall(MethodDescriptor<?, ?> method, String entity) {
        this.rpc = LndConnection.rpc(method);
        this.isUnary = method.getType().serverSendsOneMessage();
        this.entity = entity;
    }

    /// Full name, for example `/lnrpc.Lightning/GetInfo`.
    public String rpc() {
        return rpc;
    }

    /// True for a subscription to whatever happens at the node.
    boolean isStream() {
        // This one ends at once: the payment that is asked for does not exist.
        return !isUnary && this != TRACK_PAYMENT;
    }

    /// The permission for this call alone.
    public Permission permission() {
        return new Permission(Permission.CALL, rpc);
    }

    /// The wider permission that lnd's own macaroons hold, and that includes this call.
    public Permission general() {
        return new Permission(entity, READ);
    }

    /// How somebody makes the macaroon, in lines for a shell.
    public static List<String> bakeCommand() {
        String permissions =
                Arrays.stream(values())
                        .map(call -> "    " + call.permission())
                        .collect(Collectors.joining(" \\\n"));
        return Stream.concat(
                        Stream.of("lncli bakemacaroon --save_to tallystick.macaroon \\"),
                        permissions.lines())
                .toList();
    }
}
