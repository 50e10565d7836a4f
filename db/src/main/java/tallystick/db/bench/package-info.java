/// What benchmarks ask of the database: the rate it could reach at best, and what a run has left in it.
/// Nothing here is used in production.
@NullMarked
package tallystick.db.bench;

import org.jspecify.annotations.NullMarked;
