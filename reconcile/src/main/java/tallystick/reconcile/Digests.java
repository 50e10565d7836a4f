package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Reference;

/// SHA-256, and the keys made of it.
final class Digests {
    /// Of keys in the database: as Postgres orders them. Keys are random, so the first bytes decide.
    static final Comparator<ByteString> KEY_ORDER = Digests::compareKeys;

    /// Finding a digest's maker anew costs as much as digesting a small record. What is here is as new between two uses.
    private static final ThreadLocal<MessageDigest> SHA_256 =
            ThreadLocal.withInitial(Digests::sha256);

    private Digests() {}

    private static int compareKeys(ByteString a, ByteString b) {
        int length = Math.min(a.size(), b.size());
        for (int i = 0; i < length; i++) {
            int difference = Byte.toUnsignedInt(a.byteAt(i)) - Byte.toUnsignedInt(b.byteAt(i));
            if (difference != 0) {
                return difference;
            }
        }
        return a.size() - b.size();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: in every JDK)", e);
        }
    }

    static byte[] sha256(byte[] bytes) {
        return SHA_256.get().digest(bytes);
    }

    static byte[] sha256(String text) {
        return sha256(text.getBytes(UTF_8));
    }

    /// By which a record is known again.
    static byte[] mark(ConsumerRecord<byte[], byte[]> record) {
        return sha256(record.value() == null ? new byte[0] : record.value());
    }

    /// The item's key in the database: the payment hash itself, or a digest of the key's text.
    static byte[] itemKey(ItemKey key) {
        return key.reference() instanceof Reference.Payment(String hash)
                ? HexFormat.of().parseHex(hash)
                : sha256(key.text());
    }

    static byte[] mismatchId(String code, String reference, String node) {
        return sha256(code + "\n" + reference + "\n" + node);
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
