package tallystick.ops.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads a rules file: lines of `key=value`, and comments. Accounts are part of keys and have colons, so nothing but the
/// first equals sign separates.
final class RulesFile {
    private RulesFile() {}

    /// @throws ConfigurationException with all lines that are wrong
    static Map<String, String> read(Path file) {
        List<String> errors = new ArrayList<>();
        Map<String, String> rules = new HashMap<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            String where = "%s: line %d: ".formatted(file, i + 1);
            int equals = line.indexOf('=');
            if (line.isEmpty() || line.startsWith("#") || line.startsWith("!")) {
                continue;
            }
            if (equals < 1) {
                errors.add(where + "%s (expected: key=value)".formatted(line));
                continue;
            }
            String key = line.substring(0, equals).strip().replace("\\:", ":");
            if (rules.put(key, line.substring(equals + 1).strip()) != null) {
                errors.add(where + "%s again (expected: each key once)".formatted(key));
            }
        }
        if (!errors.isEmpty()) {
            throw new ConfigurationException(errors);
        }
        return rules;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw Unreadable.exception("rules.file", file, e);
        }
    }
}
