package tallystick.report.day;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.List;
import java.util.Map;
import tallystick.report.HtmlReport;
import tallystick.report.figures.PlainText;

/// A report as a single page: well-formed XML, its stylesheet inside, no script, nothing loaded from elsewhere. Any thread.
public final class DayHtml {
    private static final String TEMPLATES = "tallystick.report.template";

    private final TemplateEngine templates =
            TemplateEngine.createPrecompiled(
                    null, ContentType.Html, DayHtml.class.getClassLoader(), TEMPLATES);

    /// @param trend open mismatches of the days before and of this one, oldest first
    public String render(DayReport report, List<DayPage.Point> trend) {
        StringOutput output = new StringOutput();
        DayPage page = new DayPage(report, trend, HtmlReport.stylesheet());
        templates.render("day.jte", Map.of("page", page), output);
        return PlainText.printable(output.toString());
    }
}
