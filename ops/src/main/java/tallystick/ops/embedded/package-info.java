/// Kafka and Postgres inside one program, for everyone who has neither: data in one directory, kept over restarts and
/// sudden deaths, reachable from this machine only. Commands start them first and close them last.
@NullMarked
package tallystick.ops.embedded;

import org.jspecify.annotations.NullMarked;
