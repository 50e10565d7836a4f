package tallystick.serve.openid;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.proto.v1.Role;
import tallystick.serve.openid.OpenidException.Kind;

/// An OpenID provider: where it sends people, and what its tokens say. Asked when it is first needed, so that whoever serves
/// starts without it. Any thread.
public final class OpenidProvider {
    private static final Logger LOG = LoggerFactory.getLogger(OpenidProvider.class);

    /// What the clocks of two well-kept machines differ by, at most.
    private static final Duration CLOCK_SKEW_MAX = Duration.ofSeconds(30);

    /// For a connection, and again for the answer.
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

    private static final int ANSWER_BYTES_MAX = 256 << 10;

    /// What it says about itself seldom changes.
    private static final Duration METADATA_KEPT = Duration.ofHours(1);

    /// One that did not answer is not asked again within this: whoever waits would wait for nothing.
    private static final Duration FAILURE_PAUSE = Duration.ofSeconds(5);

    /// Keys hold while it cannot be reached.
    private static final Duration KEYS_KEPT_WITHOUT_IT = Duration.ofHours(1);

    /// Signatures that only it can make: none without a signature, or with a secret that others have.
    private static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(
                    JWSAlgorithm.RS256,
                    JWSAlgorithm.RS384,
                    JWSAlgorithm.RS512,
                    JWSAlgorithm.PS256,
                    JWSAlgorithm.PS384,
                    JWSAlgorithm.PS512,
                    JWSAlgorithm.ES256,
                    JWSAlgorithm.ES384,
                    JWSAlgorithm.ES512);

    private static final JOSEObjectType ACCESS_TOKEN = new JOSEObjectType("at+jwt");

    private final OpenidConfig config;
    private final InstantSource clock;
    private final RoleList roles;
    private final ClaimReader claims;

    @GuardedBy("this")
    private @Nullable Known known;

    @GuardedBy("this")
    private Instant pauseUntil = Instant.MIN;

    private OpenidProvider(OpenidConfig config, RoleList roles, InstantSource clock) {
        this.config = config;
        this.roles = roles;
        this.clock = clock;
        this.claims = new ClaimReader(config.personClaim(), config.rolesClaim());
    }

    /// What it says about itself.
    private record Known(
            OIDCProviderMetadata metadata, JWKSource<SecurityContext> keys, Instant at) {}

    /// Asks nobody yet.
    ///
    /// @throws tallystick.serve.access.AccessException when the file of roles cannot be used
    public static OpenidProvider open(OpenidConfig config, InstantSource clock) {
        return new OpenidProvider(config, RoleList.open(config.roles()), clock);
    }

    /// As people know it.
    public String host() {
        return config.host();
    }

    /// Whether it calls itself so.
    public boolean is(String issuer) {
        return issuer.equals(config.issuer().toString());
    }

    /// Looks at the file of roles again.
    public void reload() {
        roles.reload();
    }

    /// Where somebody is sent to sign in.
    ///
    /// @param state comes back with him
    /// @param nonce comes back in the token
    /// @param verifier that only who has it can use the code
    /// @param back where he comes back to
    /// @throws OpenidException when the issuer does not answer
    public URI signIn(String state, String nonce, String verifier, URI back) {
        return new AuthenticationRequest.Builder(
                        ResponseType.CODE,
                        new Scope(config.scopes().toArray(String[]::new)),
                        new ClientID(config.clientId()),
                        back)
                .endpointURI(known().metadata().getAuthorizationEndpointURI())
                .state(new State(state))
                .nonce(new Nonce(nonce))
                .codeChallenge(new CodeVerifier(verifier), CodeChallengeMethod.S256)
                .build()
                .toURI();
    }

