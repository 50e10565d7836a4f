package tallystick.report.terminal;

import tallystick.report.figures.PlainText;

/// One cell of a table: a single line without control characters.
public record Cell(String text, Ink ink) {
    public static final Cell EMPTY = of("");

    public Cell {
        text = PlainText.oneLine(text);
    }

    public static Cell of(String text) {
        return new Cell(text, Ink.PLAIN);
    }

    int width() {
        return PlainText.width(text);
    }
}
