/// Journals of a ledger, made of what its items posted: read in one snapshot, sorted by day on disk, and held against the rows that
/// daily reports are made of. Comes after `report`, whose formats it fills.
@NullMarked
package tallystick.ops.journal;

import org.jspecify.annotations.NullMarked;
