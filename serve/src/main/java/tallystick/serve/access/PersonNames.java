package tallystick.serve.access;

import java.util.Locale;
import java.util.regex.Pattern;

/// Names of people, as they stand with decisions.
public final class PersonNames {
    /// What a name may be, for people.
    public static final String RULE = "up to 64 of a to z, 0 to 9, and . _ @ - within";

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{0,63}");

    private PersonNames() {}

    /// As it is kept: names do not differ by case.
    public static String kept(String name) {
        return name.strip().toLowerCase(Locale.ROOT);
    }

    public static boolean isOne(String name) {
        return NAME.matcher(name).matches();
    }
}
