package tallystick.ops.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where somebody listens.
///
/// @param host a name, or an address without brackets
public record HostAndPort(String host, int port) {
    /// An address of IPv6 has colons of its own, so it stands in brackets.
    private static final Pattern TEXT =
            Pattern.compile(
                    "(?:\\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\\w]*)]|([^:\\s\\[\\]]+)):(\\d{1,5})");

    private static final int PORT_MAX = 65_535;

    /// Empty when it is not `host:port` or `[address]:port`.
    public static Optional<HostAndPort> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > PORT_MAX) {
            return Optional.empty();
        }
        String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        return Optional.of(new HostAndPort(host, Integer.parseInt(matcher.group(3))));
    }

    /// One that the check of the settings has let pass.
    public static HostAndPort checked(String text) {
        return parse(text)
                .orElseThrow(() -> new IllegalStateException("%s: not checked".formatted(text)));
    }
}
