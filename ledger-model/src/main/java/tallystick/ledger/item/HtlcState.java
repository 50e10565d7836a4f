package tallystick.ledger.item;

/// Where one HTLC is. In order of rank: what is settled stays settled.
public enum HtlcState {
    IN_FLIGHT,
    FAILED,
    SETTLED;

    HtlcState join(HtlcState other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
