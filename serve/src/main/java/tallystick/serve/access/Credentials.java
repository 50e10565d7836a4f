package tallystick.serve.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.util.CertificateUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// What the files said at one moment. Immutable.
///
/// @param digest of the files' bytes: equal when nothing has changed
/// @param chain the server's certificate, and those between it and its authority
/// @param authorities says whether a client's certificate is one of theirs
record Credentials(
        String digest,
        List<X509Certificate> chain,
        PrivateKey key,
        X509TrustManager authorities,
        ClientList clients) {
    /// Anything: the two halves of a key pair are held against each other.
    private static final byte[] PROBE = "tallystick".getBytes(UTF_8);

    /// Of the files as they are now.
    ///
    /// @throws AccessException when one cannot be read
    static String digest(AccessFiles files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files.all()) {
                digest.update(MessageDigest.getInstance("SHA-256").digest(bytes(file)));
            }
            return java.util.HexFormat.of().formatHex(digest.digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// @throws AccessException when one cannot be used
    static Credentials read(AccessFiles files) {
        String digest = digest(files);
        List<X509Certificate> chain = certificates(files.certificate());
        PrivateKey key = key(files.key());
        if (!belongTogether(chain.getFirst(), key)) {
            throw new AccessException(
                    "%s: not the key of %s (expected: the key that the certificate was made for)"
                            .formatted(files.key(), files.certificate()));
        }
        return new Credentials(
                digest,
                chain,
                key,
                authorities(files.authorities()),
                ClientList.parse(
                        files.clients().toString(),
                        new String(bytes(files.clients()), UTF_8).lines().toList()));
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AccessException(
                    "%s: %s (expected: a file that can be read)".formatted(file, e), e);
        }
    }

    private static List<X509Certificate> certificates(Path file) {
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

    private static X509TrustManager authorities(Path file) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (X509Certificate authority : certificates(file)) {
                store.setCertificateEntry("authority-" + store.size(), authority);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager found) {
                    return found;
                }
            }
            throw new IllegalStateException("PKIX: no trust manager");
        } catch (GeneralSecurityException | IOException e) {
            throw new AccessException("%s: %s".formatted(file, e.getMessage()), e);
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
