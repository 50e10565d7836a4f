package tallystick.serve.web.access;

import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.web.PersonRepository;
import tallystick.db.web.SessionRepository;
import tallystick.proto.v1.Role;
import tallystick.serve.access.Roles;

/// People who may sign in with a password, as an operator keeps them. Whatever changes somebody signs him out everywhere. Any
/// thread.
public final class People {
    /// A password of this length needs no rules about its characters.
    public static final int PASSWORD_MIN = 12;

    static final int PASSWORD_MAX = 256;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{0,63}");

    private final Transactions transactions;
    private final InstantSource clock;
    private final PersonRepository people = new PersonRepository();
    private final SessionRepository sessions = new SessionRepository();
    private final Passwords passwords = new Passwords();

    /// @param dataSource connections that may change people
    public People(DataSource dataSource, InstantSource clock) {
        this.transactions = new Transactions(dataSource);
        this.clock = clock;
    }

    /// @param roles as people write them
    public record Listed(String name, List<String> roles, Instant changedAt) {}

    /// In the order of their names.
    public List<Listed> all() {
        return transactions.read(people::all).stream()
                .map(one -> new Listed(one.name(), one.roles(), one.changedAt()))
                .toList();
    }

    /// @param roles with commas between them; who signs in is always a viewer
    /// @throws IllegalArgumentException when it cannot be, with the reason
    public void add(String name, String roles, String password) {
        requireName(name);
        List<String> texts = texts(Roles.parse(roles));
        requirePassword(password);
        String hash = passwords.hash(password);
        if (!transactions.call(
                connection -> people.add(connection, name, texts, hash, clock.instant()))) {
            throw new IllegalArgumentException(
                    "name: %s is taken (expected: one that nobody has)".formatted(name));
        }
    }

    /// @throws IllegalArgumentException when it cannot be, with the reason
    public void changePassword(String name, String password) {
        requirePassword(password);
        String hash = passwords.hash(password);
        require(
                name,
                transactions.call(
                        connection -> {
                            sessions.endOf(connection, name);
                            return people.changePassword(connection, name, hash, clock.instant());
                        }));
    }

    /// @throws IllegalArgumentException when there is nobody of this name
    public void remove(String name) {
        require(
                name,
                transactions.call(
                        connection -> {
                            sessions.endOf(connection, name);
                            return people.remove(connection, name);
                        }));
    }

    /// Refuses what `add` would, before a password is asked for.
    ///
    /// @throws IllegalArgumentException with the reason
    public static void check(String name, String roles) {
        requireName(name);
        var _ = Roles.parse(roles);
    }

    /// As stored, one by one in a set order. Reading is what everybody comes for.
    private static List<String> texts(Set<Role> roles) {
        Set<Role> all = EnumSet.copyOf(roles);
        all.add(Role.ROLE_VIEWER);
        return all.stream().map(Roles::text).toList();
    }

    static Person person(String name, List<String> roles) {
        return new Person(name, Roles.parse(String.join(",", roles)));
    }

    static List<String> texts(Person person) {
        return person.roles().stream().map(Roles::text).sorted().toList();
    }

    /// As it is kept: names do not differ by case.
    static String name(String typed) {
        return typed.strip().toLowerCase(Locale.ROOT);
    }

    private static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "name: %s (expected: up to 64 of a to z, 0 to 9, and . _ @ - within)"
                            .formatted(name));
        }
    }

    private static void requirePassword(String password) {
        if (password.codePointCount(0, password.length()) < PASSWORD_MIN
                || password.length() > PASSWORD_MAX) {
            throw new IllegalArgumentException(
                    "password: %d characters (expected: %d to %d)"
                            .formatted(password.length(), PASSWORD_MIN, PASSWORD_MAX));
        }
    }

    private static void require(String name, boolean isThere) {
        if (!isThere) {
            throw new IllegalArgumentException(
                    "name: %s (expected: one of those that `tallystick users list` shows)"
                            .formatted(name));
        }
    }
}
