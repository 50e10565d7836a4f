package tallystick.serve.openid;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tallystick.serve.access.Loopback;

/// Whom to believe who somebody is.
///
/// @param issuer as its tokens name it; `/.well-known/openid-configuration` follows it
/// @param clientId under which it knows the pages
/// @param clientSecret file that holds their secret and nothing else; empty where the issuer asks for none
/// @param scopes that are asked for; `openid` is among them
/// @param personClaim whose value is the name that decisions are recorded under
/// @param rolesClaim whose values `roles` turns into roles; points lead into claims that hold others
/// @param roles file with a line per value: roles, and the value
public record OpenidConfig(
        URI issuer,
        String clientId,
        Optional<Path> clientSecret,
        List<String> scopes,
        String personClaim,
        String rolesClaim,
        Path roles) {
    private static final String OPENID = "openid";

    public OpenidConfig {
        scopes = List.copyOf(scopes);
        if (!isTrustworthy(issuer) || issuer.getQuery() != null || issuer.getFragment() != null) {
            throw new IllegalArgumentException(
                    "issuer: %s (expected: https://..., as the issuer calls itself)"
                            .formatted(issuer));
        }
        if (clientId.isBlank()) {
            throw new IllegalArgumentException(
                    "client-id: empty (expected: as the issuer knows the pages)");
        }
        if (!scopes.contains(OPENID)) {
            throw new IllegalArgumentException(
                    "scopes: %s (expected: %s among them)"
                            .formatted(String.join(" ", scopes), OPENID));
        }
    }

    /// As people know it.
    public String host() {
        return issuer.getHost();
    }

    /// Whether nobody on the way can change what is said there. A loopback address is for trying things out.
    static boolean isTrustworthy(URI where) {
        return where.getHost() != null
                && ("https".equals(where.getScheme())
                        || ("http".equals(where.getScheme()) && Loopback.is(where.getHost())));
    }
}
