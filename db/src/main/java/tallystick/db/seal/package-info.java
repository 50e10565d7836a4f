/// Tamper evidence: the tree over what a batch sealed, the chain of heads, and the check of all rows against both. Comes after
/// the repositories that write, and reads only.
@NullMarked
package tallystick.db.seal;

import org.jspecify.annotations.NullMarked;
