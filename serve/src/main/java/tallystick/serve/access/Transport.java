package tallystick.serve.access;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// Connections: TLS 1.3, both sides with certificates, or the server alone.
public final class Transport {
    private Transport() {}

    /// The JDK's TLS asks for the accepted authorities at each handshake; the native one would go on telling clients those of the
    /// start.
    public static SslContext tls(Access access) {
        return built(
                SslContextBuilder.forServer(access.identity())
                        .trustManager(access.trust())
                        .clientAuth(ClientAuth.REQUIRE));
    }

    /// For clients that show something else than certificates.
    public static SslContext tls(ServerCertificate certificate) {
        return built(SslContextBuilder.forServer(certificate.identity()));
    }

    private static SslContext built(SslContextBuilder builder) {
        try {
            return GrpcSslContexts.configure(builder.protocols("TLSv1.3"), SslProvider.JDK).build();
        } catch (SSLException e) {
            throw new IllegalStateException("TLS: " + e.getMessage(), e);
        }
    }

    /// Notes with each connection whose it is.
    public static ServerTransportFilter peers() {
        return new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes attributes) {
                SSLSession session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
                if (session == null) {
                    throw new IllegalStateException("connection without TLS");
                }
                try {
                    return attributes.toBuilder()
                            .set(Peer.KEY, new Peer(x509(session.getPeerCertificates())))
                            .build();
                } catch (SSLPeerUnverifiedException e) {
                    throw new IllegalStateException("connection without a certificate", e);
                }
            }
        };
    }

    private static X509Certificate[] x509(Certificate[] chain) {
        return Arrays.stream(chain)
                .map(X509Certificate.class::cast)
                .toArray(X509Certificate[]::new);
    }
}
