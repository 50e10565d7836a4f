package tallystick.serve.web.http;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tallystick.proto.v1.Role;
import tallystick.serve.web.access.Person;

/// A request with who makes it.
///
/// @param who empty on pages that need nobody
/// @param token the browser's: of its session, or of its visit before there is one
/// @param parts of the path, by their names in the route
public record Visit(
        WebRequest request, Optional<Person> who, String token, Map<String, String> parts) {
    public Visit {
        parts = Map.copyOf(parts);
    }

    /// On pages that need somebody.
    public Person person() {
        return who.orElseThrow();
    }

    public boolean may(Role role) {
        return who.filter(one -> one.roles().contains(role)).isPresent();
    }

    /// What a form sends back, so that no other site can have it sent.
    public String formToken() {
        return FormToken.of(token);
    }

    public Fields query() {
        return request.query();
    }

    public Fields form() {
        return request.form();
    }

    public String part(String name) {
        return Objects.requireNonNull(parts.get(name), name);
    }
}
