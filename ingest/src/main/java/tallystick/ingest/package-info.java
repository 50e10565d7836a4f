/// Nodes to Kafka: `Ingestor` follows every configured node and publishes what it says. Its settings, states and errors.
/// `node` talks to the nodes, `record` turns their messages into ours, `publish` writes them; `books` is the way in for the
/// business's own half.
@NullMarked
package tallystick.ingest;

import org.jspecify.annotations.NullMarked;
