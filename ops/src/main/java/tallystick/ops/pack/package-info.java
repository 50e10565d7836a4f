/// The evidence pack: all that a day's report rests on in one archive, for people who have no access to the ledger. Comes after
/// reports and journals, which it holds.
@NullMarked
package tallystick.ops.pack;

import org.jspecify.annotations.NullMarked;
