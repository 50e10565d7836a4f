package tallystick.ledger.mismatch;

/// How much a mismatch matters, before value and age raise it.
public enum Severity {
    INFORMATION,
    LOW,
    MEDIUM,
    HIGH,
    CRITICAL
}
