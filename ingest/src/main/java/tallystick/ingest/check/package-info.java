/// Tells whether a node can be followed as it is configured, and what somebody would have to change, without following it:
/// before the flow begins.
@NullMarked
package tallystick.ingest.check;

import org.jspecify.annotations.NullMarked;
