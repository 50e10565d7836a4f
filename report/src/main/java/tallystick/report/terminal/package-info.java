/// Tables and text for a terminal: plain, of a given width, with colour only when asked for.
@NullMarked
package tallystick.report.terminal;

import org.jspecify.annotations.NullMarked;
