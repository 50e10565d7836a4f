package tallystick.ledger.mismatch;

/// How much a mismatch matters, before value and age raise it.
public enum Severity {
    INFORMATION,
    LOW,
    MEDIUM,
    HIGH,
    CRITICAL;

    /// One step worse; the worst stays, and what is listed apart does too.
    Severity raised() {
        return switch (this) {
            case INFORMATION -> INFORMATION;
            case LOW -> MEDIUM;
            case MEDIUM -> HIGH;
            case HIGH, CRITICAL -> CRITICAL;
        };
    }
}
