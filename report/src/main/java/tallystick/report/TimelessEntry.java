package tallystick.report;

import java.time.LocalDateTime;
import java.util.zip.ZipEntry;

/// Entries of archives that are the same whenever and wherever they are written.
public final class TimelessEntry {
    /// Not the earliest that the format can tell: that one stands for times before it, and Java adds the zone's own then.
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private TimelessEntry() {}

    public static ZipEntry of(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        return entry;
    }
}
