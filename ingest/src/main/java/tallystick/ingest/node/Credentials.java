package tallystick.ingest.node;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.NodeConfig;

/// The certificate that a node must show and the macaroon that it wants to see, as they are in their files now.
/// Equal credentials lead to the same node: macaroons are signed with a key that the node keeps with its wallet.
///
/// @param macaroonHex as it goes over the wire
/// @param client what we show of ourselves, if anything
public record Credentials(
        String certificatePem, String macaroonHex, Optional<ClientIdentity> client) {
    private static final String MACAROON = "the node's readonly.macaroon, or one with less";
    private static final String CLIENT_CERTIFICATE = "a certificate in PEM";
    private static final String CLIENT_KEY =
            "an unencrypted key in PEM, PKCS #8; openssl pkcs8 -topk8 -nodes makes one";
    private static final Pattern HEX_TEXT = Pattern.compile("\\s*(?:[0-9a-fA-F]{2})+\\s*");

    /// Read anew for each connection, so that a renewed file is taken up.
    ///
    /// @throws IngestException when a file is not what it should be
    public static Credentials read(NodeConfig node) {
        byte[] certificate =
                bytes(node, "tls-certificate", node.tlsCertificate(), "the node's tls.cert");
        requireCertificate(
                node, "tls-certificate", node.tlsCertificate(), certificate, "the node's tls.cert");
        byte[] macaroon = bytes(node, "macaroon", node.macaroon(), MACAROON);
        if (macaroon.length == 0) {
            throw unusable(node, "macaroon", node.macaroon(), "is empty", MACAROON, null);
        }
        return new Credentials(
                new String(certificate, StandardCharsets.US_ASCII),
                hex(macaroon),
                node.client().map(files -> identity(node, files)));
    }

    /// lnd's own files are binary; some tools hand a macaroon out as hex text.
    private static String hex(byte[] macaroon) {
        String text = new String(macaroon, StandardCharsets.ISO_8859_1);
        return HEX_TEXT.matcher(text).matches() ? text.strip() : HexFormat.of().formatHex(macaroon);
    }

    private static ClientIdentity identity(NodeConfig node, NodeConfig.ClientCertificate files) {
        byte[] certificate =
                bytes(node, "client-certificate", files.certificate(), CLIENT_CERTIFICATE);
        requireCertificate(
                node, "client-certificate", files.certificate(), certificate, CLIENT_CERTIFICATE);
        byte[] key = bytes(node, "client-key", files.key(), CLIENT_KEY);
        String pem = new String(key, StandardCharsets.US_ASCII);
        if (!ClientIdentity.isKey(pem)) {
            throw unusable(node, "client-key", files.key(), "is no such key", CLIENT_KEY, null);
        }
        var identity = new ClientIdentity(new String(certificate, StandardCharsets.US_ASCII), pem);
        if (!identity.fits()) {
            throw unusable(
                    node,
                    "client-key",
                    files.key(),
                    "is not the key of " + files.certificate(),
                    "that key",
                    null);
        }
        return identity;
    }

    private static void requireCertificate(
            NodeConfig node, String field, Path file, byte[] pem, String expected) {
        try {
            CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(pem));
        } catch (CertificateException e) {
            throw unusable(node, field, file, "is no certificate", expected, e);
        }
    }

    private static byte[] bytes(NodeConfig node, String field, Path file, String expected) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw unusable(node, field, file, "cannot be read", expected, e);
        }
    }

    private static IngestException unusable(
            NodeConfig node,
            String field,
            Path file,
            String what,
            String expected,
            @Nullable Throwable cause) {
        return new IngestException(
                ErrorCode.USER,
                "node %s, %s: %s %s (expected: %s)"
                        .formatted(node.alias(), field, file, what, expected),
                cause);
    }

    @Override
    public String toString() {
        return "Credentials[***]";
    }
}
