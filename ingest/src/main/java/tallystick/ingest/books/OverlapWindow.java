package tallystick.ingest.books;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import tallystick.ingest.record.Digest;

/// Which rows of the overlap have been published, so that they are not published again with every reading. Some 150 bytes
/// each. A restart forgets them; then they are published once more, which merges to nothing. One thread.
final class OverlapWindow {
    /// Some 30 MB. Rows beyond are published with every reading: too much, but not wrong.
    static final int ROWS_MAX = 200_000;

    private final TreeMap<Watermark, Set<Digest>> rows = new TreeMap<>();
    private int size;

    boolean holds(Watermark watermark, Digest row) {
        Set<Digest> same = rows.get(watermark);
        return same != null && same.contains(row);
    }

    /// @return false when there is no room
    boolean add(Watermark watermark, Digest row) {
        if (size >= ROWS_MAX) {
            return false;
        }
        if (rows.computeIfAbsent(watermark, _ -> new HashSet<>()).add(row)) {
            size++;
        }
        return true;
    }

    /// Rows up to here are not read again.
    void forgetUpTo(Watermark horizon) {
        var passed = rows.headMap(horizon, true);
        passed.values().forEach(same -> size -= same.size());
        passed.clear();
    }

    int size() {
        return size;
    }
}
