package tallystick.serve.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.util.AdvancedTlsX509KeyManager;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.serve.access.Peer.Verdict;
import tallystick.serve.call.Problem;

/// Who the server is and who may call it, by the files as they are. Any thread.
public final class Access implements Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Access.class);

    private final AccessFiles files;
    private final InstantSource clock;
    private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
    private volatile Credentials current;

    @GuardedBy("this")
    private String seen;

    private Access(AccessFiles files, InstantSource clock, Credentials first) {
        this.files = files;
        this.clock = clock;
        this.current = first;
        this.seen = first.digest();
        show(first);
    }

    /// @throws AccessException when a file cannot be used
    public static Access open(AccessFiles files, InstantSource clock) {
        return new Access(files, clock, Credentials.read(files));
    }

    /// Looks at the files again. What they say holds from then on, for calls on old connections too. Files that cannot be used,
    /// as while they are being written, leave things as they are.
    ///
    /// @return true when something holds that did not before
    public synchronized boolean reload() {
        try {
            String digest = Credentials.digest(files);
            if (digest.equals(seen)) {
                return false;
            }
            seen = digest;
            Credentials next = Credentials.read(files);
            show(next);
            current = next;
            LOG.atInfo().log("certificates and clients were read again");
            return true;
        } catch (AccessException e) {
            LOG.atWarn().log("{}; what was read before still holds", e.getMessage());
            return false;
        }
    }

    @Override
    public Supplier<Client> of(Attributes connection, Metadata headers) {
        Peer peer = Objects.requireNonNull(connection.get(Peer.KEY), "connection without a peer");
        return () -> admit(peer);
    }

    /// The client behind a connection.
    ///
    /// @throws io.grpc.StatusRuntimeException when it may not call, any more or at all
    private Client admit(Peer peer) {
        if (clock.instant().isAfter(peer.until())) {
            throw refused("expired");
        }
        Credentials now = current;
        Verdict verdict = peer.verdict();
        if (verdict == null || !verdict.by().equals(now.digest())) {
            verdict = judge(now, peer);
            peer.keep(verdict);
        }
        Client client = verdict.client();
        if (client != null) {
            return client;
        }
        throw verdict.problem() == null ? refused("refused") : verdict.problem();
    }

    X509ExtendedKeyManager identity() {
        return identity;
    }

    X509ExtendedTrustManager trust() {
        return new CurrentTrust(() -> current.authorities());
    }

    private static Verdict judge(Credentials by, Peer peer) {
        try {
            X509Certificate certificate = peer.certificate();
            by.authorities()
                    .checkClientTrusted(peer.chain(), certificate.getPublicKey().getAlgorithm());
        } catch (CertificateException e) {
            return new Verdict(by.digest(), null, refused(String.valueOf(e.getMessage())));
        }
        var subject = peer.certificate().getSubjectX500Principal();
        @Nullable Client client = by.clients().of(subject).orElse(null);
        return new Verdict(
                by.digest(),
                client,
                client != null
                        ? null
                        : Problem.of(
                                Code.PERMISSION_DENIED,
                                "CLIENT_UNKNOWN",
                                "client: %s (expected: one of the server's list of clients)"
                                        .formatted(subject.getName())));
    }

    private static RuntimeException refused(String why) {
        return Problem.of(
                Code.UNAUTHENTICATED,
                "CERTIFICATE_REFUSED",
                "certificate: %s (expected: one that a known authority made, and that is valid now)"
                        .formatted(why));
    }

    private void show(Credentials credentials) {
        identity.updateIdentityCredentials(
                credentials.chain().toArray(X509Certificate[]::new), credentials.key());
    }
}
