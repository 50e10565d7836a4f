/// Books to Kafka: reads a CSV file of book entries, checks all of it, and publishes all of it or nothing.
@NullMarked
package tallystick.ingest.books;

import org.jspecify.annotations.NullMarked;
