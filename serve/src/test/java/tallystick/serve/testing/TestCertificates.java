package tallystick.serve.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tallystick.serve.access.AccessFiles;

/// The files of a server on this machine, its authority, and connections to it. The list of clients is whoever's who uses it.
public final class TestCertificates {
    private final TestAuthority authority;
    private final AccessFiles files;

    /// @param directory where the files lie
    public TestCertificates(Path directory) throws Exception {
        authority = new TestAuthority("CN=authority,O=Shop");
        files =
                new AccessFiles(
                        directory.resolve("server.crt"),
                        directory.resolve("server.key"),
                        directory.resolve("authorities.crt"),
                        directory.resolve("clients"));
        identify(authority.issue("CN=server"));
        Files.writeString(files.authorities(), authority.certificate());
    }

    public AccessFiles files() {
        return files;
    }

    public TestAuthority authority() {
        return authority;
    }

    /// The server shows this from the next look at the files on.
    public void identify(TestAuthority.Issued issued) throws IOException {
        Files.writeString(files.certificate(), issued.certificate());
        Files.writeString(files.key(), issued.key());
    }

    /// As the client of this subject. Whoever asks for it closes it.
    public ManagedChannel channel(InetSocketAddress server, String subject) throws Exception {
        return channel(server, authority.issue(subject));
    }

    public ManagedChannel channel(InetSocketAddress server, TestAuthority.Issued client)
            throws IOException {
        return channel(
                server,
                trusting()
                        .keyManager(
                                new ByteArrayInputStream(client.certificate().getBytes(UTF_8)),
                                new ByteArrayInputStream(client.key().getBytes(UTF_8))));
    }

    public ManagedChannel channelWithoutCertificate(InetSocketAddress server) throws IOException {
        return channel(server, trusting());
    }

    /// For other clients than gRPC's, without a certificate of their own.
    public SSLContext trust() throws Exception {
        return context(null);
    }

    /// The same with a certificate.
    public SSLContext trustAs(TestAuthority.Issued client) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setKeyEntry(
                "client",
                KeyFactory.getInstance("EC")
                        .generatePrivate(new PKCS8EncodedKeySpec(bytes(client.key()))),
                new char[0],
                new Certificate[] {x509(client.certificate())});
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(store, new char[0]);
        return context(managers.getKeyManagers());
    }

    private static byte[] bytes(String pem) {
        return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    }

    private static Certificate x509(String pem) throws CertificateException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem.getBytes(UTF_8)));
    }

    private SSLContext context(KeyManager @Nullable [] keys) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("authority", x509(authority.certificate()));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, managers.getTrustManagers(), null);
        return context;
    }

    private TlsChannelCredentials.Builder trusting() throws IOException {
        return TlsChannelCredentials.newBuilder()
                .trustManager(new ByteArrayInputStream(authority.certificate().getBytes(UTF_8)));
    }

    private static ManagedChannel channel(
            InetSocketAddress server, TlsChannelCredentials.Builder credentials) {
        return NettyChannelBuilder.forAddress(server, credentials.build())
                .overrideAuthority("localhost")
                .build();
    }
}
