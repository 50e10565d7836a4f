package tallystick.report.figures;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import tallystick.db.report.LedgerReading;

/// What people call the nodes of a reading: by alias, else by the shortened key.
public final class NodeNames {
    private final Map<String, String> names = new HashMap<>();

    public NodeNames(LedgerReading reading) {
        reading.nodes()
                .forEach(node -> names.put(node.pubkey(), name(node.pubkey(), node.alias())));
    }

    /// The name of a node; `no node` for an empty key, the shortened key for a node that is not of the fleet.
    public String of(String pubkey) {
        if (pubkey.isEmpty()) {
            return "no node";
        }
        return names.getOrDefault(pubkey, Hashes.shortened(PlainText.oneLine(pubkey)));
    }

    /// True when a node is called so, or its key begins so.
    ///
    /// @param name its alias, or what stands for it
    public static boolean isMeant(String wanted, String pubkey, String name) {
        return name.equalsIgnoreCase(wanted) || pubkey.startsWith(wanted.toLowerCase(Locale.ROOT));
    }

    public static String name(String pubkey, String alias) {
        return alias.isBlank() ? Hashes.shortened(pubkey) : PlainText.oneLine(alias);
    }
}
