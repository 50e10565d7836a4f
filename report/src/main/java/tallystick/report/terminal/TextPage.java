package tallystick.report.terminal;

import java.util.ArrayList;
import java.util.List;
import tallystick.report.figures.PlainText;

/// Lines of text, none longer than the terminal is wide.
public final class TextPage {
    private final TerminalStyle style;
    private final StringBuilder text = new StringBuilder();

    public TextPage(TerminalStyle style) {
        this.style = style;
    }

    public TextPage table(TextTable table) {
        table.lines().forEach(this::add);
        return this;
    }

    public TextPage blank() {
        return add("");
    }

    /// A sentence, broken between words.
    public TextPage say(String sentence) {
        return say("", sentence, Ink.PLAIN);
    }

    /// The same after an indent: the first line begins with it, further lines with as much space.
    public TextPage say(String indent, String sentence, Ink ink) {
        String lead = PlainText.oneLine(indent);
        int indented = PlainText.width(lead);
        boolean first = true;
        for (String line : wrapped(PlainText.oneLine(sentence), style.width() - indented)) {
            add((first ? lead : " ".repeat(indented)) + ink.on(line, style));
            first = false;
        }
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private TextPage add(String line) {
        text.append(line).append('\n');
        return this;
    }

    private static List<String> wrapped(String sentence, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : sentence.split(" ", -1)) {
            String rest = word;
            if (!line.isEmpty() && PlainText.width(line + " " + rest) > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            while (PlainText.width(rest) > width) {
                int fitting = fitting(rest, width);
                lines.add(rest.substring(0, fitting));
                rest = rest.substring(fitting);
            }
            line.append(line.isEmpty() ? "" : " ").append(rest);
        }
        lines.add(line.toString());
        return lines;
    }

    /// How many characters of a word that is too long fit into the width.
    private static int fitting(String word, int width) {
        int end = 0;
        int used = 0;
        while (end < word.length()) {
            int point = word.codePointAt(end);
            used += PlainText.width(Character.toString(point));
            if (used > width) {
                break;
            }
            end += Character.charCount(point);
        }
        return end;
    }
}
