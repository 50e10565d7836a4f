package tallystick.db.seal;

/// Something that is not as it was sealed.
///
/// @param sequence of the first batch that is contradicted; one more than the ledger's newest for what no batch has sealed yet
/// @param where the table, or what else
/// @param what is stored, and what was expected
public record TamperFinding(long sequence, String where, String what) {
    public String inWords() {
        return "batch %d: %s: %s".formatted(sequence, where, what);
    }
}
