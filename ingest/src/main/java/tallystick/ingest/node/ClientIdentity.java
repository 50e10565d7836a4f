package tallystick.ingest.node;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A certificate of ours with its key, in PEM: what a proxy before a node may ask for.
record ClientIdentity(String certificatePem, String keyPem) {
    private static final Pattern PKCS8 =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /// True when it is a key, in the one form that is read.
    static boolean isKey(String pem) {
        return PKCS8.matcher(pem).find();
    }

    /// Whether the key is the certificate's. TLS would only say that something failed.
    boolean fits() {
        try {
            PublicKey open =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificate(
                                    new ByteArrayInputStream(certificatePem.getBytes(US_ASCII)))
                            .getPublicKey();
            byte[] challenge = certificatePem.getBytes(US_ASCII);
            Signature signature = Signature.getInstance(algorithm(open));
            signature.initSign(key(open.getAlgorithm()));
            signature.update(challenge);
            byte[] signed = signature.sign();
            signature.initVerify(open);
            signature.update(challenge);
            return signature.verify(signed);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false; // For example a key of another kind.
        }
    }

    private PrivateKey key(String algorithm) throws GeneralSecurityException {
        Matcher matcher = PKCS8.matcher(keyPem);
        if (!matcher.find()) {
            throw new IllegalArgumentException("key: not PKCS #8");
        }
        byte[] der = Base64.getMimeDecoder().decode(matcher.group(1));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private static String algorithm(PublicKey key) {
        return switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm();
        };
    }

    @Override
    public String toString() {
        return "ClientIdentity[***]";
    }
}
