package tallystick.ops.cli;

import tallystick.report.terminal.TerminalStyle;

/// How this process's stdout wants its text.
final class Styles {
    private static final int COLUMNS_UNKNOWN = 100;

    private Styles() {}

    static TerminalStyle ofStdout() {
        var console = System.console();
        boolean isTerminal = console != null && console.isTerminal();
        return isTerminal
                ? TerminalStyle.fitting(columns(), System.getenv("NO_COLOR") == null)
                : TerminalStyle.PLAIN;
    }

    /// The launcher asks the terminal.
    private static int columns() {
        String columns = System.getenv("COLUMNS");
        return columns != null && columns.matches("\\d{1,4}")
                ? Integer.parseInt(columns)
                : COLUMNS_UNKNOWN;
    }
}
