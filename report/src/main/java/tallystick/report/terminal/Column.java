package tallystick.report.terminal;

/// A column of a table.
///
/// @param isNumber right-aligned, and never cut
/// @param cutTo text may be cut to so many columns when the table does not fit; 0 when it may not
/// @param dropRank when the table still does not fit, the column with the highest rank is left out first; 0 stays
public record Column(String head, boolean isNumber, int cutTo, int dropRank) {
    public static Column text(String head) {
        return new Column(head, false, 0, 0);
    }

    public static Column number(String head) {
        return new Column(head, true, 0, 0);
    }

    public Column cutTo(int columns) {
        return new Column(head, isNumber, columns, dropRank);
    }

    public Column droppedAs(int rank) {
        return new Column(head, isNumber, cutTo, rank);
    }
}
