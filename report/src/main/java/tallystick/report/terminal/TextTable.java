package tallystick.report.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tallystick.report.figures.PlainText;

/// A table as wide as the terminal: text left, numbers right, a rule under the head, one above a total and a double one
/// below. What does not fit is cut with an ellipsis or, column by column, left out; a number is never cut.
public final class TextTable {
    private static final int GAP = 2;
    private static final int GAP_TIGHT = 1;

    private final TerminalStyle style;
    private final List<Column> columns;
    private final List<Row> rows = new ArrayList<>();

    public TextTable(TerminalStyle style, List<Column> columns) {
        this.style = style;
        this.columns = List.copyOf(columns);
    }

    private sealed interface Row {
        record Cells(List<Cell> cells, boolean runsOver) implements Row {}

        record Rule(char sign) implements Row {}
    }

    /// Which columns are shown, and how wide.
    private record Layout(List<Slot> slots, int gap) {}

    /// A column that is shown.
    private record Slot(int column, int width) {}

    public TextTable row(Cell... cells) {
        rows.add(new Row.Cells(require(cells), false));
        return this;
    }

    /// A row whose first text may run over the empty cells after it.
    public TextTable sum(Cell... cells) {
        rows.add(new Row.Cells(require(cells), true));
        return this;
    }

    public TextTable rule() {
        rows.add(new Row.Rule('-'));
        return this;
    }

    public TextTable doubleRule() {
        rows.add(new Row.Rule('='));
        return this;
    }

    public List<String> lines() {
        Layout layout = layout();
        List<String> lines = new ArrayList<>();
        List<Cell> head = columns.stream().map(column -> Cell.of(column.head())).toList();
        lines.add(line(head, false, layout));
        lines.add("-".repeat(style.width()));
        for (Row row : rows) {
            lines.add(
                    switch (row) {
                        case Row.Cells(List<Cell> cells, boolean runsOver) ->
                                line(cells, runsOver, layout);
                        case Row.Rule(char sign) -> String.valueOf(sign).repeat(style.width());
                    });
        }
        return lines;
    }

    private List<Cell> require(Cell... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(
                    "cells: %d (expected: %d)".formatted(cells.length, columns.size()));
        }
        return List.of(cells);
    }

    private Layout layout() {
        int[] natural = IntStream.range(0, columns.size()).map(this::naturalWidth).toArray();
        List<Integer> shown = new ArrayList<>(IntStream.range(0, columns.size()).boxed().toList());
        while (least(shown, natural) + GAP_TIGHT * (shown.size() - 1) > style.width()) {
            Optional<Integer> dropped = nextToDrop(shown);
            if (dropped.isEmpty()) {
                break;
            }
            shown.removeIf(dropped.get()::equals);
        }
        int wanted = shown.stream().mapToInt(i -> natural[i]).sum();
        int gap = wanted + GAP * (shown.size() - 1) <= style.width() ? GAP : GAP_TIGHT;
        int[] widths = fitted(shown, natural, style.width() - gap * (shown.size() - 1));
        return new Layout(shown.stream().map(i -> new Slot(i, widths[i])).toList(), gap);
    }

    private int naturalWidth(int index) {
        int width = PlainText.width(columns.get(index).head());
        for (Row row : rows) {
            if (row instanceof Row.Cells(List<Cell> cells, boolean runsOver)
                    && (!runsOver || columns.get(index).isNumber())) {
                width = Math.max(width, cells.get(index).width());
            }
        }
        return width;
    }

    private int least(List<Integer> shown, int[] natural) {
        return shown.stream().mapToInt(i -> leastWidth(i, natural)).sum();
    }

    private int leastWidth(int index, int[] natural) {
        int cutTo = columns.get(index).cutTo();
        return cutTo == 0 ? natural[index] : Math.min(cutTo, natural[index]);
    }

    private Optional<Integer> nextToDrop(List<Integer> shown) {
        return shown.stream()
                .filter(i -> columns.get(i).dropRank() > 0)
                .max(Comparator.comparingInt(i -> columns.get(i).dropRank()));
    }

    /// Takes from the widest text that may be cut until all fit; gives what is spare to the first text.
    private int[] fitted(List<Integer> shown, int[] natural, int room) {
        int[] widths = Arrays.copyOf(natural, natural.length);
        int excess = shown.stream().mapToInt(i -> widths[i]).sum() - room;
        while (excess > 0) {
            Optional<Integer> widest =
                    shown.stream()
                            .filter(i -> widths[i] > leastWidth(i, natural))
                            .max(Comparator.comparingInt(i -> widths[i]));
            if (widest.isEmpty()) {
                break;
            }
            widths[widest.get()]--;
            excess--;
        }
        if (excess < 0) {
            widths[stretched(shown)] -= excess;
        }
        return widths;
    }

    private int stretched(List<Integer> shown) {
        return shown.stream()
                .filter(i -> columns.get(i).cutTo() > 0)
                .findFirst()
                .orElse(shown.getFirst());
    }

    private String line(List<Cell> cells, boolean runsOver, Layout layout) {
        StringBuilder line = new StringBuilder();
        List<Slot> slots = layout.slots();
        int used = 0;
        for (int i = 0; i < slots.size(); i++) {
            int column = slots.get(i).column();
            Cell cell = cells.get(column);
            int width = slots.get(i).width();
            while (runsOver && cell.width() > width && isFree(slots, i + 1, cells)) {
                i++;
                width += layout.gap() + slots.get(i).width();
            }
            int room = Math.clamp(style.width() - used, 0, width);
            line.append(padded(cell, room, columns.get(column).isNumber()));
            line.append(" ".repeat(layout.gap()));
            used += room + layout.gap();
        }
        return line.toString().stripTrailing();
    }

    private static boolean isFree(List<Slot> slots, int position, List<Cell> cells) {
        return position < slots.size() && cells.get(slots.get(position).column()).text().isEmpty();
    }

    private String padded(Cell cell, int width, boolean right) {
        String text = PlainText.cut(cell.text(), Math.max(width, 0));
        String inked = cell.ink().on(text, style);
        String space = " ".repeat(Math.max(width - PlainText.width(text), 0));
        return right ? space + inked : inked + space;
    }
}
