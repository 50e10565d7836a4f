package tallystick.serve.web.access;

import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.web.PersonRepository;
import tallystick.db.web.SessionRepository;
import tallystick.proto.v1.Role;
import tallystick.serve.access.PersonNames;
import tallystick.serve.access.Roles;

/// People who may sign in: those with a password, as an operator keeps them, and those that an issuer has vouched for. Whatever
/// changes somebody signs him out everywhere. Any thread.
public final class People {
    /// A password of this length needs no rules about its characters.
    public static final int PASSWORD_MIN = 12;

    static final int PASSWORD_MAX = 256;

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

    /// @param roles as people write them; none where they are the issuer's to say
    /// @param issuer that vouches for him; empty with a password
    public record Listed(String name, List<String> roles, String issuer, Instant changedAt) {}

    /// In the order of their names.
    public List<Listed> all() {
        return transactions.read(people::all).stream()
                .map(one -> new Listed(one.name(), one.roles(), one.issuer(), one.changedAt()))
                .toList();
    }

    /// @param roles with commas between them; who signs in is always a viewer
    /// @throws IllegalArgumentException when it cannot be, with the reason
    public void add(String name, String roles, String password) {
        requireName(name);
        List<String> texts = texts(reading(name, Roles.parse(roles)));
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
                "one with a password, of those",
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
                "one of those",
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

    static Person person(String name, List<String> roles) {
        return new Person(name, Roles.parse(String.join(",", roles)));
    }

    /// Reading is what everybody comes for.
    static Person reading(String name, Set<Role> roles) {
        Set<Role> all = EnumSet.copyOf(roles);
        all.add(Role.ROLE_VIEWER);
        return new Person(name, all);
    }

    static List<String> texts(Person person) {
        return person.roles().stream().sorted().map(Roles::text).toList();
    }

    private static void requireName(String name) {
        if (!PersonNames.isOne(name)) {
            throw new IllegalArgumentException(
                    "name: %s (expected: %s)".formatted(name, PersonNames.RULE));
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

    private static void require(String name, String expected, boolean isThere) {
        if (!isThere) {
            throw new IllegalArgumentException(
                    "name: %s (expected: %s that `tallystick users list` shows)"
                            .formatted(name, expected));
        }
    }
}
