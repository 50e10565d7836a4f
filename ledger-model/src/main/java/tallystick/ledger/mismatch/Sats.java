package tallystick.ledger.mismatch;

import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;

/// Amounts and names as sentences give them.
final class Sats {
    private static final int HEAD = 8;
    private static final int TAIL = 6;
    private static final int GROUP = 3;
    private static final int FRACTION = 4;

    private Sats() {}

    /// For example `72,672.905 sat`.
    static String text(long msat) {
        StringBuilder text = new StringBuilder();
        long fraction = Math.abs(msat % Msat.PER_SAT);
        text.append(Math.abs(msat / Msat.PER_SAT));
        for (int comma = text.length() - GROUP; comma > 0; comma -= GROUP) {
            text.insert(comma, ',');
        }
        if (msat <= -Msat.PER_SAT) {
            text.insert(0, '-');
        }
        text.append('.');
        return text.append(Long.toString(Msat.PER_SAT + fraction), 1, FRACTION)
                .append(" sat")
                .toString();
    }

    /// For example `03b3c398…1088ca`.
    static String text(NodeId node) {
        String pubkey = node.pubkey();
        return pubkey.substring(0, HEAD) + "…" + pubkey.substring(pubkey.length() - TAIL);
    }
}
