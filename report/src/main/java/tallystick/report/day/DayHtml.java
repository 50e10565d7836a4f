package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import tallystick.report.figures.PlainText;

/// A report as a single page: well-formed XML, its stylesheet inside, no script, nothing loaded from elsewhere. Any thread.
public final class DayHtml {
    private static final String TEMPLATES = "tallystick.report.template";
    private static final String SCREEN = "@media screen";
    private static final String STYLESHEET = "/tallystick/report/tallystick.css";

    private final TemplateEngine templates =
            TemplateEngine.createPrecompiled(
                    null, ContentType.Html, DayHtml.class.getClassLoader(), TEMPLATES);

    /// @param trend open mismatches of the days before and of this one, oldest first
    public String render(DayReport report, List<DayPage.Point> trend) {
        return render(new DayPage(report, trend, stylesheet(), Integer.MAX_VALUE));
    }

    /// The same for paper alone.
    ///
    /// @param listed how many open mismatches are listed; their sums are of all
    String forPaper(DayReport report, List<DayPage.Point> trend, int listed) {
        return render(new DayPage(report, trend, withoutScreen(stylesheet()), listed));
    }

    /// What stands within the page, for a page that has the stylesheet already. It is escaped.
    ///
    /// @param trend open mismatches of the days before and of this one, oldest first
    public String body(DayReport report, List<DayPage.Point> trend) {
        return render("body.jte", new DayPage(report, trend, "", Integer.MAX_VALUE));
    }

    private String render(DayPage page) {
        return render("day.jte", page);
    }

    private String render(String template, DayPage page) {
        StringOutput output = new StringOutput();
        templates.render(template, Map.of("page", page), output);
        return PlainText.printable(output.toString());
    }

    /// The one stylesheet of pages and documents.
    public static String stylesheet() {
        try (InputStream css = DayHtml.class.getResourceAsStream(STYLESHEET)) {
            if (css == null) {
                throw new IllegalStateException(
                        "stylesheet: none (expected: %s among the program's resources)"
                                .formatted(STYLESHEET));
            }
            return new String(css.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A stylesheet less its blocks for the screen, which have more than a renderer for paper knows.
    private static String withoutScreen(String css) {
        StringBuilder kept = new StringBuilder();
        int from = 0;
        for (int at = css.indexOf(SCREEN); at >= 0; at = css.indexOf(SCREEN, from)) {
            kept.append(css, from, at);
            int depth = 0;
            from = css.indexOf('{', at);
            do {
                depth += css.charAt(from) == '{' ? 1 : css.charAt(from) == '}' ? -1 : 0;
                from++;
            } while (depth > 0);
        }
        return kept.append(css.substring(from)).toString();
    }
}
