/// Nodes that say again what real lnd nodes once said: a recording of their gRPC traffic, served over real gRPC with TLS
/// and macaroon, one message at a time, on a clock of its own. The first link of the flow: what follows such a node
/// cannot tell it from a live one, but for address and clock.
@NullMarked
package tallystick.simulator.replay;

import org.jspecify.annotations.NullMarked;
