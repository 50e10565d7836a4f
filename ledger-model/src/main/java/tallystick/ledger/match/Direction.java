package tallystick.ledger.match;

/// Which way money went: only what went the same way can be the same.
public enum Direction {
    IN,
    OUT
}
