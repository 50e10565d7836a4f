/// What the program promises as a whole, tried the way a user would: a program of its own is started and killed, and what it
/// leaves in its files and in its database is compared.
@NullMarked
package tallystick.ops.acceptance;

import org.jspecify.annotations.NullMarked;
