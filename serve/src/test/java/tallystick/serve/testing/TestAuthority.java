package tallystick.serve.testing;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Makes certificates.
public final class TestAuthority {
    private static final Duration DAY = Duration.ofDays(1);

    private static final int SERIAL_BITS = 127;

    private final X500Name name;
    private final KeyPair keys;
    private final String certificate;

    public TestAuthority(String name) throws Exception {
        this.name = dn(name);
        this.keys = newKeys();
        Instant now = Instant.now();
        X509v3CertificateBuilder builder =
                builder(this.name, keys, now.minus(DAY), now.plus(DAY.multipliedBy(30)));
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        this.certificate = signed(builder);
    }

    /// A certificate and its key.
    ///
    /// @param certificate PEM
    /// @param key PEM, PKCS #8
    public record Issued(String certificate, String key) {}

    /// PEM.
    public String certificate() {
        return certificate;
    }

    /// Valid from yesterday until tomorrow, on this machine.
    public Issued issue(String subject) throws Exception {
        return issue(subject, Instant.now().plus(DAY));
    }

    /// The same until another moment.
    public Issued issue(String subject, Instant until) throws Exception {
        KeyPair its = newKeys();
        X509v3CertificateBuilder builder =
                builder(dn(subject), its, Instant.now().minus(DAY), until);
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(
                        new GeneralName[] {
                            new GeneralName(GeneralName.dNSName, "localhost"),
                            new GeneralName(GeneralName.iPAddress, "127.0.0.1")
                        }));
        return new Issued(signed(builder), pem(new JcaPKCS8Generator(its.getPrivate(), null)));
    }

    /// Read as the list of clients is: the last part first.
    private static X500Name dn(String text) {
        return X500Name.getInstance(new X500Principal(text).getEncoded());
    }

    private X509v3CertificateBuilder builder(
            X500Name subject, KeyPair its, Instant from, Instant until) {
        return new X509v3CertificateBuilder(
                name,
                new BigInteger(SERIAL_BITS, new SecureRandom()),
                time(from),
                time(until),
                subject,
                SubjectPublicKeyInfo.getInstance(its.getPublic().getEncoded()));
    }

    private String signed(X509v3CertificateBuilder builder)
            throws OperatorCreationException, IOException {
        return pem(
                builder.build(
                        new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    }

    private static Time time(Instant at) {
        String text =
                DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'")
                        .withZone(ZoneOffset.UTC)
                        .format(at);
        return new Time(new ASN1GeneralizedTime(text));
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static String pem(Object value) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(value);
        }
        return text.toString();
    }
}
