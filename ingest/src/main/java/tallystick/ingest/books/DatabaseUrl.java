package tallystick.ingest.books;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// What is wrong with the URL of a database, without saying a secret that stands in it.
public final class DatabaseUrl {
    private static final String START = "jdbc:postgresql://";

    private DatabaseUrl() {}

    /// URLs are printed and logged, so they hold no login.
    ///
    /// @param user name of the setting that the user belongs to
    /// @param passwordFile name of the setting of the file that the password belongs to
    /// @return what is wrong and what is expected, to be put after the setting's name
    public static Optional<String> fault(String url, String user, String passwordFile) {
        if (!url.startsWith(START)) {
            return Optional.of(
                    "%s (expected: jdbc:postgresql://host:port/name)".formatted(shown(url)));
        }
        String[] parts = url.substring(START.length()).split("\\?", 2);
        if (parts[0].contains("@")) {
            return Optional.of(
                    "holds a login (expected: host:port/name; the user in %s, the password in the file that %s names)"
                            .formatted(user, passwordFile));
        }
        if (parts.length > 1 && names(parts[1]).anyMatch(name -> name.contains("password"))) {
            return Optional.of(
                    "holds a password (expected: the password in the file that %s names)"
                            .formatted(passwordFile));
        }
        return Optional.empty();
    }

    private static Stream<String> names(String query) {
        return Arrays.stream(query.split("&")).map(setting -> decoded(setting.split("=", 2)[0]));
    }

    private static String decoded(String name) {
        try {
            return URLDecoder.decode(name, UTF_8).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            return name.toLowerCase(Locale.ROOT);
        }
    }

    private static String shown(String url) {
        return url.replaceAll("//.*@", "//***@").replaceAll("=[^&]*", "=***");
    }
}
