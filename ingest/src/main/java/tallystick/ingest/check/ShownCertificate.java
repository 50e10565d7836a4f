package tallystick.ingest.check;

import static java.util.Objects.requireNonNullElse;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import tallystick.ingest.NodeConfig;

/// The certificate that a node, or a proxy before it, shows to everybody who connects.
///
/// @param names the DNS names and addresses that it is valid for
record ShownCertificate(String subject, List<String> names, Instant notAfter, boolean isExpected) {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    ShownCertificate {
        names = List.copyOf(names);
    }

    /// Opens a connection of its own and ends it before anything is said, so that it can look at any certificate.
    ///
    /// @param trusted what the configured file holds
    /// @return empty when whoever is there does not speak TLS
    /// @throws IOException when nobody is there
    static Optional<ShownCertificate> look(NodeConfig node, Collection<X509Certificate> trusted)
            throws IOException {
        var seen = new AtomicReference<X509Certificate>();
        try (var plain = new Socket()) {
            int patience = Math.toIntExact(PATIENCE.toMillis());
            var address = new InetSocketAddress(node.host(), node.port());
            if (address.isUnresolved()) {
                throw new UnknownHostException("the name %s is not known".formatted(node.host()));
            }
            plain.connect(address, patience);
            plain.setSoTimeout(patience);
            try (var socket = (SSLSocket) layered(plain, node, seen)) {
                var parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2"});
                socket.setSSLParameters(parameters);
                socket.startHandshake();
            } catch (SSLException e) {
                // It may still have been shown: a proxy asks for ours only afterwards.
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS: not to be had", e);
        }
        X509Certificate shown = seen.get();
        return shown == null ? Optional.empty() : Optional.of(of(shown, trusted.contains(shown)));
    }

    /// True when the host under which we connect is among its names.
    boolean isFor(String host) {
        return names.stream().anyMatch(name -> isFor(name, host));
    }

    private static boolean isFor(String name, String host) {
        if (ADDRESS.matcher(host).matches()) {
            return ADDRESS.matcher(name).matches() && sameAddress(name, host);
        }
        String lower = name.toLowerCase(Locale.ROOT);
        String wanted = host.toLowerCase(Locale.ROOT);
        return lower.startsWith("*.")
                ? wanted.indexOf('.') > 0
                        && wanted.substring(wanted.indexOf('.')).equals(lower.substring(1))
                : lower.equals(wanted);
    }

    private static boolean sameAddress(String left, String right) {
        try {
            return InetAddress.ofLiteral(left).equals(InetAddress.ofLiteral(right));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static ShownCertificate of(X509Certificate certificate, boolean isExpected) {
        return new ShownCertificate(
                certificate.getSubjectX500Principal().getName(),
                names(certificate),
                certificate.getNotAfter().toInstant(),
                isExpected);
    }

    private static List<String> names(X509Certificate certificate) {
        try {
            return requireNonNullElse(certificate.getSubjectAlternativeNames(), List.<List<?>>of())
                    .stream()
                    .filter(name -> List.of(DNS_NAME, IP_ADDRESS).contains(name.getFirst()))
                    .map(name -> text(name.getLast()))
                    .toList();
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    private static String text(Object name) {
        return name instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : name.toString();
    }

    private static Socket layered(
            Socket plain, NodeConfig node, AtomicReference<X509Certificate> seen)
            throws IOException, GeneralSecurityException {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Onlooker(seen)}, null);
        return context.getSocketFactory().createSocket(plain, node.host(), node.port(), true);
    }

    /// Takes note of the certificate and objects to none. What it lets through carries no request and no macaroon.
    private static final class Onlooker extends X509ExtendedTrustManager {
        private final AtomicReference<X509Certificate> seen;

        Onlooker(AtomicReference<X509Certificate> seen) {
            this.seen = seen;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            seen.set(chain[0]);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            seen.set(chain[0]);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            seen.set(chain[0]);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
