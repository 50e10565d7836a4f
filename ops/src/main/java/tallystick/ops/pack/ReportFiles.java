package tallystick.ops.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.report.day.DayCsv;
import tallystick.report.day.DayHtml;
import tallystick.report.day.DayPage;
import tallystick.report.day.DayText;
import tallystick.report.day.ReportDesk;
import tallystick.report.terminal.TerminalStyle;

/// A report in every format that there is.
final class ReportFiles {
    /// How many days the trend tells.
    private static final int TREND_DAYS = 14;

    private ReportFiles() {}

    /// By the name of the file.
    static SortedMap<String, byte[]> of(ReportDesk desk, ReportDesk.Made made) {
        String day = made.report().facts().day().toString();
        SortedMap<String, byte[]> files = new TreeMap<>();
        files.put(day + ".json", utf8(new String(made.json(), UTF_8) + "\n"));
        files.put(day + ".html", utf8(new DayHtml().render(made.report(), trend(desk, made))));
        files.put(day + ".txt", utf8(new DayText(TerminalStyle.PLAIN).render(made.report())));
        new DayCsv()
                .render(made.report())
                .forEach((name, text) -> files.put(day + ".csv/" + name, utf8(text)));
        return files;
    }

    private static List<DayPage.Point> trend(ReportDesk desk, ReportDesk.Made made) {
        List<DayPage.Point> points = new ArrayList<>();
        desk.list(made.report().facts().day(), TREND_DAYS)
                .forEach(
                        one ->
                                points.add(
                                        new DayPage.Point(
                                                one.day(), one.openCount(), one.openMsat())));
        Collections.reverse(points);
        return points;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
