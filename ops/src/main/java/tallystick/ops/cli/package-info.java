/// The `tallystick` command: one thin class per subcommand, which reads its options, opens what it needs, calls the module
/// that does the work, and prints. Data goes to stdout; progress and errors go to stderr.
@NullMarked
package tallystick.ops.cli;

import org.jspecify.annotations.NullMarked;
