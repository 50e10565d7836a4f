package tallystick.serve.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// What the files said at one moment. Immutable.
///
/// @param digest of the files' bytes: equal when nothing has changed
/// @param chain the server's certificate, and those between it and its authority
/// @param authorities says whether a client's certificate is one of theirs
record Credentials(
        String digest,
        List<X509Certificate> chain,
        PrivateKey key,
        X509TrustManager authorities,
        ClientList clients) {
    /// @throws AccessException when one cannot be used
    static Credentials read(AccessFiles files) {
        String digest = digest(files);
        Identity identity = Identity.read(files.certificate(), files.key());
        return new Credentials(
                digest,
                identity.chain(),
                identity.key(),
                authorities(files.authorities()),
                ClientList.parse(
                        files.clients().toString(),
                        new String(Identity.bytes(files.clients()), UTF_8).lines().toList()));
    }

    /// Of the files as they are now.
    ///
    /// @throws AccessException when one cannot be read
    static String digest(AccessFiles files) {
        return Identity.digest(files.all());
    }

    private static X509TrustManager authorities(Path file) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (X509Certificate authority : Identity.certificates(file)) {
                store.setCertificateEntry("authority-" + store.size(), authority);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager found) {
                    return found;
                }
            }
            throw new IllegalStateException("PKIX: no trust manager");
        } catch (GeneralSecurityException | IOException e) {
            throw new AccessException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }
}
