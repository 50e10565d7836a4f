package tallystick.ops.cli;

import java.util.Locale;

/// How a command shows what it found.
enum TextFormat {
    TABLE,
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
