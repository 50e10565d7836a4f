package tallystick.serve.openid;

import com.nimbusds.jwt.JWTClaimsSet;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tallystick.serve.access.PersonNames;
import tallystick.serve.openid.OpenidException.Kind;

/// Takes name and roles out of the claims of a token that is believed. Any thread.
final class ClaimReader {
    private static final String EMAIL = "email";

    private static final String EMAIL_VERIFIED = "email_verified";

    /// As the standard bounds it.
    private static final Pattern SUBJECT = Pattern.compile("[\\x20-\\x7e]{1,255}");

    private final String personClaim;
    private final String rolesClaim;

    ClaimReader(String personClaim, String rolesClaim) {
        this.personClaim = personClaim;
        this.rolesClaim = rolesClaim;
    }

    /// What the issuer calls him, for good.
    ///
    /// @throws OpenidException when it cannot be used
    String subject(JWTClaimsSet claims) {
        return Optional.ofNullable(claims.getSubject())
                .filter(one -> SUBJECT.matcher(one).matches())
                .orElseThrow(
                        () -> refused("sub: absent or too long (expected: up to 255 letters)"));
    }

    /// @throws OpenidException when there is none that can be used
    String name(JWTClaimsSet claims) {
        // Anybody may give himself an address that he has not shown to be his.
        if (personClaim.equals(EMAIL) && !Boolean.TRUE.equals(claims.getClaim(EMAIL_VERIFIED))) {
            throw refused("%s: absent or false (expected: true)".formatted(EMAIL_VERIFIED));
        }
        return Optional.ofNullable(value(claims, personClaim))
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .map(PersonNames::kept)
                .filter(PersonNames::isOne)
                .orElseThrow(
                        () ->
                                refused(
                                        "%s: absent or no name (expected: %s)"
                                                .formatted(personClaim, PersonNames.RULE)));
    }

    /// None where the claim is absent.
    Set<String> roleValues(JWTClaimsSet claims) {
        Set<String> values = new TreeSet<>();
        Object found = value(claims, rolesClaim);
        if (found instanceof Collection<?> several) {
            several.stream()
                    .filter(String.class::isInstance)
                    .map(String.class::cast)
                    .forEach(values::add);
        } else if (found instanceof String one) {
            values.add(one);
        }
        return values;
    }

    /// A claim of that very name or, where points lead into it, one within others.
    private static @Nullable Object value(JWTClaimsSet claims, String name) {
        Object whole = claims.getClaim(name);
        if (whole != null) {
            return whole;
        }
        Object within = claims.getClaims();
        for (String part : name.split("\\.", -1)) {
            within = within instanceof Map<?, ?> map ? map.get(part) : null;
        }
        return within;
    }

    private static OpenidException refused(String message) {
        return new OpenidException(Kind.REFUSED, "claim " + message);
    }
}
