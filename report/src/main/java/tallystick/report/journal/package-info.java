/// The ledger in the formats of other people's accounting programs.
@NullMarked
package tallystick.report.journal;

import org.jspecify.annotations.NullMarked;
