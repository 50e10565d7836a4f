/// Accounts: what they hold, and the transfers that made it so.
@NullMarked
package tallystick.serve.web.account;

import org.jspecify.annotations.NullMarked;
