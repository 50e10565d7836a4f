package tallystick.simulator.server;

/// The calls that are treated by name, each with the path that gRPC gives it.
public final class Rpc {
    public static final String SUBSCRIBE_STATE = "/lnrpc.State/SubscribeState";
    public static final String GET_STATE = "/lnrpc.State/GetState";
    public static final String SUBSCRIBE_INVOICES = "/lnrpc.Lightning/SubscribeInvoices";
    public static final String SUBSCRIBE_CHANNEL_EVENTS = "/lnrpc.Lightning/SubscribeChannelEvents";
    public static final String TRACK_PAYMENTS = "/routerrpc.Router/TrackPayments";
    public static final String TRACK_PAYMENT_V2 = "/routerrpc.Router/TrackPaymentV2";
    public static final String GET_INFO = "/lnrpc.Lightning/GetInfo";
    public static final String LIST_INVOICES = "/lnrpc.Lightning/ListInvoices";
    public static final String LOOKUP_INVOICE = "/lnrpc.Lightning/LookupInvoice";
    public static final String LIST_PAYMENTS = "/lnrpc.Lightning/ListPayments";
    public static final String LIST_CHANNELS = "/lnrpc.Lightning/ListChannels";
    public static final String PENDING_CHANNELS = "/lnrpc.Lightning/PendingChannels";
    public static final String CHANNEL_BALANCE = "/lnrpc.Lightning/ChannelBalance";
    public static final String WALLET_BALANCE = "/lnrpc.Lightning/WalletBalance";
    public static final String SUBSCRIBE_TRANSACTIONS = "/lnrpc.Lightning/SubscribeTransactions";
    public static final String CLOSED_CHANNELS = "/lnrpc.Lightning/ClosedChannels";
    public static final String GET_TRANSACTIONS = "/lnrpc.Lightning/GetTransactions";
    public static final String FORWARDING_HISTORY = "/lnrpc.Lightning/ForwardingHistory";

    private static final String STATE_SERVICE = "/lnrpc.State/";

    private Rpc() {}

    /// lnd answers this service without a macaroon.
    public static boolean needsNoMacaroon(String rpc) {
        return rpc.startsWith(STATE_SERVICE);
    }
}
