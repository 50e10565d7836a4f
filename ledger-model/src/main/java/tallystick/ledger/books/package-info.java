/// The business's own half: book entries and what their kinds mean.
/// Entries come from ingest by way of Kafka; items (`tallystick.ledger.item`) hold them.
@NullMarked
package tallystick.ledger.books;

import org.jspecify.annotations.NullMarked;
