package tallystick.serve.access;

import io.grpc.Attributes;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The other end of a connection, as its certificate says, and what was last found about it. Any thread.
final class Peer {
    static final Attributes.Key<Peer> KEY = Attributes.Key.create("tallystick-peer");

    private final List<X509Certificate> chain;
    private volatile @Nullable Verdict verdict;

    Peer(X509Certificate[] chain) {
        this.chain = List.copyOf(Arrays.asList(chain));
    }

    /// What was found.
    ///
    /// @param by digest of what it was found by
    /// @param client null when it is refused
    /// @param problem why it is refused
    record Verdict(String by, @Nullable Client client, @Nullable RuntimeException problem) {}

    X509Certificate certificate() {
        return chain.getFirst();
    }

    X509Certificate[] chain() {
        return chain.toArray(X509Certificate[]::new);
    }

    /// When the first of its certificates ends.
    Instant until() {
        return chain.stream()
                .map(one -> one.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    @Nullable Verdict verdict() {
        return verdict;
    }

    void keep(Verdict found) {
        verdict = found;
    }
}
