package tallystick.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.Map;
import tallystick.db.report.LedgerReading;
import tallystick.report.figures.PlainText;

/// The report of one business day as a single page: well-formed XML, its stylesheet inside, no script, nothing loaded from
/// elsewhere. What is seen on the screen is what is printed. Any thread.
public final class HtmlReport {
    private static final String TEMPLATES = "tallystick.report.template";
    private static final String STYLESHEET = "tallystick.css";

    private final TemplateEngine templates =
            TemplateEngine.createPrecompiled(
                    null, ContentType.Html, HtmlReport.class.getClassLoader(), TEMPLATES);

    public String render(LedgerReading reading, LocalDate day) {
        StringOutput output = new StringOutput();
        ReportPage page = ReportPage.of(reading, day, stylesheet());
        templates.render("report.jte", Map.of("page", page), output);
        // The templates escape what has a meaning in XML; some characters may not stand in XML at
        // all.
        return PlainText.printable(output.toString());
    }

    /// The one stylesheet of pages and documents.
    public static String stylesheet() {
        try (InputStream css = HtmlReport.class.getResourceAsStream(STYLESHEET)) {
            if (css == null) {
                throw new IllegalStateException(
                        "stylesheet: none (expected: %s beside the class)".formatted(STYLESHEET));
            }
            return new String(css.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
