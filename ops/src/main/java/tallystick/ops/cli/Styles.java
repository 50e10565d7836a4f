package tallystick.ops.cli;

import java.io.Console;
import java.util.Optional;
import tallystick.report.terminal.TerminalStyle;

/// How this process's stdout wants its text.
final class Styles {
    private static final int COLUMNS_UNKNOWN = 100;

    private Styles() {}

    static TerminalStyle ofStdout() {
        return isTerminal()
                ? TerminalStyle.fitting(columns(), System.getenv("NO_COLOR") == null)
                : TerminalStyle.PLAIN;
    }

    /// True when a person sees at once what this process writes.
    static boolean isTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    /// The launcher asks the terminal, and says so in this variable unless it is set.
    private static int columns() {
        String columns = System.getenv("COLUMNS");
        return columns != null && columns.matches("\\d{1,4}")
                ? Integer.parseInt(columns)
                : COLUMNS_UNKNOWN;
    }
}
