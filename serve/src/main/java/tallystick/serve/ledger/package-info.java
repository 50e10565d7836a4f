/// The LedgerService, and parts of the ledger as all services tell them.
@NullMarked
package tallystick.serve.ledger;

import org.jspecify.annotations.NullMarked;
