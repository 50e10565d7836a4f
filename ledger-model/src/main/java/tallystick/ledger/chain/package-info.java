/// How the transactions and channels of one node hang together: what closed a channel, what brought it home, what replaced
/// what.
@NullMarked
package tallystick.ledger.chain;

import org.jspecify.annotations.NullMarked;
