package tallystick.simulator.tls;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A self-signed certificate for a node on this machine (`localhost` and 127.0.0.1), and its key.
///
/// @param certificate PEM
/// @param privateKey PEM, PKCS #8
public record NodeCertificate(String certificate, String privateKey) {
    /// As long as lnd makes it.
    private static final Duration LIFE = Duration.ofDays(420);

    /// The other side's clock may be behind ours.
    private static final Duration TOLERANCE = Duration.ofDays(1);

    private static final int SERIAL_BITS = 127;

    /// Makes a certificate with a new ECDSA key on P-256, valid from a day before `now`.
    public static NodeCertificate selfSigned(String alias, Instant now) {
        return selfSigned(
                new X500Name("O=replayed node, CN=" + alias), KeyPurposeId.id_kp_serverAuth, now);
    }

    /// The same for somebody who calls others.
    ///
    /// @param subject for example `CN=anna,O=Shop`
    public static NodeCertificate ofCaller(String subject, Instant now) {
        byte[] name =
                new X500Principal(subject).getEncoded(); // Whose order of parts is RFC 2253's.
        return selfSigned(X500Name.getInstance(name), KeyPurposeId.id_kp_clientAuth, now);
    }

    private static NodeCertificate selfSigned(X500Name name, KeyPurposeId purpose, Instant now) {
        try {
            KeyPair keys = newKeys();
            return new NodeCertificate(
                    pem(certificate(name, purpose, keys, now)),
                    pem(new JcaPKCS8Generator(keys.getPrivate(), null).generate()));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("certificate of %s: not made".formatted(name), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static Object certificate(
            X500Name name, KeyPurposeId purpose, KeyPair keys, Instant now)
            throws IOException, OperatorCreationException {
        var builder =
                new JcaX509v3CertificateBuilder(
                        name,
                        new BigInteger(SERIAL_BITS, new SecureRandom()),
                        Date.from(now.minus(TOLERANCE)),
                        Date.from(now.plus(LIFE)),
                        name,
                        keys.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(
                        KeyUsage.digitalSignature
                                | KeyUsage.keyEncipherment
                                | KeyUsage.keyCertSign));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(
                        new GeneralName[] {
                            new GeneralName(GeneralName.dNSName, "localhost"),
                            new GeneralName(GeneralName.iPAddress, "127.0.0.1")
                        }));
        return builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
    }

    private static String pem(Object value) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(value);
        }
        return text.toString();
    }

    /// Leaves the key out.
    @Override
    public String toString() {
        return "NodeCertificate[privateKey=***]";
    }
}
