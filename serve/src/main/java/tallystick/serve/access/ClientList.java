package tallystick.serve.access;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import tallystick.ledger.decision.Decision;

/// Which clients there are: lines such as `viewer,preparer CN=anna,O=Shop`. Empty lines and those that begin with `#` count for
/// nothing. Immutable.
final class ClientList {
    private final Map<X500Principal, Client> clients;

    private ClientList(Map<X500Principal, Client> clients) {
        this.clients = Map.copyOf(clients);
    }

    /// @throws AccessException with everything that is wrong, each with its line
    static ClientList parse(String file, List<String> lines) {
        List<String> errors = new ArrayList<>();
        Map<X500Principal, Client> clients = new HashMap<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                add(clients, names, line);
            } catch (IllegalArgumentException e) {
                errors.add("%s: line %d: %s".formatted(file, i + 1, e.getMessage()));
            }
        }
        if (!errors.isEmpty()) {
            throw new AccessException(String.join(System.lineSeparator(), errors));
        }
        return new ClientList(clients);
    }

    Optional<Client> of(X500Principal subject) {
        return Optional.ofNullable(clients.get(subject));
    }

    private static void add(Map<X500Principal, Client> clients, Set<String> names, String line) {
        String[] parts = line.split("\\s+", 2);
        if (parts.length < 2) {
            throw new IllegalArgumentException(
                    "%s (expected: roles, a blank, and the subject of a certificate)"
                            .formatted(line));
        }
        X500Principal subject = subject(parts[1]);
        String name = commonName(parts[1]);
        if (!names.add(name)) {
            throw new IllegalArgumentException(
                    "%s (expected: a common name that no other client has)".formatted(name));
        }
        clients.put(subject, new Client(name, Roles.parse(parts[0])));
    }

    private static X500Principal subject(String text) {
        try {
            return new X500Principal(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s (expected: the subject of a certificate, such as CN=anna,O=Shop)"
                            .formatted(text),
                    e);
        }
    }

    /// Decisions are recorded under it, so it must be one name, and not the one of those who have not signed in.
    private static String commonName(String subject) {
        List<String> names = new ArrayList<>();
        try {
            for (Rdn part : new LdapName(subject).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    names.add(String.valueOf(part.getValue()).strip());
                }
            }
        } catch (InvalidNameException _) {
            // Falls through to the one message.
        }
        if (names.size() != 1
                || names.getFirst().isEmpty()
                || names.getFirst().equals(Decision.LOCAL_OPERATOR)) {
            throw new IllegalArgumentException(
                    "%s (expected: a subject with one common name, CN=..., that names a person or a program)"
                            .formatted(subject));
        }
        return names.getFirst();
    }
}
