/// The mismatch report and its formats: JSON, terminal, HTML, CSV. Pure functions of a
/// [tallystick.db.report.LedgerReading]; nothing here reads a clock, a database or the machine's settings.
@NullMarked
package tallystick.report;

import org.jspecify.annotations.NullMarked;
