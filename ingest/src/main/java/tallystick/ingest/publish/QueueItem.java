package tallystick.ingest.publish;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tallystick.ingest.known.KnownFacts;
import tallystick.ingest.known.NodeList;
import tallystick.ingest.record.NodeMessage;

/// What waits for a node's publisher, in the order it was taken.
sealed interface QueueItem {
    /// What an item without messages counts for.
    int SMALL_BYTES = 256;

    /// How much of the queue it takes. Unit: bytes, about.
    default int weight() {
        return SMALL_BYTES;
    }

    /// A new connection: what comes from now on comes by it.
    ///
    /// @param done completed when everything before it is committed
    record Connected(NodeIdentity node, CompletableFuture<Void> done) implements QueueItem {}

    /// Somebody asks whether everything before it is committed.
    ///
    /// @param done completed when it is
    record Marker(CompletableFuture<Void> done) implements QueueItem {}

    /// A message that a stream sent.
    ///
    /// @param rpc full name of the stream
    /// @param arrival counts all of these
    record Streamed(String rpc, Instant at, NodeMessage message, long arrival)
            implements QueueItem {
        @Override
        public int weight() {
            return SMALL_BYTES + message.bytes().size();
        }
    }

    /// A part of a list.
    ///
    /// @param list the list that it is a part of, page by page; facts of other lists in it are compared by themselves
    /// @param asked the arrival of the last message that had come when it was asked for
    record Listed(
            Reading reading, NodeList list, Instant at, long asked, List<NodeMessage> messages)
            implements QueueItem {
        public Listed {
            messages = List.copyOf(messages);
        }

        @Override
        public int weight() {
            return messages.stream().mapToInt(m -> SMALL_BYTES + m.bytes().size()).sum();
        }
    }

    /// How the elements of an answer relate to the pages that are summed up.
    enum Reading {
        /// Pages follow each other, each complete.
        IN_PAGES,
        /// Elements stand for themselves.
        ONE_BY_ONE
    }

    /// A sweep begins.
    ///
    /// @param isRescan whether every list is going to be read from its beginning
    /// @param isSynced whether the node's wallet has seen the chain up to that height
    record SweepBegan(boolean isRescan, long asked, int blockHeight, boolean isSynced)
            implements QueueItem {}

    /// A list in pages begins.
    ///
    /// @param fromPage number of its first page
    record ListBegan(NodeList list, long fromPage) implements QueueItem {}

    /// The list is at its end.
    ///
    /// @param at when it was read
    /// @param missing gets the open facts that the sweep did not list
    record ListEnded(NodeList list, Instant at, CompletableFuture<List<KnownFacts.Missing>> missing)
            implements QueueItem {}

    /// The node was asked for an open fact by itself, and does not have it.
    record Absent(Instant at, NodeList list, KnownFacts.Missing what) implements QueueItem {}

    /// The node's indexes mean something else than before.
    ///
    /// @param done completed when that is committed
    record Renumbered(String sign, CompletableFuture<Void> done) implements QueueItem {}

    /// All lists have been read and lie before this.
    ///
    /// @param began when the first of them was asked for
    record SweepEnded(
            Instant began,
            Instant ended,
            Duration took,
            int blockHeight,
            CompletableFuture<Void> done)
            implements QueueItem {}
}
