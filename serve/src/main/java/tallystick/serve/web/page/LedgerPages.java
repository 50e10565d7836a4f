package tallystick.serve.web.page;

import java.sql.Connection;
import java.sql.SQLException;
import tallystick.serve.call.Readings;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Visit;

/// Pages whose content and frame are read of the ledger in one snapshot. Any thread.
public final class LedgerPages {
    private final Readings readings;
    private final Frames frames;
    private final Templates templates;

    public LedgerPages(Readings readings, Frames frames, Templates templates) {
        this.readings = readings;
        this.frames = frames;
        this.templates = templates;
    }

    /// Reads what a page prints.
    public interface Content {
        Object read(Connection connection, Frame frame) throws SQLException;
    }

    private record Read(Frame frame, Object content) {}

    /// @param template its name, without its ending
    public Answer.Whole page(Visit visit, Tab tab, String title, String template, Content content) {
        Read read =
                readings.read(
                        connection -> {
                            Frame frame = frames.read(connection, visit, tab, title);
                            return new Read(frame, content.read(connection, frame));
                        });
        return templates.page(template, read.frame(), read.content());
    }
}
