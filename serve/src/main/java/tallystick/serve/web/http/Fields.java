package tallystick.serve.web.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Named values of a query or a form. Immutable.
public final class Fields {
    public static final Fields NONE = new Fields(Map.of());

    private static final int FIELDS_MAX = 1_000;

    private final Map<String, List<String>> values;

    private Fields(Map<String, List<String>> values) {
        this.values = values;
    }

    /// @param encoded as `application/x-www-form-urlencoded` is; malformed escapes stand as they are
    /// @throws WebProblem when there are too many
    public static Fields parse(String encoded) {
        Map<String, List<String>> values = new HashMap<>();
        String[] parts = encoded.isEmpty() ? new String[0] : encoded.split("&", FIELDS_MAX + 1);
        if (parts.length > FIELDS_MAX) {
            throw new WebProblem(413, "The form has more than %d fields.".formatted(FIELDS_MAX));
        }
        for (String part : parts) {
            int at = part.indexOf('=');
            String name = at < 0 ? part : part.substring(0, at);
            String value = at < 0 ? "" : part.substring(at + 1);
            values.computeIfAbsent(decoded(name), _ -> new ArrayList<>()).add(decoded(value));
        }
        return new Fields(values);
    }

    private static String decoded(String text) {
        try {
            // The database holds no NUL.
            return URLDecoder.decode(text, UTF_8).replace("\0", "");
        } catch (IllegalArgumentException _) {
            return text;
        }
    }

    /// The first of that name, without blanks around it; empty when there is none.
    public String text(String name) {
        return all(name).stream().findFirst().orElse("").strip();
    }

    /// As it came, for what blanks matter in.
    public String exact(String name) {
        return all(name).stream().findFirst().orElse("");
    }

    public List<String> all(String name) {
        return List.copyOf(values.getOrDefault(name, List.of()));
    }
}
