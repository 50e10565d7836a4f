package tallystick.serve.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.util.CertificateUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;

/// Who a server is. Immutable.
///
/// @param chain its certificate, and those between it and its authority
record Identity(List<X509Certificate> chain, PrivateKey key) {
    /// Anything: the two halves of a key pair are held against each other.
    private static final byte[] PROBE = "tallystick".getBytes(UTF_8);

    Identity {
        chain = List.copyOf(chain);
    }

    /// @throws AccessException when a file cannot be used
    static Identity read(Path certificate, Path keyFile) {
        List<X509Certificate> chain = certificates(certificate);
        PrivateKey key = key(keyFile);
        if (!belongTogether(chain.getFirst(), key)) {
            throw new AccessException(
                    "%s: not the key of %s (expected: the key that the certificate was made for)"
                            .formatted(keyFile, certificate));
        }
        return new Identity(chain, key);
    }

    /// Of the files as they are now.
    ///
    /// @throws AccessException when one cannot be read
    static String digest(List<Path> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                digest.update(MessageDigest.getInstance("SHA-256").digest(bytes(file)));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AccessException(
                    "%s: %s (expected: a file that can be read)".formatted(file, e), e);
        }
    }

    static List<X509Certificate> certificates(Path file) {
        try {
            X509Certificate[] found =
                    CertificateUtils.getX509Certificates(new ByteArrayInputStream(bytes(file)));
            if (found.length > 0) {
                return List.of(found);
            }
        } catch (GeneralSecurityException _) {
            // Falls through to the one message.
        }
        throw new AccessException(
                "%s: no certificate in it (expected: one or more, in PEM)".formatted(file));
    }

    private static PrivateKey key(Path file) {
        try {
            return CertificateUtils.getPrivateKey(new ByteArrayInputStream(bytes(file)));
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            throw new AccessException(
                    "%s: no key in it (expected: one in PEM, PKCS #8, unencrypted)".formatted(file),
                    e);
        }
    }

    private static boolean belongTogether(X509Certificate certificate, PrivateKey key) {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "EC" -> "SHA256withECDSA";
                    case "RSA" -> "SHA256withRSA";
                    default -> key.getAlgorithm();
                };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(PROBE);
            return signature.verify(signed);
        } catch (GeneralSecurityException _) {
            return false;
        }
    }
}
