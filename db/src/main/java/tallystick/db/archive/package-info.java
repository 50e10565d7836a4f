/// Evidence of months that are over, in files: moved there by the archivist, and read again where it is checked. Knows the tables
/// of evidence only.
@NullMarked
package tallystick.db.archive;

import org.jspecify.annotations.NullMarked;
