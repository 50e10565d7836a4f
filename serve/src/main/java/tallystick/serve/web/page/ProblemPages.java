package tallystick.serve.web.page;

import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Gate;
import tallystick.serve.web.http.Visit;

/// Tells people that something could not be done. Reads nothing: it may be the database that failed. Any thread.
public final class ProblemPages implements Gate.Problems {
    private final Frames frames;
    private final Templates templates;

    public ProblemPages(Frames frames, Templates templates) {
        this.frames = frames;
        this.templates = templates;
    }

    /// What the template prints.
    public record Problem(String title, String message) {}

    @Override
    public Answer.Whole answer(Visit visit, int status, String message) {
        String title =
                switch (status) {
                    case 403 -> "Not allowed";
                    case 404 -> "Not here";
                    case 409 -> "Not done";
                    case 503, 504 -> "Not now";
                    default -> status < 500 ? "Not understood" : "An error of the program";
                };
        return templates.page(
                status, "problem", frames.bare(visit, title), new Problem(title, message));
    }
}
