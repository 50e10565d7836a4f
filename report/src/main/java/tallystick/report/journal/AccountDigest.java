package tallystick.report.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tallystick.ledger.account.Account;

/// Tells accounts apart whose names a format cannot tell apart.
final class AccountDigest {
    private static final int BYTES = 4;

    private AccountDigest() {}

    /// Eight hex digits.
    static String of(Account account) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(account.name().getBytes(UTF_8));
            return HexFormat.of().formatHex(hash, 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: every Java has it", e);
        }
    }
}
