package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tallystick.report.terminal.TerminalStyle;

/// The formats of a daily report. The same report gives the same bytes in each of them.
public enum DayFormat {
    TEXT,
    JSON,
    HTML,
    PDF,
    XLSX,
    /// A file for each table.
    CSV,
    /// The queries that give the figures; of an issued report only.
    SQL;

    /// Whether a report is one file; otherwise it is a folder of several.
    public boolean isOneFile() {
        return this != CSV;
    }

    /// Whether a terminal can show it.
    public boolean isText() {
        return isOneFile() && this != PDF && this != XLSX;
    }

    /// Those in which a report can be told.
    public static List<DayFormat> of(DayReport report) {
        return Arrays.stream(values()).filter(one -> one.tells(report)).toList();
    }

    private boolean tells(DayReport report) {
        return this != SQL || report.isIssued();
    }

    /// The report as one file or several, by their names: `2026-11-22.pdf`, `2026-11-22.csv/4-mismatches.csv`.
    public Map<String, byte[]> render(DayDocument document) {
        DayReport report = document.report();
        return switch (this) {
            case TEXT -> one(report, utf8(new DayText(TerminalStyle.PLAIN).render(report)));
            case JSON -> one(report, line(document.json()));
            case HTML -> one(report, utf8(new DayHtml().render(report, document.trend())));
            case PDF -> one(report, new DayPdf().render(report, document.trend()));
            case XLSX -> one(report, new DayXlsx().render(report));
            case SQL -> one(report, utf8(DayQueries.script(report)));
            case CSV -> {
                Map<String, byte[]> files = new LinkedHashMap<>();
                new DayCsv()
                        .render(report)
                        .forEach((name, text) -> files.put(name(report) + "/" + name, utf8(text)));
                yield files;
            }
        };
    }

    private Map<String, byte[]> one(DayReport report, byte[] file) {
        return Map.of(name(report), file);
    }

    private String name(DayReport report) {
        String ending = this == TEXT ? "txt" : name().toLowerCase(Locale.ROOT);
        return report.facts().day() + "." + ending;
    }

    private static byte[] line(byte[] text) {
        byte[] line = Arrays.copyOf(text, text.length + 1);
        line[text.length] = '\n';
        return line;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
