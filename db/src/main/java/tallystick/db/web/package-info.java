/// People who sign in at the pages, and their sessions. No part of the ledger.
@NullMarked
package tallystick.db.web;

import org.jspecify.annotations.NullMarked;
