package tallystick.serve.openid;

import java.time.Instant;
import java.util.Set;
import tallystick.proto.v1.Role;

/// Whom a token is about, once it is believed.
///
/// @param issuer of the token
/// @param subject what the issuer calls him, for good
/// @param name decisions are recorded under it
/// @param values of the claim that roles follow from
/// @param roles at least one
/// @param until when the token ends, with what clocks may differ by
public record TokenPerson(
        String issuer,
        String subject,
        String name,
        Set<String> values,
        Set<Role> roles,
        Instant until) {
    public TokenPerson {
        values = Set.copyOf(values);
        roles = Set.copyOf(roles);
    }
}
