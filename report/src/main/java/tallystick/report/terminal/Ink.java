package tallystick.report.terminal;

import tallystick.report.figures.Severity;

/// What colour means. It is never alone: signs and words say the same.
public enum Ink {
    PLAIN(""),
    STRONG("1"),
    SOFT("2"),
    BAD("31"),
    WARN("33"),
    GOOD("32");

    private static final String ESCAPE = "\u001b[";
    private static final String RESET = ESCAPE + "0m";

    private final String code;

    Ink(String code) {
        this.code = code;
    }

    public static Ink of(Severity severity) {
        return switch (severity) {
            case CRITICAL, HIGH -> BAD;
            case MEDIUM -> WARN;
            case LOW, INFORMATION -> PLAIN;
        };
    }

    /// The text in this ink; unchanged for a terminal without colour.
    public String on(String text, TerminalStyle style) {
        boolean plain = !style.colour() || this == PLAIN || text.isEmpty();
        return plain ? text : ESCAPE + code + "m" + text + RESET;
    }
}
