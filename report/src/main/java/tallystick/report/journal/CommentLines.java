package tallystick.report.journal;

import java.io.IOException;
import java.util.Map;
import tallystick.report.figures.PlainText;

/// What a file is about, for people, where a semicolon begins a comment.
final class CommentLines {
    private CommentLines() {}

    static void about(Journal.Head head, Appendable out) throws IOException {
        out.append(
                "; Tallystick, ledger %s, as known at ledger sequence %d\n"
                        .formatted(PlainText.oneLine(head.ledger()), head.sequence()));
        if (head.isProvisional()) {
            out.append("; %s\n".formatted(head.provisional()));
        }
        for (Map.Entry<String, String> node : head.nodeNames().entrySet()) {
            out.append(
                    "; node %s is %s\n"
                            .formatted(node.getKey(), PlainText.oneLine(node.getValue())));
        }
    }
}
