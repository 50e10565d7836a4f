package tallystick.ops.cli;

import java.util.List;
import java.util.Locale;
import tallystick.ops.bench.Figure;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What was measured, for people and for programs.
final class BenchText {
    private static final int NAME_WIDTH = 36;
    private static final String LINE = "-".repeat(84);

    /// Below this a figure is shown with a digit more.
    private static final double SMALL = 100;

    private BenchText() {}

    /// @param what was measured, for example "Ingest"
    static String table(String what, List<Figure> figures) {
        var text = new StringBuilder();
        var system = java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        text.append(
                "%s on %d processors (%s, Java %s)%n"
                        .formatted(
                                what,
                                system.getAvailableProcessors(),
                                system.getArch(),
                                Runtime.version()));
        String part = "";
        for (Figure figure : figures) {
            if (!figure.part().equals(part)) {
                part = figure.part();
                text.append(LINE).append(System.lineSeparator());
                text.append(
                        "%s (load before: %s)%n"
                                .formatted(
                                        part, String.format(Locale.ROOT, "%.1f", figure.load())));
            }
            text.append(line(figure)).append(System.lineSeparator());
        }
        return text.toString();
    }

    private static String line(Figure figure) {
        String sign = figure.limit().isEmpty() ? " " : figure.isMet() ? "=" : "≠";
        String limit =
                figure.limit()
                        .map(l -> (l.isAtLeast() ? "at least " : "at most ") + number(l.bound()))
                        .orElse("");
        return "%s  %-*s %12s %-12s %s"
                .replace("*", Integer.toString(NAME_WIDTH))
                .formatted(sign, figure.name(), number(figure.value()), figure.unit(), limit)
                .stripTrailing();
    }

    private static String number(double value) {
        boolean isSmall = Math.abs(value) < SMALL && value != Math.rint(value);
        return String.format(Locale.ROOT, isSmall ? "%,.1f" : "%,.0f", value);
    }

    static String json(List<Figure> figures) {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(figures)
                + System.lineSeparator();
    }
}
