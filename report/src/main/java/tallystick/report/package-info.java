/// What a ledger says as JSON, CSV and on a terminal: mismatches, channels, payments, proofs. Pure functions of a
/// [tallystick.db.report.LedgerReading]; nothing here reads a clock, a database or the machine's settings. The daily report is in
/// `day`.
@NullMarked
package tallystick.report;

import org.jspecify.annotations.NullMarked;
