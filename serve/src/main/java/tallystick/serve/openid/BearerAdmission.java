package tallystick.serve.openid;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tallystick.db.DatabaseException;
import tallystick.proto.v1.Role;
import tallystick.serve.access.Admission;
import tallystick.serve.access.Client;
import tallystick.serve.call.Failures;
import tallystick.serve.call.Problem;

/// Knows clients by the access token that each call brings. Any thread.
public final class BearerAdmission implements Admission {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private static final Pattern BEARER = Pattern.compile("(?i:bearer) +([A-Za-z0-9._~+/=-]+)");

    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final OpenidProvider provider;
    private final BoundNames names;
    private final String audience;
    private final InstantSource clock;

    /// @param audience that tokens must be for
    public BearerAdmission(
            OpenidProvider provider, BoundNames names, String audience, InstantSource clock) {
        this.provider = provider;
        this.names = names;
        this.audience = audience;
        this.clock = clock;
    }

    @Override
    public Supplier<Client> of(Attributes connection, Metadata headers) {
        try {
            TokenPerson person = provider.bearer(token(headers), audience);
            names.require(person);
            return () -> still(person);
        } catch (OpenidException e) {
            throw told(e);
        } catch (DatabaseException e) {
            throw Failures.told("authorization", e);
        }
    }

    /// As long as his token holds, and gives him a role.
    private Client still(TokenPerson person) {
        if (!clock.instant().isBefore(person.until())) {
            throw refused("token: expired");
        }
        Set<Role> roles = provider.rolesNow(person);
        if (roles.isEmpty()) {
            throw withoutRole(person.name());
        }
        return new Client(person.name(), roles);
    }

    private static String token(Metadata headers) {
        List<String> given = new ArrayList<>();
        Iterable<String> all = headers.getAll(AUTHORIZATION);
        if (all != null) {
            all.forEach(given::add);
        }
        if (given.size() == 1) {
            Matcher bearer = BEARER.matcher(given.getFirst());
            if (bearer.matches()) {
                return bearer.group(1);
            }
        }
        throw refused("authorization: absent, or no bearer token");
    }

    private static StatusRuntimeException told(OpenidException problem) {
        String message = String.valueOf(problem.getMessage());
        return switch (problem.kind()) {
            case REFUSED -> refused(message);
            case NO_ROLE -> withoutRole(message);
            case NAME_TAKEN -> Problem.of(Code.PERMISSION_DENIED, "NAME_TAKEN", message);
            case UNREACHABLE ->
                    Problem.retry(Code.UNAVAILABLE, "ISSUER_UNREACHABLE", message, PAUSE);
        };
    }

    private static StatusRuntimeException withoutRole(String who) {
        return Problem.of(
                Code.PERMISSION_DENIED,
                "CLIENT_UNKNOWN",
                "client: %s (expected: one whom the issuer gives a listed group)".formatted(who));
    }

    private static StatusRuntimeException refused(String why) {
        return Problem.of(
                Code.UNAUTHENTICATED,
                "TOKEN_REFUSED",
                "%s (expected: a token of the issuer, for this API, that is valid now)"
                        .formatted(why));
    }
}
