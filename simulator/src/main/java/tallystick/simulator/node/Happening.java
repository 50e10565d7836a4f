package tallystick.simulator.node;

/// What can happen in a step of a node's life, and how often it does among all others.
public enum Happening {
    /// Time goes by: what has run out is canceled.
    PAUSE(4),
    INVOICE(14),
    ZERO_VALUE_INVOICE(3),
    HOLD_INVOICE(4),
    AMP_INVOICE(2),
    /// An open invoice is paid: plainly, in parts, or with more than was asked for.
    INVOICE_PAID(22),
    PARTS_MISSING(1),
    INVOICE_CANCELED(2),
    HOLD_ACCEPTED(4),
    HOLD_SETTLED(3),
    HOLD_CANCELED(1),
    AMP_SET(3),
    AMP_SPONTANEOUS(1),
    KEYSEND(3),
    /// The same keysend is paid again: no event, but a new settle index.
    KEYSEND_AGAIN(1),
    PAYMENT(14),
    PAYMENT_IN_PARTS(2),
    PAYMENT_TO_KEYSEND(1),
    PAYMENT_TO_AMP(1),
    PAYMENT_FAILS(3),
    PAYMENT_WITHOUT_ROUTE(2),
    PAYMENT_RETRIED(2),
    /// It stays in flight.
    PAYMENT_STUCK(3),
    STUCK_ENDS(3),
    SELF_PAYMENT(1),
    FORWARD(8),
    /// A forward whose HTLCs stay in flight.
    FORWARD_STUCK(1),
    FORWARD_ENDS(1),
    BLOCK(12),
    DEPOSIT(2),
    SEND(2),
    CONSOLIDATION(1),
    CHILD_PAYS(1),
    LEASE(1),
    RELEASE(1),
    OPEN_BY_US(1),
    OPEN_BY_PEER(1),
    COOPERATIVE_CLOSE(1),
    LOCAL_FORCE_CLOSE(1),
    REMOTE_FORCE_CLOSE(1),
    FEE_UPDATE(1),
    REORGANIZATION(1);

    private final int usual;

    Happening(int usual) {
        this.usual = usual;
    }

    public int usual() {
        return usual;
    }
}
