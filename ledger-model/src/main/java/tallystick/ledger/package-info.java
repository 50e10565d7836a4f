/// The words of the domain: amounts, nodes, references. What both halves of an item are told apart and matched by.
/// Everything else builds on this package; it builds on nothing but the JDK.
@NullMarked
package tallystick.ledger;

import org.jspecify.annotations.NullMarked;
