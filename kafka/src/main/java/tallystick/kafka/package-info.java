/// The Kafka contract in code: which topics there are, how records are keyed, in which partition a key lies, and the
/// headers of each record. Both sides of every topic use this one description.
@NullMarked
package tallystick.kafka;

import org.jspecify.annotations.NullMarked;
