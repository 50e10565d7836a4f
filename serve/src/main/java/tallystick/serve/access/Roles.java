package tallystick.serve.access;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import tallystick.proto.v1.Role;

/// Roles as people write them: `viewer`, `preparer` and so on.
public final class Roles {
    private static final String PREFIX = "ROLE_";

    private static final Set<Role> ALL =
            Collections.unmodifiableSet(
                    EnumSet.complementOf(EnumSet.of(Role.ROLE_UNSPECIFIED, Role.UNRECOGNIZED)));

    private Roles() {}

    public static String text(Role role) {
        return role.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
    }

    /// All that there are, for people to choose from.
    public static String choice() {
        return ALL.stream().map(Roles::text).collect(Collectors.joining(", "));
    }

    /// @param text names with commas between them
    /// @throws IllegalArgumentException when one is no role
    public static Set<Role> parse(String text) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String name : text.split(",", -1)) {
            roles.add(
                    ALL.stream()
                            .filter(role -> text(role).equals(name))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new IllegalArgumentException(
                                                    "%s (expected: roles, of [%s])"
                                                            .formatted(name, choice()))));
        }
        return roles;
    }
}
