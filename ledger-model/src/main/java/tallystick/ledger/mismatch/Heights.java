package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import tallystick.ledger.NodeId;

/// When block heights were first seen at nodes. The answer hangs on what was seen alone, not on when it was asked for.
@FunctionalInterface
public interface Heights {
    /// No height was seen anywhere.
    Heights NONE = (_, _) -> Optional.empty();

    /// A height that a node has to see.
    record Height(NodeId node, int height) implements Comparable<Height> {
        private static final Comparator<Height> ORDER =
                Comparator.comparing(Height::node).thenComparingInt(Height::height);

        @Override
        public int compareTo(Height other) {
            return ORDER.compare(this, other);
        }
    }

    /// When the given height, or a greater one, was first seen at the node; empty while none was.
    Optional<Instant> firstSeen(NodeId node, int height);
}
