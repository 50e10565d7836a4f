package tallystick.ingest.books;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Rows of the business's own database; tests put a list here. Any thread may call `cancel`, one all else.
interface RowSource {
    /// Connects, and holds the query to what is needed of it. The caller closes what it gets.
    ///
    /// @throws RowSourceException when the database is not there, or refuses
    Reading open();

    /// Breaks off what is under way, if anything is.
    void cancel();

    /// One reading of the query: one statement, one snapshot.
    interface Reading extends AutoCloseable {
        Watermark.Kind kind();

        /// @param after rows above this are wanted; empty: all
        void begin(Optional<Watermark> after);

        /// The next row, in the order of the query; empty after the last one.
        Optional<Row> next();

        @Override
        void close();
    }

    /// One row.
    ///
    /// @param watermark empty when it is null or infinite
    /// @param fields by column, in the form of a CSV file; null is the empty text
    record Row(Optional<Watermark> watermark, Map<String, String> fields) {
        public Row {
            fields = new LinkedHashMap<>(fields);
        }
    }
}
