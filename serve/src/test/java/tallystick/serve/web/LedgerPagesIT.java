package tallystick.serve.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tallystick.proto.storage.v1.StoredGap;
import tallystick.proto.storage.v1.StoredGaps;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.report.day.ReportDesk;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.TestWeb;

/// Who may look through the ledger, what questions to it can do, and that what comes from outside is text.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LedgerPagesIT {
    private static final String NODE = "02" + "a".repeat(64);

    private static final String[] HOSTILE = {
        "' OR '1'='1",
        "'; DROP TABLE ledger.account; --",
        "%",
        "\u0000",
        "9223372036854775808",
        "payment_hash:x",
        "\"><script>alert(2)</script>"
    };

    private final TestWeb web = new TestWeb(() -> Instant.parse("2026-11-23T12:00:00Z"));
    private int batches = 500;

    @AfterAll
    void close() {
        web.close();
    }

    @Test
    void eachPageIsForItsRoleAlone() throws Exception {
        Browser viewer = web.browser("anna", "viewer,preparer,approver,bookkeeper");
        Browser auditor = web.browser("berta", "auditor");
        Browser operator = web.browser("clara", "operator");

        for (String path :
                new String[] {"/accounts", "/accounts/transfers", "/items", "/items/of"}) {
            assertThat(viewer.get(path).statusCode()).as(path).isEqualTo(403);
            assertThat(operator.get(path).statusCode()).as(path).isEqualTo(403);
            assertThat(auditor.get(path).statusCode()).as(path).isIn(200, 404);
        }
        for (String path : new String[] {"/nodes", "/nodes/" + NODE}) {
            assertThat(viewer.get(path).statusCode()).as(path).isEqualTo(403);
            assertThat(auditor.get(path).statusCode()).as(path).isEqualTo(403);
            assertThat(operator.get(path).statusCode()).as(path).isIn(200, 404);
        }
        assertThat(viewer.get("/decisions").statusCode()).isEqualTo(200);
        assertThat(viewer.get("/decisions").body())
                .contains("href=\"/decisions\"")
                .doesNotContain("href=\"/nodes\"", "href=\"/accounts\"", "href=\"/items\"");
        assertThat(web.browser().get("/accounts").statusCode()).isEqualTo(303);
    }

    @Test
    void questionsAreNoStatements() throws Exception {
        Browser browser = web.browser("dora", "auditor,operator");

        for (String path :
                new String[] {
                    "/accounts?q=",
                    "/accounts?date=",
                    "/accounts?known=",
                    "/accounts?after=",
                    "/accounts/transfers?account=",
                    "/accounts/transfers?account=clearing&after=",
                    "/items?q=",
                    "/items?q=abcdef&after=",
                    "/items/of?key=",
                    "/decisions?person=",
                    "/decisions?kind=",
                    "/decisions?before=",
                    "/nodes/"
                }) {
            for (String value : HOSTILE) {
                var answer = browser.get(path + URLEncoder.encode(value, UTF_8));
                assertThat(answer.statusCode()).as(path + value).isIn(200, 400, 404);
                assertThat(answer.body()).as(path + value).doesNotContain("<script>alert");
            }
        }
        assertThat(browser.get("/accounts").statusCode()).as("still there").isEqualTo(200);
        assertThat(browser.get("/accounts?known=99").body()).contains("is not known yet");
    }

    @Test
    void nodesAreShownWithTheirGaps() throws Exception {
        web.ledger()
                .execute(
                        """
                        INSERT INTO ledger.coverage VALUES (0, '%1$s', 'INVOICES', '<b>alice', '2026-11-22T12:00:00Z', 900000, '2026-11-22T13:00:00Z', true);
                        INSERT INTO ledger.coverage_gap VALUES (0, '%1$s', decode('%2$s', 'hex')), (1, '%1$s', decode('%2$s', 'hex'))
                        """
                                .formatted(
                                        NODE,
                                        HexFormat.of()
                                                .formatHex(
                                                        StoredGaps.newBuilder()
                                                                .addOpen(
                                                                        StoredGap.newBuilder()
                                                                                .setKind(
                                                                                        "ADD_INDEX")
                                                                                .setFrom(71)
                                                                                .setTo(73))
                                                                .build()
                                                                .toByteArray())));
        Browser browser = web.browser("elsa", "operator");

        assertThat(browser.get("/nodes").body())
                .contains("&lt;b&gt;alice", "0 of 1 streams whole", "… not known")
                .doesNotContain("<b>alice");
        assertThat(browser.get("/nodes/" + NODE).body())
                .contains("≠ with a gap", "add index", ">71<", ">73<", "has not said its balances")
                .containsOnlyOnce(">71<");
        assertThat(browser.get("/nodes/" + NODE.replace('a', 'b')).statusCode()).isEqualTo(404);
    }

    @Test
    void decisionsAreToldPageByPageAndFiltered() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            ids.add("d" + i);
            decided("d" + i, i % 20 == 0 ? "frieda" : "gerda", "<i>because " + i + ".");
        }
        Browser browser = web.browser("hanna", "viewer");

        List<String> told = new ArrayList<>();
        String path = "/decisions";
        while (!path.isEmpty()) {
            String body = browser.get(path).body();
            assertThat(body).contains("60 decisions").doesNotContain("<i>because");
            Matcher row = Pattern.compile("&lt;i&gt;because (\\d+)\\.").matcher(body);
            while (row.find()) {
                told.add("d" + row.group(1));
            }
            Matcher next = Pattern.compile("href=\"([^\"]*)\" rel=\"next\"").matcher(body);
            path = next.find() ? next.group(1).replace("&amp;", "&") : "";
        }
        assertThat(told).isEqualTo(ids.reversed());
        assertThat(browser.get("/decisions?person=Frieda&kind=comment").body())
                .contains("3 decisions", "because 40.")
                .doesNotContain("because 41.");
        assertThat(browser.get("/decisions?kind=sign").body()).contains("No decision fits");
    }

    private void decided(String id, String person, String reason) {
        int batch = batches++;
        String mismatch = HexFormat.of().formatHex(ReportDesk.digest("mismatch".getBytes(UTF_8)));
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
                                        mismatch,
                                        HexFormat.of()
                                                .formatHex(
                                                        Decision.newBuilder()
                                                                .setDecisionId(id)
                                                                .setMismatchId(mismatch)
                                                                .setKind(
                                                                        DecisionKind
                                                                                .DECISION_KIND_COMMENT)
                                                                .setPerson(person)
                                                                .setReason(reason)
                                                                .build()
                                                                .toByteArray())));
    }
}
