/// The gRPC server of a node that only seems to be one: loopback, TLS, macaroon, calls known by name and served as bytes.
/// What is answered is up to the packages beside it: a recording that is played, or a node that lives from a seed.
@NullMarked
package tallystick.simulator.server;

import org.jspecify.annotations.NullMarked;
