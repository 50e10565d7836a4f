package tallystick.serve.access;

import java.util.Locale;
import java.util.regex.Pattern;

/// Addresses that only this machine reaches.
public final class Loopback {
    private static final Pattern HOST =
            Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[?::1]?");

    private Loopback() {}

    /// @param host a name or an address
    public static boolean is(String host) {
        return HOST.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }
}
