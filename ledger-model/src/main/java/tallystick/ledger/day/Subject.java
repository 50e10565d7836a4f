package tallystick.ledger.day;

/// What a line of a day is about.
public enum Subject {
    /// A (node, reference) with entries; its name is how it stands, its amount what is booked.
    REFERENCE,
    /// An item that leaves something on clearing; its name is how it stands, its amount the residue.
    RESIDUE,
    /// A movement on a node's channels, wallet or limbo; in is more than 0.
    MOVEMENT,
    /// What stands against it on other accounts than clearing: of the books, rounding, adjustments. Debits are more than 0.
    ACCOUNT,
    /// What began and has not ended: its name is the reference, its place the height after which failure is final.
    UNDER_WAY
}
