package tallystick.serve.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.util.AdvancedTlsX509KeyManager;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate and key of a server that knows its clients by other means, by the files as they are. Any thread.
public final class ServerCertificate {
    private static final Logger LOG = LoggerFactory.getLogger(ServerCertificate.class);

    private final Path certificate;
    private final Path key;
    private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();

    @GuardedBy("this")
    private String seen;

    private ServerCertificate(Path certificate, Path key, String seen) {
        this.certificate = certificate;
        this.key = key;
        this.seen = seen;
    }

    /// @param certificate PEM file with it and those between it and its authority
    /// @param key PEM file of its key
    /// @throws AccessException when a file cannot be used
    public static ServerCertificate open(Path certificate, Path key) {
        var opened =
                new ServerCertificate(certificate, key, Identity.digest(List.of(certificate, key)));
        opened.show(Identity.read(certificate, key));
        return opened;
    }

    /// Looks at the files again. Those that cannot be used are told to the log, and the last ones that could hold on.
    public synchronized void reload() {
        try {
            String digest = Identity.digest(List.of(certificate, key));
            if (!digest.equals(seen)) {
                seen = digest;
                show(Identity.read(certificate, key));
                LOG.atInfo().log("{} is used", certificate);
            }
        } catch (AccessException e) {
            LOG.atError().log("{}; the last one that could be used holds on", e.getMessage());
        }
    }

    X509ExtendedKeyManager identity() {
        return identity;
    }

    /// For connections; each takes what holds when it begins.
    public SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {identity}, null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void show(Identity one) {
        identity.updateIdentityCredentials(one.chain().toArray(X509Certificate[]::new), one.key());
    }
}
