package tallystick.serve.web.http;

import java.util.regex.Pattern;

/// Paths that a person may be sent to: of this server alone.
public final class OwnPath {
    public static final String HOME = "/";

    /// Not `//host` nor `/\host`, which browsers take for another server; nothing that would end a header.
    private static final Pattern OWN = Pattern.compile("/(?![/\\\\])[\\x21-\\x5b\\x5d-\\x7e]*");

    private OwnPath() {}

    /// The path, or the first page's when it leads elsewhere.
    public static String of(String path) {
        return OWN.matcher(path).matches() ? path : HOME;
    }
}
