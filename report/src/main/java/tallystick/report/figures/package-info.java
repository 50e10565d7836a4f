/// What every format of the report shares: how figures are written, and the sums that are printed. Between the
/// reading and the formats.
@NullMarked
package tallystick.report.figures;

import org.jspecify.annotations.NullMarked;
