package tallystick.serve.access;

import java.util.ArrayList;
import java.util.List;

/// Files that give roles: lines such as `viewer,preparer CN=anna,O=Shop`, roles and to whom. Empty lines and those that begin with
/// `#` count for nothing.
public final class RoleLines {
    private RoleLines() {}

    /// Takes a line.
    public interface Visitor {
        /// @param roles as `Roles` parses them
        /// @throws IllegalArgumentException when something of it is wrong
        void line(String roles, String whom);
    }

    /// @param file by its name
    /// @param whom what follows the roles, in words
    /// @throws AccessException with everything that is wrong, each with its line
    public static void read(String file, List<String> lines, String whom, Visitor visitor) {
        List<String> errors = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                String[] parts = line.split("\\s+", 2);
                if (parts.length < 2) {
                    throw new IllegalArgumentException(
                            "%s (expected: roles, a blank, and %s)".formatted(line, whom));
                }
                visitor.line(parts[0], parts[1]);
            } catch (IllegalArgumentException e) {
                errors.add("%s: line %d: %s".formatted(file, i + 1, e.getMessage()));
            }
        }
        if (!errors.isEmpty()) {
            throw new AccessException(String.join(System.lineSeparator(), errors));
        }
    }
}
