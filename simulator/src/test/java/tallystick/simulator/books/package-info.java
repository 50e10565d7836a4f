@NullMarked
package tallystick.simulator.books;

import org.jspecify.annotations.NullMarked;
