package tallystick.reconcile.model;

import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;

/// One thing that comes to the reconciler, in words and as a message. Immutable.
public sealed interface Event {
    Instant DAY = Instant.parse("2026-03-02T00:00:00Z");

    static Instant at(int minute) {
        return DAY.plus(Duration.ofMinutes(minute));
    }

    /// Minute of the day at which it is natural to come.
    int minute();

    /// For people.
    String words();

    /// A record of a node or of the books.
    ///
    /// @param thing number of the thing that it is about
    /// @param key by which it goes to its partition
    record Said(int minute, int thing, Topic topic, String key, Message message, String words)
            implements Event {}

    /// "All of this node's receipts and payments before that minute are in Kafka by now."
    ///
    /// @param later so many records are counted in of each topic that are yet to come; then it has to wait for them
    record Covered(int minute, NodeId node, int until, int height, int later) implements Event {
        @Override
        public String words() {
            return "minute %d: %s is read up to minute %d, block %d"
                    .formatted(minute, node.pubkey().substring(0, 4), until, height);
        }
    }
}
