package tallystick.ingest.check;

/// What a macaroon lets its holder do, as lnd writes it: `invoices:read`, or `uri:/lnrpc.Lightning/GetInfo` for one call.
public record Permission(String entity, String action) {
    static final String CALL = "uri";

    /// True for what only reads. Of a single call that we do not know, that cannot be told.
    boolean isRead() {
        return action.equals("read");
    }

    @Override
    public String toString() {
        return entity + ":" + action;
    }
}
