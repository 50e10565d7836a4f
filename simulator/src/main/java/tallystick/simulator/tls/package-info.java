/// Certificates for a simulated node's TLS: self-signed, made for one run, as lnd makes its own.
@NullMarked
package tallystick.simulator.tls;

import org.jspecify.annotations.NullMarked;
