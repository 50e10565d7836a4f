package tallystick.ingest.publish;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Who is behind one certificate and macaroon. Streams are opened before the node has told who it is; what they bring waits
/// until it has, and is dropped when it turns out to be the wrong one. Any thread.
public final class Identification {
    private final CountDownLatch decided = new CountDownLatch(1);
    private volatile @Nullable NodeIdentity identity;

    /// The node is the right one. A later call tells a later version of its software.
    public void confirm(NodeIdentity known) {
        identity = known;
        decided.countDown();
    }

    /// The node is the wrong one, or will never be asked again. Without effect once it was confirmed: what came before a
    /// node changed behind the same credentials came from the right one.
    public void refuseIfUndecided() {
        decided.countDown();
    }

    public boolean isRefused() {
        return isDecided() && identity == null;
    }

    boolean isDecided() {
        return decided.getCount() == 0;
    }

    /// Waits for the decision; empty when refused.
    Optional<NodeIdentity> await() throws InterruptedException {
        decided.await();
        return Optional.ofNullable(identity);
    }
}
