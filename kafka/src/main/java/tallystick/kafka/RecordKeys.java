package tallystick.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.utils.Utils;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;

/// Keys of records, as UTF-8 text, and the partition number a key lies in.
///
/// All that belongs to one item has one key or, for a node's channels and transactions, the node as key.
public final class RecordKeys {
    private RecordKeys() {}

    /// The key of every record about the given item:
    /// payment hash in hex; `<node>/forward:...`; the node for channels and transactions; otherwise the reference itself.
    public static String of(ItemKey item) {
        return switch (item.reference()) {
            case Reference.Payment(String hash) -> hash;
            case Reference.AmpSet(String setId) -> setId;
            case Reference.Channel _, Reference.Tx _ -> item.node().orElseThrow().pubkey();
            case Reference.OfNode(NodeId node) -> of(node);
            case Reference.Forward _,
                    Reference.ForwardsOfDay _,
                    Reference.Order _,
                    Reference.Entry _,
                    Reference.Refused _ ->
                    item.text();
        };
    }

    public static String of(NodeId node) {
        return node.pubkey();
    }

    public static byte[] bytes(String key) {
        return key.getBytes(UTF_8);
    }

    /// Where Kafka's own default partitioner puts the key, spelled out because it may never change.
    public static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    public static int partition(String key, int partitions) {
        return partition(bytes(key), partitions);
    }
}
