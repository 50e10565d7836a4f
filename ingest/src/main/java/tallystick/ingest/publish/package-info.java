/// From a bounded queue into Kafka transactions: one publisher per node writes records and advanced cursors together, leaves
/// out what has not changed, and says after each complete sweep how far the node is proven to have been read.
@NullMarked
package tallystick.ingest.publish;

import org.jspecify.annotations.NullMarked;
