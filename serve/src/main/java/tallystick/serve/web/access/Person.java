package tallystick.serve.web.access;

import java.util.Set;
import tallystick.proto.v1.Role;

/// Somebody who has signed in.
///
/// @param name decisions are recorded under it
public record Person(String name, Set<Role> roles) {
    public Person {
        roles = Set.copyOf(roles);
    }
}
