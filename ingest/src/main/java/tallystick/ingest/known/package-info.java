/// What of a node is in Kafka already: the facts that may still change, one by one, and sums over the pages of its lists for
/// all others. It decides what is news, tells what is missing from a list, and keeps itself in the state topic.
@NullMarked
package tallystick.ingest.known;

import org.jspecify.annotations.NullMarked;
