package tallystick.ops.pack;

import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.report.day.DayDocument;
import tallystick.report.day.DayFormat;

/// A report in every format that there is.
final class ReportFiles {
    private ReportFiles() {}

    /// By the name of the file.
    static SortedMap<String, byte[]> of(DayDocument document) {
        SortedMap<String, byte[]> files = new TreeMap<>();
        for (DayFormat format : DayFormat.values()) {
            if (format.tells(document.report())) {
                files.putAll(format.render(document));
            }
        }
        return files;
    }
}
