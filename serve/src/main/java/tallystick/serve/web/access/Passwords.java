package tallystick.serve.web.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// Hashes of passwords: Argon2id, in the PHC string format, which names its own costs. Any thread.
final class Passwords {
    /// OWASP's smallest choice for Argon2id. Unit: KiB.
    private static final int MEMORY = 19 * 1_024;

    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;

    private static final Pattern FORMAT =
            Pattern.compile(
                    "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,2})\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");

    private static final Base64.Encoder ENCODER = Base64.getEncoder().withoutPadding();

    private final SecureRandom random = new SecureRandom();

    /// For example `$argon2id$v=19$m=19456,t=2,p=1$...$...`.
    String hash(String password) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
                .formatted(
                        MEMORY,
                        PASSES,
                        LANES,
                        ENCODER.encodeToString(salt),
                        ENCODER.encodeToString(
                                hash(password, salt, MEMORY, PASSES, LANES, HASH_BYTES)));
    }

    /// @throws IllegalStateException when what is stored is no such hash
    boolean fits(String password, String stored) {
        Matcher parts = FORMAT.matcher(stored);
        if (!parts.matches()) {
            throw new IllegalStateException(
                    "web.person.password: not readable (expected: $argon2id$v=19$...)");
        }
        byte[] expected = Base64.getDecoder().decode(parts.group(5));
        byte[] found =
                hash(
                        password,
                        Base64.getDecoder().decode(parts.group(4)),
                        Integer.parseInt(parts.group(1)),
                        Integer.parseInt(parts.group(2)),
                        Integer.parseInt(parts.group(3)),
                        expected.length);
        return MessageDigest.isEqual(expected, found);
    }

    private static byte[] hash(
            String password, byte[] salt, int memory, int passes, int lanes, int bytes) {
        var generator = new Argon2BytesGenerator();
        generator.init(
                new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                        .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withMemoryAsKB(memory)
                        .withIterations(passes)
                        .withParallelism(lanes)
                        .withSalt(salt)
                        .build());
        byte[] hash = new byte[bytes];
        generator.generateBytes(password.getBytes(UTF_8), hash);
        return hash;
    }
}
