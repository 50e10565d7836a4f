/// The books of a business whose nodes are simulated: what the nodes settle is booked, with a person's mistakes, which are
/// noticed and put right. What it makes goes the way of any other system's entries.
@NullMarked
package tallystick.simulator.books;

import org.jspecify.annotations.NullMarked;
