package tallystick.serve.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.ledger.decision.Signing;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayFormat;
import tallystick.report.day.ReportDesk;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.TestApi;
import tallystick.serve.testing.TestWeb;

/// Reports are read and downloaded as they were issued, and signed by two people. Days are those of other tests too: each signs one
/// of its own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportPagesIT {
    private static final LocalDate FIRST = LocalDate.of(2026, 11, 1);
    private static final int DAYS = 33;

    private final TestWeb web = new TestWeb(() -> Instant.parse("2026-12-05T12:00:00Z"));
    private final Database writer = web.ledger().connect(Role.WRITER);
    private final ReportDesk desk = new ReportDesk(writer.dataSource(), TestApi.LEDGER, "test");
    private int batches = 700;

    @BeforeAll
    void issue() {
        web.ledger()
                .execute(
                        """
                        INSERT INTO ledger.batch (batch_id, sequence, cause, decided_at, records, digest, previous_hash, hash, format)
                        SELECT 1, 1, 'records', now(), 0, sha256(''), sha256(''), sha256('1'), 1;
                        UPDATE ledger.head SET sequence = 1;
                        INSERT INTO ledger.coverage_known VALUES (1, 0, '02' || repeat('a', 64), 'INVOICES', '<b>alice', '2026-12-03T12:00:00Z', 0, now(), false)
                        """);
        for (int i = 0; i < DAYS; i++) {
            var _ = desk.issue(day(i), day(i).dueAt());
        }
    }

    @AfterAll
    void close() {
        writer.close();
        web.close();
    }

    private static BusinessDay day(int number) {
        return new BusinessDay(FIRST.plusDays(number), ZoneOffset.UTC, Duration.ofMinutes(10));
    }

    private String seal(int number) {
        return desk.issued(day(number)).orElseThrow().sealDigest();
    }

    @Test
    void areListedPageByPageAndRead() throws Exception {
        Browser browser = web.browser("anna", "viewer");

        String page = browser.get("/reports").body();
        assertThat(page)
                .contains("33 days, of each the newest edition.", "/reports/2026-12-03\"")
                .contains("… Provisional", "= Final, signed by nobody")
                .doesNotContain("/reports/2026-11-02\"");
        Matcher next = Pattern.compile("href=\"([^\"]*)\" rel=\"next\"").matcher(page);
        assertThat(next.find()).isTrue();
        assertThat(browser.get(next.group(1)).body())
                .contains("/reports/2026-11-02\"", "/reports/2026-11-01\"", "rel=\"first\"");

        HttpResponse<String> report = browser.get("/reports/2026-11-03");
        assertThat(report.body())
                .contains("Daily report, Tuesday 3 November 2026", seal(2), "&lt;b&gt;alice")
                .contains("Preparing it takes the role preparer.")
                .doesNotContain("<b>alice", "style=", "<form class=\"stack\"");
        assertThat(browser.get("/reports/2026-11-03?edition=2").statusCode()).isEqualTo(404);
        assertThat(browser.get("/reports/2027-01-01").statusCode()).isEqualTo(404);
        for (String path :
                new String[] {
                    "/reports/x",
                    "/reports?until=%27%3B--",
                    "/reports/2026-11-03?edition=1%20OR%201",
                    "/reports/compare?first=2026-11-03&second="
                }) {
            assertThat(browser.get(path).statusCode()).as(path).isEqualTo(400);
        }
    }

    @Test
    void areComparedWithEachOther() throws Exception {
        Browser browser = web.browser("berta", "viewer");

        assertThat(browser.get("/reports/compare?first=2026-11-04&second=2026-11-05").body())
                .contains(
                        "2026-11-04 and 2026-11-05",
                        "0 opened, 0 ended, 0 with another amount, 0 the same.",
                        "Left on clearing");
    }

    @Test
    void comeInEveryFormatUnderNamesOfOurOwn() throws Exception {
        Browser browser = web.browser("clara", "viewer");
        ReportDesk.Made made = desk.issued(day(4)).orElseThrow();

        for (DayFormat format : new DayFormat[] {DayFormat.TEXT, DayFormat.JSON, DayFormat.HTML}) {
            HttpResponse<String> answer =
                    browser.get("/reports/2026-11-05/" + format.name().toLowerCase(Locale.ROOT));
            var file = format.render(desk.document(made)).entrySet().iterator().next();
            assertThat(answer.body())
                    .as(format.name())
                    .isEqualTo(
                            new String(file.getValue(), java.nio.charset.StandardCharsets.UTF_8));
            assertThat(answer.headers().firstValue("Content-Disposition"))
                    .contains("attachment; filename=\"" + file.getKey() + "\"");
            assertThat(answer.headers().firstValue("Content-Security-Policy")).isPresent();
        }
        for (String format : new String[] {"pdf", "xlsx", "sql", "csv"}) {
            assertThat(browser.get("/reports/2026-11-05/" + format).statusCode())
                    .as(format)
                    .isEqualTo(200);
        }
        for (String path :
                new String[] {
                    "/reports/2026-11-05/..%2F..%2Fetc%2Fpasswd",
                    "/reports/2026-11-05/%2e%2e/%2e%2e/etc/passwd",
                    "/reports/..%5C/text",
                    "/reports/2026-11-05/exe",
                    "/reports/2026-11-05/text/x"
                }) {
            HttpResponse<String> answer = browser.get(path);
            assertThat(answer.statusCode()).as(path).isIn(400, 404);
            assertThat(answer.headers().firstValue("Content-Disposition")).isEmpty();
        }
        assertThat(web.browser().get("/reports/2026-11-05/text").statusCode()).isEqualTo(303);
    }

    @Test
    void twoPeopleSign() throws Exception {
        Browser dora = web.browser("dora", "preparer,approver");
        Browser elsa = web.browser("elsa", "approver");
        String seal = seal(5);
        String path = "/reports/2026-11-06";
        assertThat(elsa.get(path).body()).contains("takes the role preparer");
        assertThat(elsa.post(path + "/sign", "seal", seal).statusCode()).isEqualTo(403);
        assertThat(elsa.post(path + "/countersign", "seal", seal, "decision", "e-0").body())
                .contains("Report: signed by nobody (expected:", "Nothing was changed.");

        assertThat(dora.get(path).body()).contains("Sign as prepared");
        assertThat(dora.post(path + "/sign", "seal", "0".repeat(64), "decision", "d-0").body())
                .as("another edition was read")
                .contains("(expected: " + seal);
        HttpResponse<String> prepared =
                dora.post(path + "/sign", "seal", seal, "decision", "d-1", "comment", "<i>read");
        assertThat(prepared.headers().firstValue("Location")).contains(path + "?done=written");
        assertThat(web.decisions().submitted())
                .filteredOn(one -> one.id().equals("d-1"))
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.person()).isEqualTo("dora");
                            assertThat(one.kind()).isEqualTo(Kind.PREPARE);
                            assertThat(one.approves()).isEqualTo(seal);
                            assertThat(one.mismatchId())
                                    .isEqualTo(Signing.subject(FIRST.plusDays(5)));
                        });
        applied(DecisionKind.DECISION_KIND_PREPARE, FIRST.plusDays(5), "d-1", "dora", seal);

        assertThat(dora.get(path).body())
                .contains("You have prepared it", "&lt;i&gt;read")
                .doesNotContain("Sign as prepared");
        HttpResponse<String> own =
                dora.post(path + "/countersign", "seal", seal, "decision", "d-2");
        assertThat(own.statusCode()).isEqualTo(409);
        assertThat(own.body()).contains("dora (expected: another than dora, who prepared it");
        assertThat(dora.post(path + "/sign", "seal", seal, "decision", "d-3").body())
                .contains("prepared by dora (expected: signed by nobody");
        assertThat(
                        dora.post(path + "/sign", "seal", seal, "decision", "d-1")
                                .headers()
                                .firstValue("Location"))
                .as("the same again")
                .contains(path + "?done=applied");

        assertThat(elsa.get(path).body()).contains("Countersign, and close the day");
        assertThat(elsa.post(path + "/countersign", "seal", seal, "decision", "e-1").statusCode())
                .isEqualTo(303);
        assertThat(web.decisions().submitted().getLast().kind()).isEqualTo(Kind.COUNTERSIGN);
        applied(DecisionKind.DECISION_KIND_COUNTERSIGN, FIRST.plusDays(5), "e-1", "elsa", seal);
        assertThat(elsa.get(path).body()).contains("The day is closed", "elsa");
        assertThat(elsa.get("/decisions?person=elsa").body())
                .contains("Countersigned the report", "the report of <a href=\"" + path + "\">");
        assertThat(elsa.post(path + "/countersign", "seal", seal, "decision", "e-2").body())
                .contains("is signed by dora and elsa");
        assertThat(web.decisions().submitted())
                .extracting(tallystick.ledger.decision.Decision::id)
                .doesNotContain("d-0", "d-2", "d-3", "e-0", "e-2");
    }

    @Test
    void twoWhoSignAtOnceWaitForACountersignature() throws Exception {
        Browser gerd = web.browser("gerd", "preparer");
        Browser hana = web.browser("hana", "preparer,approver");
        String seal = seal(6);
        String path = "/reports/2026-11-07";
        gerd.get(path);
        hana.get(path);

        assertThat(gerd.post(path + "/sign", "seal", seal, "decision", "g-1").statusCode())
                .isEqualTo(303);
        assertThat(hana.post(path + "/sign", "seal", seal, "decision", "h-1").statusCode())
                .isEqualTo(303);
        applied(DecisionKind.DECISION_KIND_PREPARE, FIRST.plusDays(6), "g-1", "gerd", seal);
        applied(DecisionKind.DECISION_KIND_PREPARE, FIRST.plusDays(6), "h-1", "hana", seal);

        assertThat(gerd.get(path).body())
                .contains(
                        "<bdi>gerd</bdi> and <bdi>hana</bdi>",
                        "Reviewing it takes the role approver",
                        "waits for a second person")
                .doesNotContain("The day is closed");
        assertThat(hana.get(path).body()).contains("Countersign, and close the day");
        assertThat(hana.post(path + "/countersign", "seal", seal, "decision", "h-2").statusCode())
                .isEqualTo(303);
        applied(DecisionKind.DECISION_KIND_COUNTERSIGN, FIRST.plusDays(6), "h-2", "hana", seal);
        assertThat(gerd.get(path).body()).contains("The day is closed");
        assertThat(gerd.get("/decisions?kind=sign&person=hana").body())
                .contains("Signed the report", "Countersigned the report");
    }

    @Test
    void whatIsProvisionalIsNotSigned() throws Exception {
        Browser browser = web.browser("frieda", "preparer");

        assertThat(browser.get("/reports/2026-12-03").body())
                .contains("It is provisional", "tallystick report restate 2026-12-03")
                .doesNotContain("Sign as prepared");
        assertThat(
                        browser.post(
                                        "/reports/2026-12-03/sign",
                                        "seal",
                                        seal(32),
                                        "decision",
                                        "f-1")
                                .body())
                .contains("is provisional (expected: a final one");
    }

    /// As the reconciler would do it.
    private void applied(DecisionKind kind, LocalDate day, String id, String person, String seal) {
        int batch = batches++;
        web.ledger()
                .execute(
                        """
                        INSERT INTO ledger.batch (batch_id, sequence, cause, decided_at, records, digest, previous_hash, hash, format)
                        SELECT %1$d, %1$d, 'records', now(), 0, sha256(''), sha256(''), sha256('%1$d'), 1;
                        INSERT INTO register.decision (decision_id, mismatch_id, batch_id, bytes)
                        VALUES ('%2$s', decode('%3$s', 'hex'), %1$d, decode('%4$s', 'hex'))
                        """
                                .formatted(
                                        batch,
                                        id,
                                        Signing.subject(day),
                                        HexFormat.of()
                                                .formatHex(
                                                        Decision.newBuilder()
                                                                .setDecisionId(id)
                                                                .setMismatchId(Signing.subject(day))
                                                                .setKind(kind)
                                                                .setPerson(person)
                                                                .setDecidedAtNs(
                                                                        batch * 1_000_000_000L)
                                                                .setReference(
                                                                        Signing.reference(day))
                                                                .setReason("<i>read")
                                                                .setApproves(seal)
                                                                .build()
                                                                .toByteArray())));
    }
}
