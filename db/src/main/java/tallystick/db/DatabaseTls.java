package tallystick.db;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Optional;

/// A connection that is encrypted and made to the right server only: its certificate must come from the given authority
/// and be for the host in the URL.
///
/// @param rootCertificate the authority's, in PEM
/// @param client what the server is shown of us, if it asks
public record DatabaseTls(Path rootCertificate, Optional<ClientCertificate> client) {
    /// @param certificate ours in PEM, followed by those between it and the server's authority, if any
    /// @param key unencrypted, PKCS #8 in PEM; the driver wants it readable by its owner only
    public record ClientCertificate(Path certificate, Path key) {}

    /// As the driver names them.
    ///
    /// @throws DatabaseException when a file cannot be read
    Map<String, String> properties() {
        Map<String, String> encrypted =
                Map.of("sslmode", "verify-full", "sslrootcert", readable(rootCertificate));
        return client.map(ours -> with(encrypted, ours)).orElse(encrypted);
    }

    private static Map<String, String> with(
            Map<String, String> encrypted, ClientCertificate client) {
        Map<String, String> all = new java.util.HashMap<>(encrypted);
        all.put("sslcert", readable(client.certificate()));
        all.put("sslkey", readable(client.key()));
        // The driver does not find out by itself, and takes every key for one of RSA.
        all.put("pemKeyAlgorithm", keyAlgorithm(client.certificate()));
        return all;
    }

    private static String readable(Path file) {
        if (!Files.isReadable(file)) {
            throw unusable(file, new IOException("cannot be read"));
        }
        return file.toAbsolutePath().toString();
    }

    private static String keyAlgorithm(Path certificate) {
        try (InputStream input = Files.newInputStream(certificate)) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(input)
                    .getPublicKey()
                    .getAlgorithm();
        } catch (IOException | CertificateException e) {
            throw unusable(certificate, e);
        }
    }

    private static DatabaseException unusable(Path file, Exception cause) {
        return new DatabaseException(
                DatabaseException.Kind.UNAVAILABLE,
                "database: %s: %s (expected: a certificate or key in PEM)"
                        .formatted(file, cause.getMessage()),
                cause);
    }
}
