/// What items add to business days, so that any day can be told as it was known at any ledger sequence. Comes after decisions:
/// the reconciler writes down what changes, the daily report adds it up.
@NullMarked
package tallystick.ledger.day;

import org.jspecify.annotations.NullMarked;
