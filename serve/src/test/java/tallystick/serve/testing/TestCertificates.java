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
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
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
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "authority",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(authority.certificate().getBytes(UTF_8))));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
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
