/// Connecting, migrating, transactions: what every use of Postgres begins with.
/// Repositories for the write path are in `tallystick.db.write`, readings for reports in `tallystick.db.report`.
@NullMarked
package tallystick.db;

import org.jspecify.annotations.NullMarked;
