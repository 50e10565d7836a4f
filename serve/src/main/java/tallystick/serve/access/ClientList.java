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

/// Which clients there are: lines such as `viewer,preparer CN=anna,O=Shop`. Immutable.
final class ClientList {
    private final Map<X500Principal, Client> clients;

    private ClientList(Map<X500Principal, Client> clients) {
        this.clients = Map.copyOf(clients);
    }

    /// @throws AccessException with everything that is wrong, each with its line
    static ClientList parse(String file, List<String> lines) {
        Map<X500Principal, Client> clients = new HashMap<>();
        Set<String> names = new HashSet<>();
        RoleLines.read(
                file,
                lines,
                "the subject of a certificate",
                (roles, subject) -> add(clients, names, roles, subject));
        return new ClientList(clients);
    }

    Optional<Client> of(X500Principal subject) {
        return Optional.ofNullable(clients.get(subject));
    }

    private static void add(
            Map<X500Principal, Client> clients, Set<String> names, String roles, String text) {
        X500Principal subject = subject(text);
        String name = commonName(text);
        if (!names.add(name)) {
            throw new IllegalArgumentException(
                    "%s (expected: a common name that no other client has)".formatted(name));
        }
        clients.put(subject, new Client(name, Roles.parse(roles)));
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
