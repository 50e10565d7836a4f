/// The gRPC API: what other programs ask of the ledger and tell it. Keeps nothing itself, so several instances may run.
@NullMarked
package tallystick.serve;

import org.jspecify.annotations.NullMarked;
