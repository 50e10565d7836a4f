package tallystick.serve.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.report.day.ReportDesk;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.TestCertificates;
import tallystick.serve.testing.TestWeb;

/// Who gets in at the pages, and what nobody gets by them. Each test has people and mismatches of its own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebIT {
    private final AtomicReference<Instant> now =
            new AtomicReference<>(Instant.parse("2026-11-23T12:00:00Z"));
    private final TestWeb web = new TestWeb(now::get);

    @AfterAll
    void close() {
        web.close();
    }

    @Test
    void nobodyGetsInWithoutSigningIn() throws Exception {
        Browser browser = web.browser();

        HttpResponse<String> answer = browser.get("/mismatches?state=ANY&q=a%2Fb");

        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(location(answer))
                .isEqualTo("/sign-in?to=%2Fmismatches%3Fstate%3DANY%26q%3Da%252Fb");
        assertThat(browser.get("/live").statusCode()).isEqualTo(303);
        assertThat(browser.get("/sign-in").body())
                .contains("<h1 id=\"t\">Sign in</h1>")
                .doesNotContain("<nav");
    }

    @Test
    void signsInAndOut() throws Exception {
        web.people().add("anna", "preparer", TestWeb.PASSWORD);
        Browser browser = web.browser();
        browser.get("/sign-in");
        String visit = browser.cookies().get("tallystick-visit");

        HttpResponse<String> signedIn =
                browser.post(
                        "/sign-in",
                        "name",
                        " Anna ",
                        "password",
                        TestWeb.PASSWORD,
                        "to",
                        "/?day=2026-11-22");

        assertThat(signedIn.statusCode()).isEqualTo(303);
        assertThat(location(signedIn)).isEqualTo("/?day=2026-11-22");
        assertThat(signedIn.headers().allValues("Set-Cookie"))
                .singleElement()
                .asString()
                .startsWith("tallystick-session=")
                .endsWith("; Path=/; HttpOnly; SameSite=Strict");
        String session = browser.cookies().get("tallystick-session");
        assertThat(session).isNotEqualTo(visit);
        HttpResponse<String> overview = browser.get("/");
        assertThat(overview.statusCode()).isEqualTo(200);
        assertThat(overview.body()).contains("<h1>Monday 23 November 2026</h1>", "<bdi>anna</bdi>");

        assertThat(location(browser.post("/sign-out"))).isEqualTo("/sign-in");
        browser.cookies().put("tallystick-session", session);
        assertThat(browser.get("/").statusCode()).as("the old token").isEqualTo(303);
    }

    @Test
    void aWrongPasswordIsRefusedAndManyAreNotEvenLookedAt() throws Exception {
        web.people().add("berta", "viewer", TestWeb.PASSWORD);
        Browser browser = web.browser();

        HttpResponse<String> refused = browser.signIn("berta", "wrong horse battery");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("do not belong together", "value=\"berta\"");
        assertThat(browser.signIn("nobody", "wrong horse battery").body())
                .as("somebody who is not there")
                .contains("do not belong together");
        for (int i = 0; i < 9; i++) {
            browser.signIn("berta", "wrong horse battery");
        }

        HttpResponse<String> tooMany = browser.signIn("berta", TestWeb.PASSWORD);
        assertThat(tooMany.statusCode()).isEqualTo(429);
        assertThat(tooMany.body()).contains("Try again in 15 min.");
    }

    @Test
    void aChangedPasswordSignsOut() throws Exception {
        Browser browser = web.browser("clara", "viewer");
        assertThat(browser.get("/").statusCode()).isEqualTo(200);

        web.people().changePassword("clara", "another horse battery");

        assertThat(browser.get("/").statusCode()).isEqualTo(303);
        assertThat(browser.signIn("clara", "another horse battery").statusCode()).isEqualTo(303);
        web.people().remove("clara");
        assertThat(location(browser.get("/"))).isEqualTo("/sign-in");
        assertThatThrownBy(() -> web.people().add("dora", "viewer", "short"))
                .hasMessageContaining("expected: 12 to 256");
    }

    @Test
    void aSessionEndsWhenNobodyIsThere() throws Exception {
        Browser browser = web.browser("elsa", "viewer");
        Browser page = web.browser();
        page.cookies().putAll(browser.cookies());
        page.header("X-Tallystick-Live", "1");
        Instant before = now.get();
        try {
            now.set(before.plus(Duration.ofMinutes(20)));
            assertThat(page.get("/").statusCode()).as("asks by itself").isEqualTo(200);
            now.set(before.plus(Duration.ofMinutes(31)));
            assertThat(browser.get("/").statusCode()).isEqualTo(303);
        } finally {
            now.set(before);
        }
    }

    @Test
    void formsComeFromUs() throws Exception {
        Browser browser = web.browser("frieda", "preparer");
        browser.get("/");
        browser.formToken("x");
        assertThat(browser.post("/sign-out").statusCode()).isEqualTo(403);

        Browser elsewhere = web.browser("gerda", "preparer");
        elsewhere.get("/");
        assertThat(
                        elsewhere
                                .header("Origin", "https://evil.example")
                                .post("/sign-out")
                                .statusCode())
                .isEqualTo(403);
        assertThat(elsewhere.get("/").statusCode()).as("still signed in").isEqualTo(200);
        assertThat(
                        web.browser()
                                .header("Sec-Fetch-Site", "cross-site")
                                .post("/sign-in")
                                .statusCode())
                .isEqualTo(403);
    }

    @Test
    void leadsToNoOtherServer() throws Exception {
        web.people().add("hanna", "viewer", TestWeb.PASSWORD);
        for (String to :
                new String[] {
                    "https://evil.example",
                    "//evil.example",
                    "/\\evil.example",
                    "javascript:alert(1)",
                    "/a\r\nX: y"
                }) {
            Browser browser = web.browser();
            browser.get("/sign-in");
            HttpResponse<String> answer =
                    browser.post(
                            "/sign-in", "name", "hanna", "password", TestWeb.PASSWORD, "to", to);
            assertThat(location(answer)).as(to).isEqualTo("/");
            assertThat(answer.headers().firstValue("X")).isEmpty();
        }
    }

    @Test
    void everyAnswerIsGuarded() throws Exception {
        for (String path : new String[] {"/sign-in", "/", "/nothing", "/mismatches/%2e%2e/x"}) {
            HttpResponse<String> answer = web.browser().get(path);
            assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
                    .as(path)
                    .startsWith("default-src 'self'; object-src 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(answer.headers().firstValue("Server")).isEmpty();
            assertThat(answer.body()).doesNotContain("style=", "onclick=", "<script>");
        }
    }

    @Test
    void byTlsCookiesAreForThisHostAlone(@TempDir Path directory) throws Exception {
        var certificates = new TestCertificates(directory);
        var files =
                new WebConfig.Files(certificates.files().certificate(), certificates.files().key());
        try (var secured = new TestWeb(now::get, "localhost", Optional.of(files));
                var browser = new Browser(secured.url(), certificates.trust())) {
            secured.people().add("selma", "viewer", TestWeb.PASSWORD);

            HttpResponse<String> signedIn = browser.signIn("selma", TestWeb.PASSWORD);

            assertThat(secured.url()).startsWith("https://localhost:");
            assertThat(signedIn.headers().allValues("Set-Cookie"))
                    .singleElement()
                    .asString()
                    .startsWith("__Host-tallystick-session=")
                    .endsWith("; Path=/; HttpOnly; SameSite=Strict; Secure");
            HttpResponse<String> overview = browser.get("/");
            assertThat(overview.statusCode()).isEqualTo(200);
            assertThat(overview.headers().firstValue("Strict-Transport-Security")).isPresent();
        }
    }

    @Test
    void openPagesAreToldTheSequence() throws Exception {
        assertThat(web.browser("thea", "viewer").firstEvent("/live"))
                .startsWith("event: head; data: ");
    }

    @Test
    void servesOtherMachinesByTlsAlone() {
        assertThatThrownBy(() -> config("0.0.0.0")).hasMessageContaining("0.0.0.0 without TLS");
        assertThatThrownBy(() -> config("192.168.1.7")).hasMessageContaining("without TLS");
        assertThat(config("127.0.0.1").isSecure()).isFalse();
        assertThat(config("localhost").isSecure()).isFalse();
    }

    /// An open mismatch. Returns its id, in hex.
    private String mismatch(String reference, String order) {
        web.ledger()
                .execute(
                        """
                        INSERT INTO register.mismatch (mismatch_id, owner, code, node, reference, amount_msat, residue_msat, severity,
                                                       state, since, label, sentence, advice, order_text, node_msat, node_half,
                                                       books_half, episode, rule_version, batch_id)
                        VALUES (sha256('%1$s'), 'test', 'SETTLED_NOT_BOOKED', repeat('0', 66), '%1$s', 9818000, 9818000, 'HIGH', 'OPEN',
                                timestamptz '2026-11-22T00:00:00Z', 'Settled, not booked', 'The node received it.', 'Book it.', '%2$s',
                                9818000, '[{"node":"","what":"receipt","msat":9818000,"at":"2026-11-22T01:00:00Z"}]', '[]', 1, 1, 1)
                        """
                                .formatted(reference, order.replace("'", "''")));
        return HexFormat.of().formatHex(ReportDesk.digest(reference.getBytes(UTF_8)));
    }

    @Test
    void whatComesFromOutsideIsShownAsText() throws Exception {
        String id = mismatch("entry:escaped\" onfocus=\"alert(1)", "<script>alert('x')</script>");
        Browser browser = web.browser("ida", "preparer,auditor");

        for (String path : new String[] {"/mismatches?q=entry:escaped", "/mismatches/" + id}) {
            assertThat(browser.get(path).body())
                    .as(path)
                    .contains("&lt;script&gt;alert(")
                    .doesNotContain("<script>alert");
        }
        assertThat(browser.get("/mismatches?q=entry:escaped").body())
                .contains(
                        "aria-label=\"Select Settled, not booked, entry:escaped&#34; onfocus=&#34;alert(1)\"");
        assertThat(browser.get("/mismatches?q=" + encoded("\" onfocus=\"alert(1)")).body())
                .contains("value=\"&#34; onfocus=&#34;alert(1)\"");
        String asked =
                browser.get("/mismatches?q=" + encoded("\"><script>alert(2)</script>")).body();
        assertThat(asked).contains("Nothing here").doesNotContain("<script>alert(2)");
    }

    @Test
    void filtersAreQuestionsAndNoStatements() throws Exception {
        mismatch("entry:counted-1", "ord-counted");
        mismatch("entry:counted-2", "ord-counted");
        Browser browser = web.browser("jana", "viewer");

        assertThat(browser.get("/mismatches?q=ORD-COUNTED").body())
                .contains("2 open", "All 2", "entry:counted-1", "entry:counted-2")
                .doesNotContain("name=\"pick\"");
        assertThat(browser.get("/mismatches?q=entry:counted-2&severity=HIGH&age=DAYS").body())
                .contains("1 open");
        assertThat(browser.get("/mismatches?q=9,818.000&code=SETTLED_NOT_BOOKED").body())
                .contains("entry:counted-1");
        assertThat(browser.get("/mismatches?q=9,818.001").body()).contains("Nothing here");
        for (String name :
                new String[] {"q", "code", "node", "severity", "age", "state", "sort", "after"}) {
            for (String value :
                    new String[] {
                        "' OR '1'='1",
                        "'; DROP TABLE register.mismatch; --",
                        "%",
                        "\\",
                        "1e9999",
                        "\u0000",
                        "..",
                        "1..AA"
                    }) {
                assertThat(browser.get("/mismatches?" + name + "=" + encoded(value)).statusCode())
                        .as(name + "=" + value)
                        .isEqualTo(200);
            }
        }
        assertThat(browser.get("/mismatches?q=" + encoded("' OR '1'='1")).body())
                .contains("Nothing here");
    }

    @Test
    void pagesTellEachOnceInEveryOrder() throws Exception {
        for (int i = 0; i < 60; i++) {
            mismatch("entry:page-" + i, "ord-paged");
        }
        Browser browser = web.browser("karla", "viewer");
        for (String sort :
                new String[] {"severity", "code", "reference", "amount", "residue", "age"}) {
            List<String> told = new ArrayList<>();
            String path = "/mismatches?q=ord-paged&sort=" + sort;
            for (int pages = 0; !path.isEmpty(); pages++) {
                assertThat(pages).as(sort).isLessThan(4);
                String body = browser.get(path).body();
                Matcher row = Pattern.compile("id=\"m-([0-9a-f]{64})\"").matcher(body);
                while (row.find()) {
                    told.add(row.group(1));
                }
                Matcher next = Pattern.compile("href=\"([^\"]*)\" rel=\"next\"").matcher(body);
                path = next.find() ? next.group(1).replace("&amp;", "&") : "";
            }
            assertThat(told).as(sort).hasSize(60).doesNotHaveDuplicates();
        }
    }

    @Test
    void decidesInTheNameOfWhoSignedIn() throws Exception {
        String id = mismatch("entry:decided", "ord-decided");
        Browser browser = web.browser("lena", "preparer");
        String page = browser.get("/mismatches/" + id).body();
        assertThat(page).contains("Book it.", "lena", "≠ only the node");
        String decision = field(page, "decision");

        HttpResponse<String> refused =
                browser.post(
                        "/mismatches/" + id,
                        "kind",
                        "resolve",
                        "reason",
                        "paid back <b>",
                        "decision",
                        decision,
                        "seen",
                        "9818000");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body())
                .contains(
                        "leaves 9818000 msat on clearing",
                        "Nothing was changed.",
                        "paid back &lt;b&gt;</textarea>");

        HttpResponse<String> stale =
                browser.post(
                        "/mismatches/" + id,
                        "kind",
                        "comment",
                        "reason",
                        "x",
                        "decision",
                        decision,
                        "seen",
                        "9818001");
        assertThat(stale.statusCode()).isEqualTo(409);
        HttpResponse<String> done =
                browser.post(
                        "/mismatches/" + id,
                        "kind",
                        "adjust",
                        "account",
                        "losses",
                        "reason",
                        "lost",
                        "decision",
                        decision,
                        "seen",
                        "9818000");
        assertThat(location(done)).isEqualTo("/mismatches/" + id + "?done=written");
        assertThat(web.decisions().submitted())
                .filteredOn(one -> one.mismatchId().equals(id))
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.person()).isEqualTo("lena");
                            assertThat(one.id()).isEqualTo(decision);
                            assertThat(one.adjustmentMsat()).isEqualTo(9_818_000);
                            assertThat(one.account()).isEqualTo("losses");
                        });
    }

    @Test
    void approvesWhatAnotherDecided() throws Exception {
        String id = mismatch("entry:approved", "ord-approved");
        web.ledger()
                .execute(
                        """
                        INSERT INTO ledger.batch (batch_id, sequence, cause, decided_at, records, digest, previous_hash, hash, format)
                        SELECT 900, 900, 'records', now(), 0, sha256(''), sha256(''), sha256('x'), 1;
                        INSERT INTO register.decision (decision_id, mismatch_id, batch_id, bytes)
                        VALUES ('asked', decode('%s', 'hex'), 900, decode('%s', 'hex'))
                        """
                                .formatted(
                                        id,
                                        HexFormat.of()
                                                .formatHex(
                                                        Decision.newBuilder()
                                                                .setDecisionId("asked")
                                                                .setMismatchId(id)
                                                                .setKind(
                                                                        DecisionKind
                                                                                .DECISION_KIND_RESOLVE)
                                                                .setPerson("maria")
                                                                .setReason("lost")
                                                                .setAdjustmentMsat(9_818_000)
                                                                .setAccount("losses")
                                                                .build()
                                                                .toByteArray())));
        String[] approval = {
            "kind", "approve", "approves", "asked", "decision", "a-" + id, "seen", "9818000"
        };
        Browser maria = web.browser("maria", "preparer,approver");
        assertThat(maria.get("/mismatches/" + id).body())
                .contains("It is your own")
                .doesNotContain(">Approve<");
        HttpResponse<String> own = maria.post("/mismatches/" + id + "/approve", approval);
        assertThat(own.statusCode()).isEqualTo(409);
        assertThat(own.body()).contains("decided by maria (expected: somebody else)");

        Browser nora = web.browser("nora", "preparer");
        assertThat(nora.get("/mismatches/" + id).body()).contains("the role approver");
        assertThat(nora.post("/mismatches/" + id + "/approve", approval).statusCode())
                .isEqualTo(403);
        assertThat(nora.post("/mismatches/" + id, approval).statusCode())
                .as("by the other form")
                .isEqualTo(400);

        Browser olga = web.browser("olga", "approver");
        assertThat(olga.get("/mismatches/" + id).body()).contains(">Approve<", "+9,818");
        assertThat(olga.post("/mismatches/" + id, "kind", "comment", "reason", "x").statusCode())
                .isEqualTo(403);
        assertThat(location(olga.post("/mismatches/" + id + "/approve", approval)))
                .endsWith("?done=written");
        assertThat(web.decisions().submitted())
                .filteredOn(one -> one.mismatchId().equals(id))
                .singleElement()
                .satisfies(one -> assertThat(one.person()).isEqualTo("olga"));
    }

    @Test
    void confirmsWhatAnEntryIsAbout() throws Exception {
        String id = mismatch("entry:shop/ambiguous", "ord-ambiguous");
        String first = "payment_hash:" + "a1".repeat(32);
        String second = "payment_hash:" + "b2".repeat(32);
        String third = "payment_hash:" + "c3".repeat(32);
        web.ledger()
                .execute(
                        """
                        UPDATE register.mismatch
                           SET code = 'AMBIGUOUS_MATCH', node_msat = NULL, books_msat = 9818000,
                               node_half = '[{"node":"","what":"alternative 1: %s","msat":9818000,"at":"2026-11-22T01:00:00Z"},
                                             {"node":"","what":"alternative 2: %s","msat":9000000,"at":"2026-11-22T02:00:00Z"},
                                             {"node":"","what":"alternative 2: %s","msat":818000,"at":"2026-11-22T03:00:00Z"}]',
                               books_half = '[{"node":"","what":"receipt (entry shop/ambiguous)","msat":9818000,"at":"2026-11-22T04:00:00Z"}]'
                         WHERE mismatch_id = decode('%s', 'hex')
                        """
                                .formatted(first, second, third, id));
        Browser viewer = web.browser("sara", "viewer");
        assertThat(viewer.get("/mismatches/" + id).body())
                .contains("What it may be", "takes the role preparer", "2026-11-22 02:00", "+818")
                .doesNotContain(">Confirm<", "alternative 1");
        String path = "/mismatches/" + id;
        String chosen = second + " " + third;
        String[] confirmation = {
            "kind", "confirm", "alternative", chosen, "decision", "c-" + id, "seen", "9818000"
        };
        assertThat(viewer.post(path, confirmation).statusCode()).isEqualTo(403);

        Browser tina = web.browser("tina", "preparer");
        assertThat(tina.get(path).body())
                .contains(
                        "name=\"alternative\" value=\"" + first + "\"",
                        "name=\"alternative\" value=\"" + chosen + "\"",
                        "aria-label=\"Confirm alternative 2\"",
                        "2 of 2 together");
        HttpResponse<String> other =
                tina.post(
                        path,
                        "kind",
                        "confirm",
                        "alternative",
                        third,
                        "decision",
                        "d-" + id,
                        "seen",
                        "9818000");
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(other.body()).contains("(expected: one of the 2 that there are now)");
        assertThat(location(tina.post(path, confirmation))).isEqualTo(path + "?done=written");
        assertThat(web.decisions().submitted())
                .filteredOn(one -> one.mismatchId().equals(id))
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.person()).isEqualTo("tina");
                            assertThat(one.alternative()).isEqualTo(chosen);
                        });
    }

    @Test
    void decidesAboutSeveralAtOnce() throws Exception {
        String one = mismatch("entry:bulk-1", "ord-bulk");
        String two = mismatch("entry:bulk-2", "ord-bulk");
        Browser browser = web.browser("petra", "preparer");
        browser.get("/mismatches?q=ord-bulk");

        String page =
                browser.post("/mismatches/bulk", "kind", "ignore", "pick", one, "pick", two).body();
        assertThat(page)
                .contains("Ignore until a day: 2 mismatches", "entry:bulk-1", "entry:bulk-2");
        assertThat(browser.post("/mismatches/bulk", "kind", "resolve", "pick", one).statusCode())
                .isEqualTo(400);
        String[] form = {
            "kind",
            "ignore",
            "sure",
            "1",
            "until",
            "2026-12-31",
            "reason",
            "the bank looks into it",
            "pick",
            one,
            "pick",
            two,
            "seen-" + one,
            "9818000",
            "seen-" + two,
            "1",
            "decision-" + one,
            "b-1",
            "decision-" + two,
            "b-2"
        };
        assertThat(browser.post("/mismatches/bulk", form).body())
                .contains("✓ Written", "≠ Refused", "as it is now");
        assertThat(web.decisions().submitted())
                .filteredOn(decided -> decided.person().equals("petra"))
                .singleElement()
                .satisfies(
                        decided ->
                                assertThat(decided.until())
                                        .contains(Instant.parse("2026-12-31T00:00:00Z")));
    }

    @Test
    void whoOnlyLooksChangesNothing() throws Exception {
        String id = mismatch("entry:evidence", "ord-evidence");
        Browser viewer = web.browser("rosa", "viewer");
        assertThat(viewer.get("/mismatches/" + id).statusCode()).isEqualTo(200);
        assertThat(viewer.get("/mismatches/" + "0".repeat(64)).statusCode()).isEqualTo(404);
        assertThat(viewer.get("/mismatches/x").statusCode()).isEqualTo(404);
        assertThat(viewer.post("/mismatches/" + id, "kind", "comment", "reason", "x").statusCode())
                .isEqualTo(403);
        assertThat(web.decisions().submitted()).noneMatch(one -> one.person().equals("rosa"));
    }

    private static String field(String page, String name) {
        Matcher field = Pattern.compile("name=\"" + name + "\" value=\"([^\"]*)\"").matcher(page);
        assertThat(field.find()).as(name).isTrue();
        return field.group(1);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    private static WebConfig config(String host) {
        return new WebConfig(
                "shop",
                ZoneOffset.UTC,
                Duration.ofMinutes(10),
                "test",
                host,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Duration.ofMinutes(30),
                Duration.ofHours(12),
                Duration.ofSeconds(5));
    }

    private static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElse("");
    }
}
