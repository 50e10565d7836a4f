package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;

/// Signs tokens as a company's login server does, and publishes its key; both as files.
final class TokenIssuer {
    static final String AUDIENCE = "kafka";

    private static final int KEY_BITS = 2048;
    private static final long LIFE_SECONDS = 3_600;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final Path directory;
    private final KeyPair keys;

    TokenIssuer(Path directory) throws GeneralSecurityException, IOException {
        this.directory = directory;
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(KEY_BITS);
        this.keys = generator.generateKeyPair();
        var open = (RSAPublicKey) keys.getPublic();
        Files.writeString(
                directory.resolve("keys.json"),
                """
                {"keys":[{"kty":"RSA","kid":"one","use":"sig","alg":"RS256","n":"%s","e":"%s"}]}
                """
                        .formatted(base64(open.getModulus()), base64(open.getPublicExponent())));
    }

    /// Where a broker finds the key that its tokens must be signed with.
    String keys() {
        return directory.resolve("keys.json").toUri().toString();
    }

    /// Where a client finds a token.
    String token(String subject, Instant now) throws GeneralSecurityException, IOException {
        String head = base64("{\"alg\":\"RS256\",\"kid\":\"one\"}");
        String claims =
                base64(
                        "{\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%d,\"exp\":%d}"
                                .formatted(
                                        subject,
                                        AUDIENCE,
                                        now.getEpochSecond(),
                                        now.getEpochSecond() + LIFE_SECONDS));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(keys.getPrivate());
        signature.update((head + "." + claims).getBytes(US_ASCII));
        Path file =
                Files.writeString(
                        directory.resolve(subject + ".jwt"),
                        "%s.%s.%s"
                                .formatted(head, claims, BASE64.encodeToString(signature.sign())));
        return file.toUri().toString();
    }

    private static String base64(String text) {
        return BASE64.encodeToString(text.getBytes(US_ASCII));
    }

    /// Without the sign's zero byte.
    private static String base64(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return bytes[0] == 0
                ? BASE64.encodeToString(java.util.Arrays.copyOfRange(bytes, 1, bytes.length))
                : BASE64.encodeToString(bytes);
    }
}
