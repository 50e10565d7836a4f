/// What a monitoring system asks over HTTP: the meters in Prometheus' text format, and whether all is well. Nothing of the
/// ledger is served here.
@NullMarked
package tallystick.ops.http;

import org.jspecify.annotations.NullMarked;
