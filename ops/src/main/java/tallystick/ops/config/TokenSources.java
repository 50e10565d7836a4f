package tallystick.ops.config;

import java.io.File;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Where Kafka's clients may fetch tokens of OAUTHBEARER. They go to no address and read no file that this process has not
/// allowed, because elsewhere strangers write client settings. Here the one who starts the program writes them, so what
/// stands in that file is allowed, and nothing else.
final class TokenSources {
    private static final String URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
    private static final String FILES = "org.apache.kafka.sasl.oauthbearer.allowed.files";

    private TokenSources() {}

    static void allow(Map<String, String> properties) {
        properties.forEach(
                (key, value) -> {
                    if (key.startsWith("sasl.oauthbearer.") && key.endsWith(".url")) {
                        allow(URLS, value);
                    } else if (key.startsWith("sasl.oauthbearer.") && key.endsWith(".file")) {
                        allow(FILES, new File(value).getAbsolutePath());
                    }
                });
    }

    /// Adds to what is allowed already, for example by whoever started the program.
    private static void allow(String property, String value) {
        String before = Objects.requireNonNullElse(System.getProperty(property), "");
        Set<String> allowed = new LinkedHashSet<>(Arrays.asList(before.split(",", -1)));
        allowed.remove("");
        allowed.add(value);
        System.setProperty(property, String.join(",", allowed));
    }
}
