package tallystick.simulator.replay;

/// The calls that a replaying node treats by name, each with the path that gRPC gives it.
final class Rpc {
    static final String SUBSCRIBE_STATE = "/lnrpc.State/SubscribeState";
    static final String GET_STATE = "/lnrpc.State/GetState";
    static final String SUBSCRIBE_INVOICES = "/lnrpc.Lightning/SubscribeInvoices";
    static final String SUBSCRIBE_CHANNEL_EVENTS = "/lnrpc.Lightning/SubscribeChannelEvents";
    static final String TRACK_PAYMENTS = "/routerrpc.Router/TrackPayments";
    static final String GET_INFO = "/lnrpc.Lightning/GetInfo";
    static final String LIST_INVOICES = "/lnrpc.Lightning/ListInvoices";
    static final String LOOKUP_INVOICE = "/lnrpc.Lightning/LookupInvoice";
    static final String LIST_PAYMENTS = "/lnrpc.Lightning/ListPayments";
    static final String LIST_CHANNELS = "/lnrpc.Lightning/ListChannels";
    static final String CLOSED_CHANNELS = "/lnrpc.Lightning/ClosedChannels";
    static final String GET_TRANSACTIONS = "/lnrpc.Lightning/GetTransactions";
    static final String FORWARDING_HISTORY = "/lnrpc.Lightning/ForwardingHistory";

    private static final String STATE_SERVICE = "/lnrpc.State/";

    private Rpc() {}

    /// lnd answers this service without a macaroon.
    static boolean needsNoMacaroon(String rpc) {
        return rpc.startsWith(STATE_SERVICE);
    }
}
