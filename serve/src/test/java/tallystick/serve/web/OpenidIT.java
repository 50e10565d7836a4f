package tallystick.serve.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tallystick.serve.openid.OpenidConfig;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.TestIssuer;
import tallystick.serve.testing.TestWeb;

/// People whom an OpenID provider vouches for: who gets in at the pages, and under which name. Each test has people of its own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenidIT {
    private static final List<String> PREPARERS = List.of("guests", "preparers");

    private static final Duration HOUR = Duration.ofHours(1);

    private static final String AWAY = "tallystick-away";

    private static final String SESSION = "tallystick-session";

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    private TestIssuer issuer;
    private TestWeb web;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        issuer = new TestIssuer(directory);
        web = new TestWeb(this::now, issuer.config(TestIssuer.GENUINE));
    }

    @AfterAll
    void stop() {
        web.close();
        issuer.close();
    }

    private Instant now() {
        return Instant.now().plus(ahead.get());
    }

    @Test
    void signsInByTheIssuer() throws Exception {
        Browser browser = web.browser();
        String page = browser.get("/sign-in?to=/reports").body();
        assertThat(page)
                .contains("href=\"/sign-in/openid?to=%2Freports\">Sign in with localhost</a>")
                .doesNotContain("type=\"password\"", "Nobody can sign in yet");
        HttpResponse<String> away = browser.get("/sign-in/openid?to=%2Freports");
        assertThat(away.statusCode()).isEqualTo(303);
        assertThat(away.headers().allValues("Set-Cookie"))
                .anySatisfy(
                        cookie ->
                                assertThat(cookie)
                                        .startsWith(AWAY + "=")
                                        .endsWith("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"));
        assertThat(location(away))
                .startsWith(issuer.config(TestIssuer.GENUINE).issuer() + "/authorize?")
                .contains(
                        "response_type=code",
                        "code_challenge_method=S256",
                        "client_id=tallystick",
                        "scope=openid+profile",
                        "%2Fsign-in%2Fopenid%2Fback");
        issuer.next(TestIssuer.GENUINE, "1", "Anna@Shop.example", PREPARERS, Map.of(), HOUR);

        HttpResponse<String> back = browser.get(issuer.signIn(location(away)));

        assertThat(back.statusCode()).isEqualTo(303);
        assertThat(location(back)).isEqualTo("/reports");
        assertThat(browser.cookies()).containsKey(SESSION).doesNotContainKey(AWAY);
        assertThat(browser.get("/").body())
                .contains("<bdi>anna@shop.example</bdi>")
                .as("pages of other roles")
                .doesNotContain("href=\"/nodes\"");
        assertThat(browser.get("/nodes").statusCode()).isEqualTo(403);
        assertThat(location(browser.post("/sign-out"))).isEqualTo("/sign-in");
        assertThat(browser.get("/").statusCode()).isEqualTo(303);
        assertThat(signedIn("1", "anna@shop.example", PREPARERS)).as("again").isTrue();
    }

    @Test
    void nobodyIsSignedInByWhatIsNotOfThisSignIn() throws Exception {
        Browser browser = web.browser();
        String back = issuer.signIn(location(browser.get("/sign-in/openid")));

        refused(web.browser().get(back));
        refused(browser.get(back.replaceFirst("state=[^&]*", "state=another")));
        String again = issuer.signIn(location(browser.get("/sign-in/openid")));
        refused(browser.get(again + "&iss=https%3A%2F%2Fevil.example"));
        browser.get("/sign-in/openid");
        refused(browser.get("/sign-in/openid/back?error=access_denied&state=x"));
        refused(browser.get("/sign-in/openid/back"));
        browser.cookies().put(AWAY, "nothing.%%%");
        refused(browser.get(back));
        assertThat(browser.cookies()).doesNotContainKey(SESSION);
    }

    @Test
    void aTokenMustBeOfTheIssuerForUsAndOfThisSignIn() throws Exception {
        refusedWith(Map.of("nonce", "another"), HOUR);
        refusedWith(Map.of("aud", "another"), HOUR);
        refusedWith(Map.of("aud", List.of(TestIssuer.CLIENT, "another"), "azp", "another"), HOUR);
        refusedWith(Map.of("iss", "https://evil.example"), HOUR);
        refusedWith(Map.of("azp", "another"), HOUR);
        refusedWith(Map.of("sub", "s".repeat(256)), HOUR);
        refusedWith(Map.of(), Duration.ofMinutes(-1));
        refusedWith(Map.of("nbf", now().plusSeconds(60).getEpochSecond()), HOUR);
        refusedWith(Map.of("preferred_username", "no name at all"), HOUR);
        refusedWith(Map.of("preferred_username", 7), HOUR);
    }

    @Test
    void clocksMayDifferALittle() throws Exception {
        ahead.set(HOUR.plusSeconds(20));
        try {
            assertThat(signedIn("2", "bert", PREPARERS)).isTrue();
            ahead.set(HOUR.plusSeconds(40));
            assertThat(signedIn("2", "bert", PREPARERS)).isFalse();
        } finally {
            ahead.set(Duration.ZERO);
        }
    }

    @Test
    void aTokenMustBeSignedByTheIssuer() throws Exception {
        try (var other = new TestWeb(this::now, issuer.config(TestIssuer.FORGED))) {
            Browser browser = other.browser();
            HttpResponse<String> away = browser.get("/sign-in/openid");
            issuer.next(TestIssuer.FORGED, "3", "carl", PREPARERS, Map.of(), HOUR);

            refused(browser.get(issuer.signIn(location(away))));
        }
    }

    @Test
    void aSignInIsForOnce() throws Exception {
        Browser browser = web.browser();
        String away = location(browser.get("/sign-in/openid"));
        String kept = browser.cookies().get(AWAY);
        issuer.next(TestIssuer.GENUINE, "4", "dora", PREPARERS, Map.of(), HOUR);
        String back = issuer.signIn(away);
        assertThat(browser.get(back).statusCode()).isEqualTo(303);

        Browser thief = web.browser();
        thief.cookies().put(AWAY, kept);
        refused(thief.get(back));
        // The issuer gives another code for the same sign-in; it is over nevertheless.
        issuer.next(TestIssuer.GENUINE, "4", "dora", PREPARERS, Map.of(), HOUR);
        thief.cookies().put(AWAY, kept);
        refused(thief.get(issuer.signIn(away)));
    }

    @Test
    void withoutAListedGroupThereIsNothing() throws Exception {
        for (List<String> groups : List.of(List.<String>of(), List.of("guests", "preparer"))) {
            Browser browser = web.browser();
            HttpResponse<String> answer = comeBack(browser, "5", "emil", groups);
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("gives you no role here");
            assertThat(browser.cookies()).doesNotContainKey(SESSION);
        }
        assertThat(web.people().all()).extracting(one -> one.name()).doesNotContain("emil");
    }

    @Test
    void aNameIsOnePersons() throws Exception {
        web.people().add("frieda", "approver", TestWeb.PASSWORD);
        nameRefused(comeBack(web.browser(), "6", "Frieda", PREPARERS));

        assertThat(signedIn("6", "gerda", PREPARERS)).isTrue();
        nameRefused(comeBack(web.browser(), "7", "gerda", PREPARERS));
        nameRefused(comeBack(web.browser(), "6", "hanna", PREPARERS));
        assertThat(web.browser().signIn("gerda", "nobody's password").statusCode()).isEqualTo(403);

        Browser gerda = web.browser();
        assertThat(comeBack(gerda, "6", "gerda", PREPARERS).statusCode()).isEqualTo(303);
        web.people().remove("gerda");
        assertThat(gerda.get("/").statusCode()).as("signed out").isEqualTo(303);
        assertThat(signedIn("7", "gerda", PREPARERS)).as("the name is free").isTrue();
    }

    @Test
    void leadsToNoOtherServer() throws Exception {
        for (String to : List.of("https://evil.example", "//evil.example", "/\\evil.example")) {
            Browser browser = web.browser();
            HttpResponse<String> away =
                    browser.get("/sign-in/openid?to=" + to.replace("\\", "%5C"));
            issuer.next(TestIssuer.GENUINE, "8", "ida", PREPARERS, Map.of(), HOUR);
            assertThat(location(browser.get(issuer.signIn(location(away))))).isEqualTo("/");
        }
    }

    @Test
    void passwordsGoOnWhileTheIssuerIsAway() throws Exception {
        OpenidConfig gone =
                new OpenidConfig(
                        URI.create("http://localhost:1/shop"),
                        TestIssuer.CLIENT,
                        Optional.empty(),
                        List.of("openid"),
                        "preferred_username",
                        "groups",
                        issuer.roles());
        try (var alone = new TestWeb(this::now, gone)) {
            alone.people().add("jana", "viewer", TestWeb.PASSWORD);
            Browser browser = alone.browser();

            HttpResponse<String> away = browser.get("/sign-in/openid");

            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(away.body()).contains("localhost cannot be reached", "type=\"password\"");
            assertThat(browser.signIn("jana", TestWeb.PASSWORD).statusCode()).isEqualTo(303);
        }
    }

    private void refusedWith(Map<String, Object> claims, Duration lasts) throws Exception {
        Browser browser = web.browser();
        HttpResponse<String> away = browser.get("/sign-in/openid");
        issuer.next(TestIssuer.GENUINE, "0", "zoe", PREPARERS, claims, lasts);
        refused(browser.get(issuer.signIn(location(away))));
        assertThat(browser.cookies()).as("%s", claims).doesNotContainKey(SESSION);
    }

    private static void refused(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("does not sign anybody in");
    }

    private static void nameRefused(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("a name that is not yours here");
    }

    private boolean signedIn(String subject, String name, List<String> groups) throws Exception {
        Browser browser = web.browser();
        return comeBack(browser, subject, name, groups).statusCode() == 303
                && browser.get("/").statusCode() == 200;
    }

    private HttpResponse<String> comeBack(
            Browser browser, String subject, String name, List<String> groups) throws Exception {
        HttpResponse<String> away = browser.get("/sign-in/openid");
        issuer.next(TestIssuer.GENUINE, subject, name, groups, Map.of(), HOUR);
        return browser.get(issuer.signIn(location(away)));
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("");
    }
}
