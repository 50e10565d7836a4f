package tallystick.ledger.item;

/// What became of a receipt. In order of rank; of two endings the one that moved money counts.
public enum ReceiptState {
    OPEN,
    ACCEPTED,
    CANCELED,
    SETTLED;

    ReceiptState join(ReceiptState other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
