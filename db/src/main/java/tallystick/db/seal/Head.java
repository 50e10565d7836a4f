package tallystick.db.seal;

import java.time.Instant;

/// A head of the ledger: whoever holds it can tell whether anything up to its sequence number is still as it was.
///
/// @param sequence ledger sequence number
/// @param hash SHA-256, 32 bytes
/// @param at when its batch was decided
public record Head(long sequence, byte[] hash, byte[] previousHash, Instant at) {}
