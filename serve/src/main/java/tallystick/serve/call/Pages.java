package tallystick.serve.call;

import com.google.protobuf.Message;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/// Pages of a list in the order of a key that never changes. A token is the key of the last row told, and a digest of what was
/// asked for: another question must not go on with it.
public final class Pages {
    private static final int SIZE = 100;
    private static final int SIZE_MAX = 1_000;
    private static final int DIGEST_BYTES = 8;

    private Pages() {}

    /// How many rows a page has.
    ///
    /// @param asked 0 when the client does not say
    public static int size(int asked, Violations violations) {
        violations.require(asked >= 0 && asked <= SIZE_MAX, "page_size", asked, "0 to " + SIZE_MAX);
        return asked == 0 ? SIZE : asked;
    }

    /// @param question the request without its paging
    /// @param lastKey of the last row told
    public static String token(Message question, byte[] lastKey) {
        byte[] digest = digest(question);
        byte[] token = Arrays.copyOf(digest, DIGEST_BYTES + lastKey.length);
        System.arraycopy(lastKey, 0, token, DIGEST_BYTES, lastKey.length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }

    /// Key of the last row that is known; empty for the first page.
    public static byte[] after(String token, Message question, Violations violations) {
        if (token.isEmpty()) {
            return new byte[0];
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(token);
            if (bytes.length >= DIGEST_BYTES
                    && Arrays.equals(bytes, 0, DIGEST_BYTES, digest(question), 0, DIGEST_BYTES)) {
                return Arrays.copyOfRange(bytes, DIGEST_BYTES, bytes.length);
            }
        } catch (IllegalArgumentException _) {
            // Falls through to the one message.
        }
        violations.require(
                false,
                "page_token",
                token,
                "the one of the page before, asked for in the same way");
        return new byte[0];
    }

    private static byte[] digest(Message question) {
        try {
            return Arrays.copyOf(
                    MessageDigest.getInstance("SHA-256").digest(question.toByteArray()),
                    DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
