package tallystick.ledger.item;

/// What became of a payment. In order of rank; of two endings the one that moved money counts.
public enum PaymentState {
    INITIATED,
    IN_FLIGHT,
    FAILED,
    SUCCEEDED;

    public boolean isTerminal() {
        return this == FAILED || this == SUCCEEDED;
    }
}
