/// The daily report: its facts, its history and its seal as records, made from one reading of the ledger; its canonical JSON, and
/// the formats that are made from the records. Reads through `tallystick.db.report`.
@NullMarked
package tallystick.report.day;

import org.jspecify.annotations.NullMarked;
