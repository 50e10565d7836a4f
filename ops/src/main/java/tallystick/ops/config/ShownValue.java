package tallystick.ops.config;

import java.util.regex.Pattern;

/// A setting's value as it may be said in an error: what was pasted in place of a file's name may be the secret itself.
final class ShownValue {
    private static final int HEAD = 4;

    /// Whoever leaves out the name of a file leaves out its folder, too.
    private static final Pattern FILE = Pattern.compile(".*[/\\\\.].*", Pattern.DOTALL);

    private static final Pattern HEX = Pattern.compile("[0-9A-Fa-f]{32,}");

    /// A macaroon does not begin like the path of a file, and never has a `.`.
    private static final Pattern BASE64 =
            Pattern.compile(
                    "(?=.*[a-z])(?=.*[A-Z])(?=.*\\d)[A-Za-z0-9+_-][A-Za-z0-9+/_-]{59,}={0,2}");

    private ShownValue() {}

    static String of(String value) {
        return HEX.matcher(value).matches() || BASE64.matcher(value).matches()
                ? masked(value)
                : value;
    }

    /// Of a setting that names a file with a password.
    static String ofPasswordFile(String value) {
        return FILE.matcher(value).matches() ? of(value) : "***";
    }

    private static String masked(String value) {
        return "%s*** (%d letters)".formatted(value.substring(0, HEAD), value.length());
    }
}
