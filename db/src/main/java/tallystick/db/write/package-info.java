/// The write path: one repository per table or pair of tables, set-based statements only.
/// Repositories take the caller's connection and never commit: one batch is one transaction.
@NullMarked
package tallystick.db.write;

import org.jspecify.annotations.NullMarked;
