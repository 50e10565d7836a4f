package tallystick.report.figures;

import java.util.Arrays;
import java.util.Locale;

/// How bad a mismatch is, worst first. Counted in notches, so that it survives paper, greyscale and the terminal.
public enum Severity {
    CRITICAL("Critical", 4, "c"),
    HIGH("High", 3, "hi"),
    MEDIUM("Medium", 2, "me"),
    LOW("Low", 1, "lo"),
    INFORMATION("Information", 0, "");

    private final String label;
    private final int notches;
    private final String style;

    Severity(String label, int notches, String style) {
        this.label = label;
        this.notches = notches;
        this.style = style;
    }

    /// By the name that a reading has.
    public static Severity of(String name) {
        return Arrays.stream(values())
                .filter(severity -> severity.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "severity: %s (expected: one of %s)"
                                                .formatted(name, Arrays.toString(values()))));
    }

    public String label() {
        return label;
    }

    /// `||||` for the worst, nothing for information.
    public String notches() {
        return "|".repeat(notches);
    }

    /// The class that the stylesheet knows it by.
    public String style() {
        return style;
    }
}
