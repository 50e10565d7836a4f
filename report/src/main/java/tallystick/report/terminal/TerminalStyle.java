package tallystick.report.terminal;

/// How a terminal wants its text. No line is ever longer than `width` columns.
///
/// @param colour with ANSI escapes; what they say is always said in words or signs too
public record TerminalStyle(int width, boolean colour) {
    /// What people's terminals show, and what a text file holds.
    public static final TerminalStyle PLAIN = new TerminalStyle(100, false);

    /// Narrower, an amount would not stand beside its reference.
    public static final int WIDTH_MIN = 72;

    /// Wider, the eye loses the line.
    public static final int WIDTH_MAX = 160;

    public TerminalStyle {
        if (width < WIDTH_MIN || width > WIDTH_MAX) {
            throw new IllegalArgumentException(
                    "width: %d (expected: %d to %d)".formatted(width, WIDTH_MIN, WIDTH_MAX));
        }
    }

    /// For a terminal of any size: as near to its width as the bounds allow.
    public static TerminalStyle fitting(int columns, boolean colour) {
        return new TerminalStyle(Math.clamp(columns, WIDTH_MIN, WIDTH_MAX), colour);
    }
}
