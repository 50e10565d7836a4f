package tallystick.db.write;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.ToIntFunction;

/// Rows that never change lie many to a row of their table, each column an array: as many as a page holds.
final class Chunks {
    /// What the elements may take of the 8,160 bytes of a row that has a page for itself. What is left is for the heads of the
    /// row and its arrays, and the first and last key. A row that comes out larger is moved out of its page, and reads the same.
    static final int BYTES_MAX = 7_700;

    /// The length of an element, and what aligns the next one.
    private static final int HEAD_BYTES = 7;

    private Chunks() {}

    /// In the order given, each with at least one row.
    ///
    /// @param size bytes that a row takes
    static <T> List<List<T>> cut(Collection<T> rows, ToIntFunction<T> size) {
        List<List<T>> chunks = new ArrayList<>();
        int room = 0;
        for (T row : rows) {
            int bytes = size.applyAsInt(row);
            if (bytes > room) {
                chunks.add(new ArrayList<>());
                room = BYTES_MAX;
            }
            chunks.getLast().add(row);
            room -= bytes;
        }
        return chunks;
    }

    /// Bytes that a text takes as an element, where it is ASCII, as nearly all are.
    static int size(String text) {
        return HEAD_BYTES + text.length();
    }
}
