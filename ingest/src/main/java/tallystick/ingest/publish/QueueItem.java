package tallystick.ingest.publish;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tallystick.ingest.record.NodeMessage;
import tallystick.proto.v1.Source;

/// What waits for a node's publisher, in the order it was taken.
sealed interface QueueItem {
    Identification from();

    /// How many messages it counts for.
    int weight();

    /// Messages that the node sent.
    record Observed(Identification from, Source source, Instant at, List<NodeMessage> messages)
            implements QueueItem {
        public Observed {
            messages = List.copyOf(messages);
        }

        @Override
        public int weight() {
            return Math.max(messages.size(), 1);
        }
    }

    /// From here on lists are read.
    record SweepBegan(Identification from) implements QueueItem {
        @Override
        public int weight() {
            return 1;
        }
    }

    /// All lists have been read and lie before this.
    ///
    /// @param began when the first of them was asked for
    record SweepEnded(
            Identification from,
            Instant began,
            Instant ended,
            int blockHeight,
            List<CompletableFuture<Void>> waiting)
            implements QueueItem {
        public SweepEnded {
            waiting = List.copyOf(waiting);
        }

        @Override
        public int weight() {
            return 1;
        }
    }
}
