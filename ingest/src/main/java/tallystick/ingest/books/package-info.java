/// Books to Kafka, by three ways in: a CSV file (`BooksImport`: all of it or nothing), the inbox topic that other systems
/// write (`BooksInbox`), and the business's own database (`BooksPull`). One parser holds what an entry must be, whichever way
/// it came; what is not that is refused in a file, and quarantined with its bytes otherwise.
@NullMarked
package tallystick.ingest.books;

import org.jspecify.annotations.NullMarked;
