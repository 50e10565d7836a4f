package tallystick.serve.web.item;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.report.day.ReportDesk;

/// What somebody looks for, as the keys of items that it may mean. Immutable.
///
/// @param keys of 32 bytes, of items that there may be
/// @param order it may be the name of; empty when it can be none
/// @param part of a reference; empty when what was typed is whole, or too short to look for
record ItemSearch(List<byte[]> keys, String order, String part) {
    /// Of a part of a hash or another reference: less is found everywhere.
    static final int PART_MIN = 6;

    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    /// A channel is named by the output that funds it, of which a transaction seldom has more.
    private static final int OUTPUTS = 8;

    /// @param nodes public keys
    static ItemSearch of(String words, Collection<String> nodes) {
        String lower = words.toLowerCase(Locale.ROOT);
        List<byte[]> keys = new ArrayList<>();
        if (HASH.matcher(lower).matches()) {
            add(keys, "payment_hash:" + lower, nodes);
            add(keys, "tx:" + lower, nodes);
            for (int i = 0; i < OUTPUTS; i++) {
                add(keys, "channel:%s:%d".formatted(lower, i), nodes);
            }
            return new ItemSearch(keys, words, "");
        }
        boolean isReference = add(keys, words, nodes);
        if (!words.isEmpty()) {
            add(keys, "order:" + words, nodes);
        }
        return new ItemSearch(keys, words, isReference || lower.length() < PART_MIN ? "" : lower);
    }

    /// @return false when it is no reference
    private static boolean add(List<byte[]> keys, String text, Collection<String> nodes) {
        try {
            keys.add(bytes(ItemKey.parse(text)));
            return true;
        } catch (IllegalArgumentException _) {
            // Either none, or one that exists once per node.
        }
        try {
            Reference reference = Reference.parse(text);
            for (String node : nodes) {
                keys.add(bytes(ItemKey.of(reference, Optional.of(new NodeId(node)))));
            }
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static byte[] bytes(ItemKey key) {
        return key.reference() instanceof Reference.Payment(String hash)
                ? HexFormat.of().parseHex(hash)
                : ReportDesk.digest(key.text().getBytes(UTF_8));
    }
}
