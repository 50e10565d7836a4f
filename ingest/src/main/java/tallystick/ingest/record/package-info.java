/// What a node's message means in our words: pure functions from lnd's messages to the records of the contract.
/// Nothing here reads a clock, a file or a socket. `publish` adds the envelope and writes what comes out.
@NullMarked
package tallystick.ingest.record;

import org.jspecify.annotations.NullMarked;
