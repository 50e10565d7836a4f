/// Accounts and transfers: what an item posts. A transfer has one debit, one credit and one amount, and is never changed.
@NullMarked
package tallystick.ledger.account;

import org.jspecify.annotations.NullMarked;
