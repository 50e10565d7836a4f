package tallystick.serve.access;

import java.util.Set;
import tallystick.proto.v1.Role;

/// Somebody who may call.
///
/// @param name the common name of its certificate's subject, or what its token calls it; decisions are recorded under it
public record Client(String name, Set<Role> roles) {
    public Client {
        roles = Set.copyOf(roles);
    }
}
