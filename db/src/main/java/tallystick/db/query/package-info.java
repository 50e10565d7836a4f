/// What other programs ask for, page by page: each question one bounded statement, over whatever size of ledger.
@NullMarked
package tallystick.db.query;

import org.jspecify.annotations.NullMarked;
