package tallystick.serve.web.page;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.HashMap;
import java.util.Map;
import tallystick.report.figures.PlainText;
import tallystick.serve.web.http.Answer;

/// The templates, which escape whatever they are given. Any thread.
public final class Templates {
    private static final String PACKAGE = "tallystick.serve.web.template";

    private final TemplateEngine engine =
            TemplateEngine.createPrecompiled(
                    null, ContentType.Html, Templates.class.getClassLoader(), PACKAGE);

    /// A page with its frame.
    ///
    /// @param name of the template, without its ending
    /// @param page what it prints
    public Answer.Whole page(String name, Frame frame, Object page) {
        return page(200, name, frame, page);
    }

    /// @param status of HTTP
    public Answer.Whole page(int status, String name, Frame frame, Object page) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("frame", frame);
        parameters.put("page", page);
        StringOutput output = new StringOutput();
        engine.render(name + ".jte", parameters, output);
        return Answer.html(status, PlainText.printable(output.toString()));
    }
}
