/// What reports are made of: one consistent reading of ledger and register, as plain values.
@NullMarked
package tallystick.db.report;

import org.jspecify.annotations.NullMarked;
