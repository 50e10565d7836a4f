package tallystick.serve.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.oauth2.sdk.TokenRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import no.nav.security.mock.oauth2.http.Route;
import no.nav.security.mock.oauth2.token.DefaultOAuth2TokenCallback;
import okhttp3.Headers;
import tallystick.serve.openid.OpenidConfig;

/// An OpenID provider that signs in whomever a test says. Each role is a group of its name: `viewers`, `preparers` and so on.
public final class TestIssuer implements AutoCloseable {
    /// What the pages are called there.
    public static final String CLIENT = "tallystick";

    /// Its keys are those that sign.
    public static final String GENUINE = "shop";

    /// Its tokens are signed with another key than it shows under that name.
    public static final String FORGED = "forged";

    private static final int KEY_BITS = 2_048;

    private final HttpClient client = HttpClient.newHttpClient();
    private final MockOAuth2Server server;
    private final Path roles;

    /// @param directory where the file of roles lies
    public TestIssuer(Path directory) throws IOException, JOSEException {
        String others =
                new JWKSet(new RSAKeyGenerator(KEY_BITS).keyID(FORGED).generate())
                        .toPublicJWKSet()
                        .toString();
        server =
                new MockOAuth2Server(
                        new Route.Builder()
                                .get(
                                        new String[] {"/" + FORGED + "/jwks"},
                                        _ ->
                                                new OAuth2HttpResponse(
                                                        Headers.of(
                                                                "Content-Type", "application/json"),
                                                        200,
                                                        others,
                                                        null))
                                .build());
        server.start(InetAddress.getLoopbackAddress(), 0);
        roles = directory.resolve("roles");
        var lines = new StringBuilder("# roles, and groups\n");
        TestApi.roles().stream()
                .map(TestApi::name)
                .forEach(role -> lines.append(role).append(' ').append(role).append("s\n"));
        Files.writeString(roles, lines);
    }

    public Path roles() {
        return roles;
    }

    /// @param id one of the two above
    public OpenidConfig config(String id) {
        return new OpenidConfig(
                URI.create(server.issuerUrl(id).toString()),
                CLIENT,
                Optional.empty(),
                List.of("openid", "profile"),
                "preferred_username",
                "groups",
                roles);
    }

    /// Whom the next code is about.
    ///
    /// @param more claims, which replace those that it would have
    /// @param lasts may be negative
    public void next(
            String id,
            String subject,
            String name,
            List<String> groups,
            Map<String, Object> more,
            Duration lasts) {
        server.enqueueCallback(
                new DefaultOAuth2TokenCallback(
                        id,
                        subject,
                        "JWT",
                        List.of(CLIENT),
                        claims(name, groups),
                        lasts.toSeconds()) {
                    @Override
                    public Map<String, Object> addClaims(TokenRequest request) {
                        Map<String, Object> all = new HashMap<>(super.addClaims(request));
                        all.putAll(more);
                        return all;
                    }
                });
    }

    /// An access token.
    public String token(
            String id,
            String subject,
            String audience,
            String name,
            List<String> groups,
            Duration lasts) {
        return server.issueToken(
                        id,
                        subject,
                        new DefaultOAuth2TokenCallback(
                                id,
                                subject,
                                "at+jwt",
                                List.of(audience),
                                claims(name, groups),
                                lasts.toSeconds()))
                .serialize();
    }

    /// What somebody does whom the pages have sent here.
    ///
    /// @param location that they have sent him to
    /// @return path and query that he comes back with
    public String signIn(String location) throws IOException, InterruptedException {
        HttpResponse<String> answer =
                client.send(
                        HttpRequest.newBuilder(URI.create(location)).build(),
                        HttpResponse.BodyHandlers.ofString());
        URI back = URI.create(answer.headers().firstValue("Location").orElseThrow());
        return back.getRawPath() + "?" + back.getRawQuery();
    }

    private static Map<String, Object> claims(String name, List<String> groups) {
        return Map.of("preferred_username", name, "groups", groups);
    }

    @Override
    public void close() {
        client.shutdownNow();
        server.shutdown();
    }
}
