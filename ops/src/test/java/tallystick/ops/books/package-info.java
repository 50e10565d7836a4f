/// The ways in for book entries, against a real broker and a real database.
@NullMarked
package tallystick.ops.books;

import org.jspecify.annotations.NullMarked;
