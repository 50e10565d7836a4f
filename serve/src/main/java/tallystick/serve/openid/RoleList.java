package tallystick.serve.openid;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.proto.v1.Role;
import tallystick.serve.access.AccessException;
import tallystick.serve.access.RoleLines;
import tallystick.serve.access.Roles;

/// Which roles follow from what an issuer says: lines such as `viewer,preparer accountants`, by the file as it is.
/// Any thread.
public final class RoleList {
    private static final Logger LOG = LoggerFactory.getLogger(RoleList.class);

    private final Path file;
    private volatile Read current;

    private RoleList(Path file) {
        this.file = file;
        this.current = read(text(file));
    }

    /// @param text of the file, as it was read
    private record Read(String text, Map<String, Set<Role>> roles) {}

    /// @throws AccessException with everything that is wrong, each with its line
    public static RoleList open(Path file) {
        return new RoleList(file);
    }

    /// Looks at the file again. One that cannot be used leaves things as they are.
    public void reload() {
        try {
            String text = text(file);
            if (!text.equals(current.text())) {
                current = read(text);
                LOG.atInfo().log("{} was read again", file);
            }
        } catch (AccessException e) {
            LOG.atWarn().log("{}; what was read before still holds", e.getMessage());
        }
    }

    /// Those of all values together; none where none is listed.
    Set<Role> of(Collection<String> values) {
        Map<String, Set<Role>> listed = current.roles();
        Set<Role> roles = EnumSet.noneOf(Role.class);
        values.forEach(value -> roles.addAll(listed.getOrDefault(value, Set.of())));
        return roles;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            throw new AccessException(
                    "%s: cannot be read (expected: a file in UTF-8)".formatted(file), e);
        }
    }

    private Read read(String text) {
        Map<String, Set<Role>> roles = new HashMap<>();
        RoleLines.read(
                file.toString(),
                text.lines().toList(),
                "a value of the issuer's",
                (some, value) -> add(roles, some, value));
        return new Read(text, Map.copyOf(roles));
    }

    private static void add(Map<String, Set<Role>> roles, String some, String value) {
        if (roles.putIfAbsent(value, Set.copyOf(Roles.parse(some))) != null) {
            throw new IllegalArgumentException(
                    "%s (expected: a value that no other line has)".formatted(value));
        }
    }
}
