/// The mismatch rules: what an item, the coverage, the rules' settings and a moment add up to. Pure; docs/mismatches.md
/// tells the rules in words.
@NullMarked
package tallystick.ledger.mismatch;

import org.jspecify.annotations.NullMarked;