    /// Who came back with a code.
    ///
    /// @throws OpenidException when nobody is known by it
    public TokenPerson redeem(String code, String nonce, String verifier, URI back) {
        Known now = known();
        var grant =
                new AuthorizationCodeGrant(
                        new AuthorizationCode(code), back, new CodeVerifier(verifier));
        JWTClaimsSet found =
                verified(now, idToken(request(now.metadata(), grant)), config.clientId());
        if (!equal(nonce, text(found, "nonce"))) {
            throw refused("nonce: another one (expected: that of this sign-in)");
        }
        String party = text(found, "azp");
        if (party.isEmpty() ? found.getAudience().size() > 1 : !party.equals(config.clientId())) {
            throw refused("azp: %s (expected: %s)".formatted(party, config.clientId()));
        }
        return person(found);
    }

    /// Who shows an access token.
    ///
    /// @param audience that it must be for
    /// @throws OpenidException when nobody is known by it
    public TokenPerson bearer(String token, String audience) {
        return person(verified(known(), token, audience));
    }

    /// What he may now, should the file of roles have changed; none when it is nothing.
    Set<Role> rolesNow(TokenPerson person) {
        return roles.of(person.values());
    }

    private TokenPerson person(JWTClaimsSet found) {
        String name = claims.name(found);
        Set<String> values = claims.roleValues(found);
        Set<Role> his = roles.of(values);
        if (his.isEmpty()) {
            throw new OpenidException(
                    Kind.NO_ROLE, "%s, whose %s give no role".formatted(name, config.rolesClaim()));
        }
        return new TokenPerson(
                config.issuer().toString(),
                claims.subject(found),
                name,
                values,
                his,
                found.getExpirationTime().toInstant().plus(CLOCK_SKEW_MAX));
    }

