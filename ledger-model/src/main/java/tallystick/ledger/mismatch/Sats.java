package tallystick.ledger.mismatch;

import java.util.Locale;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;

/// Amounts and names as sentences give them.
final class Sats {
    private static final int HEAD = 8;
    private static final int TAIL = 6;

    private Sats() {}

    /// For example `72,672.905 sat`.
    static String text(long msat) {
        return String.format(
                Locale.ROOT, "%,d.%03d sat", msat / Msat.PER_SAT, Math.abs(msat % Msat.PER_SAT));
    }

    /// For example `03b3c398…1088ca`.
    static String text(NodeId node) {
        String pubkey = node.pubkey();
        return pubkey.substring(0, HEAD) + "…" + pubkey.substring(pubkey.length() - TAIL);
    }
}
