package tallystick.ledger.refund;

import java.util.OptionalInt;

/// What can still become of one HTLC on its way out, in words and block heights.
public sealed interface Fate {
    /// In words: what is known, or what is waited for.
    String words();

    /// It failed, and nobody can claim it any more.
    record Failed(String words) implements Fate {}

    /// It was claimed, or must be taken for claimed.
    record Claimed(String words) implements Fate {}

    /// It may still be claimed, or nothing shows that it may not.
    ///
    /// @param words what is waited for
    /// @param notBefore the first block height at which its failure can be final, as far as one follows from what is known
    record Open(String words, OptionalInt notBefore) implements Fate {}
}