    private JWTClaimsSet verified(Known now, String token, String audience) {
        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, ACCESS_TOKEN, null));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, now.keys()));
        var verifier =
                new DefaultJWTClaimsVerifier<SecurityContext>(
                        audience,
                        new JWTClaimsSet.Builder().issuer(config.issuer().toString()).build(),
                        Set.of("sub", "exp", "iat")) {
                    @Override
                    protected java.util.Date currentTime() {
                        return java.util.Date.from(clock.instant());
                    }
                };
        verifier.setMaxClockSkew((int) CLOCK_SKEW_MAX.toSeconds());
        processor.setJWTClaimsSetVerifier(verifier);
        try {
            return processor.process(token, null);
        } catch (RateLimitReachedException e) {
            throw new OpenidException(Kind.REFUSED, "token: signed with a key not known", e);
        } catch (KeySourceException e) {
            throw unreachable(e);
        } catch (java.text.ParseException | BadJOSEException | JOSEException e) {
            throw new OpenidException(Kind.REFUSED, "token: " + e.getMessage(), e);
        }
    }

    private HTTPRequest request(OIDCProviderMetadata metadata, AuthorizationCodeGrant grant) {
        var client = new ClientID(config.clientId());
        URI endpoint = metadata.getTokenEndpointURI();
        TokenRequest request =
                config.clientSecret()
                        .map(OpenidProvider::secret)
                        .map(
                                secret ->
                                        new TokenRequest.Builder(
                                                endpoint,
                                                isByPost(metadata)
                                                        ? new ClientSecretPost(client, secret)
                                                        : new ClientSecretBasic(client, secret),
                                                grant))
                        .orElseGet(() -> new TokenRequest.Builder(endpoint, client, grant))
                        .build();
        HTTPRequest http = request.toHTTPRequest();
        limit(http);
        return http;
    }

    private static boolean isByPost(OIDCProviderMetadata metadata) {
        List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
        return methods != null
                && !methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
                && methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_POST);
    }

    private static Secret secret(Path file) {
        try {
            return new Secret(Files.readString(file).strip());
        } catch (IOException e) {
            throw new OpenidException(
                    Kind.UNREACHABLE,
                    "%s: cannot be read (expected: the secret of the pages)".formatted(file),
                    e);
        }
    }

    private String idToken(HTTPRequest request) {
        try {
            TokenResponse answer = OIDCTokenResponseParser.parse(request.send());
            if (!answer.indicatesSuccess()) {
                var error = answer.toErrorResponse().getErrorObject();
                throw new OpenidException(
                        error.getHTTPStatusCode() >= 500 ? Kind.UNREACHABLE : Kind.REFUSED,
                        "code: %s (expected: one that %s takes)"
                                .formatted(error.getCode(), config.host()));
            }
            return Optional.ofNullable(
                            ((OIDCTokenResponse) answer.toSuccessResponse())
                                    .getOIDCTokens()
                                    .getIDTokenString())
                    .orElseThrow(() -> refused("id_token: absent (expected: one)"));
        } catch (IOException e) {
            throw unreachable(e);
        } catch (ParseException e) {
            throw new OpenidException(Kind.REFUSED, "token endpoint: " + e.getMessage(), e);
        }
    }

    /// What it last said about itself, or says now. One asks for all that wait.
    private synchronized Known known() {
        Instant now = clock.instant();
        Known last = known;
        if (last != null && now.isBefore(last.at().plus(METADATA_KEPT))) {
            return last;
        }
        if (now.isBefore(pauseUntil)) {
            return orLast(
                    last,
                    new OpenidException(
                            Kind.UNREACHABLE, config.issuer() + ": did not answer a moment ago"));
        }
        try {
            Known next = asked(now);
            known = next;
            return next;
        } catch (OpenidException e) {
            pauseUntil = now.plus(FAILURE_PAUSE);
            LOG.atWarn().log("{}", e.getMessage());
            return orLast(last, e);
        }
    }

    private static Known orLast(@Nullable Known last, OpenidException problem) {
        if (last == null) {
            throw problem;
        }
        return last;
    }

    private Known asked(Instant now) {
        try {
            OIDCProviderMetadata metadata =
                    OIDCProviderMetadata.resolve(
                            new Issuer(config.issuer()), OpenidProvider::limit);
            requireTrustworthy("authorization_endpoint", metadata.getAuthorizationEndpointURI());
            requireTrustworthy("token_endpoint", metadata.getTokenEndpointURI());
            requireTrustworthy("jwks_uri", metadata.getJWKSetURI());
            return new Known(metadata, keys(metadata.getJWKSetURI()), now);
        } catch (IOException | GeneralException e) {
            throw unreachable(e);
        }
    }

    private static JWKSource<SecurityContext> keys(URI where) throws MalformedURLException {
        return JWKSourceBuilder.<SecurityContext>create(
                        where.toURL(),
                        new DefaultResourceRetriever(
                                (int) ANSWER_MAX.toMillis(),
                                (int) ANSWER_MAX.toMillis(),
                                ANSWER_BYTES_MAX))
                // It would start a thread that nobody ends.
                .refreshAheadCache(false)
                .outageTolerant(KEYS_KEPT_WITHOUT_IT.toMillis())
                .build();
    }

    private void requireTrustworthy(String what, @Nullable URI where) {
        if (where == null || !OpenidConfig.isTrustworthy(where)) {
            throw new OpenidException(
                    Kind.UNREACHABLE,
                    "%s: %s of %s (expected: https://...)".formatted(what, where, config.issuer()));
        }
    }

    private static void limit(HTTPRequest request) {
        request.setConnectTimeout((int) ANSWER_MAX.toMillis());
        request.setReadTimeout((int) ANSWER_MAX.toMillis());
        // What goes there is for it alone.
        request.setFollowRedirects(false);
    }

    private static String text(JWTClaimsSet claims, String name) {
        return Objects.requireNonNullElse(claims.getClaim(name), "").toString();
    }

    private static boolean equal(String one, String other) {
        return MessageDigest.isEqual(
                one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private OpenidException unreachable(Exception cause) {
        return new OpenidException(
                Kind.UNREACHABLE,
                "%s: %s (expected: an OpenID provider)"
                        .formatted(config.issuer(), cause.getMessage()),
                cause);
    }

    private static OpenidException refused(String message) {
        return new OpenidException(Kind.REFUSED, message);
    }
}
