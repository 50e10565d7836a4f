package tallystick.report.figures;

/// Makes text from outside (orders, aliases, accounts, memos) safe to show, and measures it.
public final class PlainText {
    private static final char REPLACEMENT = '\uFFFD';
    private static final String ELLIPSIS = "…";

    private PlainText() {}

    /// On one line, without control characters and without characters that turn the direction of what follows: those
    /// could move the cursor of a terminal, break a page's syntax, or show a figure in another order than it has.
    public static String oneLine(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().map(PlainText::safe).forEach(safe::appendCodePoint);
        return safe.toString();
    }

    /// The same for a text of several lines.
    public static String printable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> point == '\n' ? point : safe(point))
                .forEach(safe::appendCodePoint);
        return safe.toString();
    }

    /// How many columns of a terminal the text takes.
    public static int width(String text) {
        return text.codePoints().map(PlainText::columns).sum();
    }

    /// The text, cut to at most so many columns; an ellipsis says that it was cut.
    public static String cut(String text, int columns) {
        if (width(text) <= columns) {
            return text;
        }
        StringBuilder kept = new StringBuilder();
        int used = 0;
        for (int point : text.codePoints().toArray()) {
            used += columns(point);
            if (used > columns - 1) {
                break;
            }
            kept.appendCodePoint(point);
        }
        return kept + ELLIPSIS;
    }

    private static int safe(int point) {
        if (point == '\n' || point == '\r' || point == '\t') {
            return ' ';
        }
        if (isJoiner(point)) {
            return point;
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED ->
                    REPLACEMENT;
            default -> point;
        };
    }

    private static int columns(int point) {
        return switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
            default -> isWide(point) ? 2 : 1;
        };
    }

    /// Joins or parts letters, without a width of its own; some scripts cannot be written without.
    private static boolean isJoiner(int point) {
        return point == 0x200C || point == 0x200D;
    }

    /// Scripts and signs that terminals draw over two columns.
    private static boolean isWide(int point) {
        return (point >= 0x1100 && point <= 0x115F)
                || (point >= 0x2E80 && point <= 0xA4CF)
                || (point >= 0xAC00 && point <= 0xD7A3)
                || (point >= 0xF900 && point <= 0xFAFF)
                || (point >= 0xFE30 && point <= 0xFE6F)
                || (point >= 0xFF00 && point <= 0xFF60)
                || (point >= 0xFFE0 && point <= 0xFFE6)
                || (point >= 0x1F300 && point <= 0x1FAFF)
                || (point >= 0x20000 && point <= 0x3FFFD);
    }
}
