/// The BookService.
@NullMarked
package tallystick.serve.books;

import org.jspecify.annotations.NullMarked;
