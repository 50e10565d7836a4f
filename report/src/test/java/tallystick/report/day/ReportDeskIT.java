package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_COUNTERSIGN;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_PREPARE;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_SIGN;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.testing.TestDatabase;
import tallystick.report.Golden;

class ReportDeskIT {
    private static final long SEED = Long.getLong("seed", 42);
    private static final String SEED_AGAIN =
            "mvn verify -pl report -am -Dit.test=ReportDeskIT -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dseed="
                    + SEED;
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant FIRST_DUE = Instant.parse("2026-11-22T23:10:00Z");
    private static final Instant SECOND_DUE = Instant.parse("2026-11-23T23:10:00Z");

    private static final String ID = "ab".repeat(32);

    private final TestDatabase database = TestDatabase.migrated();
    private final Database writer = database.connect(Role.WRITER);
    private final TestDays days = new TestDays(database, SEED);
    private final ReportDesk desk = new ReportDesk(writer.dataSource(), "shop", "1.0.0");

    @AfterEach
    void close() {
        writer.close();
        database.close();
    }

    @Test
    void anyIssuedReportIsMadeAgainByteForByte() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        days.cover(FIRST_DUE.minusSeconds(60), FIRST_DUE.minusSeconds(60));
        ReportDesk.Made first = desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);
        days.batch(NOON.plus(Duration.ofDays(1)), 40, Duration.ofDays(2));
        ReportDesk.Made second = desk.issue(TestDays.day("2026-11-23"), SECOND_DUE);
        long secondSequence = days.newest();
        for (int i = 0; i < 20; i++) {
            days.batch(SECOND_DUE.plusSeconds(i), 10, Duration.ofDays(3));
        }
        database.execute("DELETE FROM report.issued");

        ReportDesk.Unsealed firstAgain = desk.remake(TestDays.day("2026-11-22"), 2, 0);
        ReportDesk.Unsealed secondAgain =
                desk.remake(TestDays.day("2026-11-23"), secondSequence, 2);

        assertThat(firstAgain.factsBytes()).isEqualTo(first.facts());
        assertThat(firstAgain.historyBytes()).isEqualTo(first.history());
        assertThat(secondAgain.factsBytes()).isEqualTo(second.facts());
        assertThat(secondAgain.historyBytes()).isEqualTo(second.history());
        assertThat(first.report().history().isProvisional()).isFalse();
        assertThat(second.report().history().isProvisional()).isTrue();
    }

    @Test
    void whatCameLateIsTheWholeDifferenceToWhatWasIssued() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        DayReport first = desk.issue(TestDays.day("2026-11-22"), FIRST_DUE).report();
        days.batch(NOON.plus(Duration.ofDays(1)), 60, Duration.ofDays(3));

        DayReport second = desk.issue(TestDays.day("2026-11-23"), SECOND_DUE).report();

        BigInteger late =
                second.history().priorPeriod().stream()
                        .map(one -> one.msat().totalMsat())
                        .reduce(BigInteger.ZERO, BigInteger::add);
        assertThat(late).isPositive();
        assertThat(second.facts().bridges().getFirst().opening().totalMsat())
                .isEqualTo(first.facts().bridges().getFirst().closing().totalMsat().add(late));
        assertThat(second.history().carried()).isEqualTo(first.history().open());
        assertThat(second.history().unexplainedMsat()).isZero();
        assertThat(second.facts().unexplainedMsat()).isZero();
        assertThat(second.facts().openMsat()).isEqualTo(second.history().open().msat());
        assertThat(second.seal().previousDigest()).isPresent();
    }

    @Test
    void saysWhoSignedWhichReport() throws SQLException {
        BusinessDay day = TestDays.day("2026-11-22");
        days.batch(NOON, 40, Duration.ofHours(20));
        days.cover(FIRST_DUE.minusSeconds(60), FIRST_DUE.minusSeconds(60));
        ReportDesk.Made made = desk.issue(day, FIRST_DUE);
        assertThat(made.report().status()).isEqualTo("Final: coverage complete, unsigned");

        days.sign(DECISION_KIND_PREPARE, SECOND_DUE, "ann", "", day.date(), made.sealDigest());
        DayReport prepared = desk.issued(day).orElseThrow().report();
        assertThat(prepared.status()).isEqualTo("Final: coverage complete, waiting for review");
        days.sign(DECISION_KIND_COUNTERSIGN, SECOND_DUE, "ann", "", day.date(), made.sealDigest());
        days.sign(DECISION_KIND_PREPARE, SECOND_DUE, "eve", "too", day.date(), made.sealDigest());
        DayReport twice = desk.issued(day).orElseThrow().report();
        assertThat(twice.prepared())
                .extracting(DayReport.Signature::person)
                .containsExactly("ann", "eve");

        days.sign(
                DECISION_KIND_COUNTERSIGN,
                SECOND_DUE,
                "<b>bob",
                "compared",
                day.date(),
                made.sealDigest());
        ReportDesk.Made signed = desk.issued(day).orElseThrow();
        assertThat(signed.report().status()).isEqualTo("Final: coverage complete, signed");
        assertThat(signed.report().reviewed())
                .extracting(DayReport.Signature::comment)
                .contains("compared");
        assertThat(signed.seal()).isEqualTo(made.seal());
        assertThat(text(desk.document(signed), DayFormat.HTML))
                .contains(
                        "<bdi>ann</bdi>",
                        "<bdi>eve</bdi>",
                        "<bdi>&lt;b&gt;bob</bdi>",
                        made.sealDigest());
        assertThat(text(desk.document(signed), DayFormat.TEXT))
                .contains("Prepared by ann 2026-11-23", "Prepared by eve", "Reviewed by <b>bob");
        assertThat(text(desk.document(signed), DayFormat.JSON))
                .contains("\"sign_off\":{\"signatures\":[{\"role\":\"PREPARED\"");
        assertThat(desk.signings(desk.list(day.date(), 1)).values())
                .allSatisfy(one -> assertThat(one.isClosed()).isTrue())
                .hasSize(1);
    }

    @Test
    void saysWhatDecisionsAreAbout() throws SQLException {
        BusinessDay day = TestDays.day("2026-11-22");
        days.batch(NOON, 40, Duration.ofHours(20));
        days.open(NOON.plusSeconds(1), ID, "payment_hash:ab");
        days.comment(NOON.plusSeconds(2), "ann", "looked at it", ID);

        assertThat(desk.issue(day, FIRST_DUE).report().history().decisions())
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.reference()).isEqualTo("payment_hash:ab");
                            assertThat(one.node()).isEqualTo(TestDays.NODE);
                        });
    }

    /// A decision may be applied before the records that open its mismatch.
    @Test
    void aMismatchThatOpensLaterChangesNoReport() throws SQLException {
        BusinessDay day = TestDays.day("2026-11-22");
        days.comment(NOON, "ann", "looked at it", ID);
        ReportDesk.Made made = desk.issue(day, FIRST_DUE);

        days.open(FIRST_DUE, ID, "payment_hash:ab");

        assertThat(desk.issued(day).orElseThrow().history()).isEqualTo(made.history());
        assertThat(made.report().history().decisions())
                .singleElement()
                .satisfies(one -> assertThat(one.reference()).isEmpty());
    }

    @Test
    void whatTheFirstProgramsSignedIsRead() throws SQLException {
        BusinessDay day = TestDays.day("2026-11-22");
        days.batch(NOON, 40, Duration.ofHours(20));
        days.cover(FIRST_DUE.minusSeconds(60), FIRST_DUE.minusSeconds(60));
        String seal = desk.issue(day, FIRST_DUE).sealDigest();
        days.sign(DECISION_KIND_SIGN, SECOND_DUE, "ann", "", day.date(), seal);
        days.sign(DECISION_KIND_SIGN, SECOND_DUE.plusSeconds(1), "bob", "", day.date(), seal);

        assertThat(text(desk.document(desk.issued(day).orElseThrow()), DayFormat.TEXT))
                .contains("Prepared by ann 2026-11-23", "Reviewed by bob 2026-11-23");
    }

    @Test
    void aRestatedDayNamesWhatItReplaces() throws SQLException {
        BusinessDay day = TestDays.day("2026-11-22");
        days.batch(NOON, 40, Duration.ofHours(20));
        days.cover(FIRST_DUE.minusSeconds(60), FIRST_DUE.minusSeconds(60));
        ReportDesk.Made first = desk.issue(day, FIRST_DUE);
        days.sign(DECISION_KIND_PREPARE, SECOND_DUE, "ann", "", day.date(), first.sealDigest());
        assertThatThrownBy(() -> desk.restate(day, "late file", SECOND_DUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nothing of 2026-11-22 reads otherwise than in edition 1");
        days.batch(SECOND_DUE, 40, Duration.ofDays(2));

        ReportDesk.Made second = desk.restate(day, "late file", SECOND_DUE);

        assertThat(second.report().seal().edition()).isEqualTo(2);
        assertThat(second.report().seal().replaces()).contains(first.sealDigest());
        assertThat(second.report().prepared()).isEmpty();
        assertThat(second.report().history().since()).isEqualTo(first.report().history().since());
        assertThat(desk.issued(day).orElseThrow().seal()).isEqualTo(second.seal());
        assertThat(desk.issue(day, SECOND_DUE).seal()).isEqualTo(second.seal());
        ReportDesk.Made former = desk.issued(day, OptionalInt.of(1)).orElseThrow();
        assertThat(former.facts()).isEqualTo(first.facts());
        assertThat(former.report().prepared()).hasSize(1);
        assertThat(former.report().status())
                .endsWith("waiting for review. Replaced by a restatement of the day");
        assertThat(text(desk.document(second), DayFormat.HTML))
                .contains("This is edition 2", first.sealDigest(), "late file");
        DayReport next = desk.issue(TestDays.day("2026-11-23"), SECOND_DUE).report();
        assertThat(next.history().since()).isEqualTo(second.report().history().sequence());
        assertThat(next.seal().previousDigest()).contains(second.sealDigest());
        assertThat(next.facts().bridges().getFirst().opening())
                .isEqualTo(second.report().facts().bridges().getFirst().closing());
        assertThat(next.history().priorPeriod()).isEmpty();
        assertThat(rows()).isEqualTo(3);
        assertThatThrownBy(() -> desk.restate(TestDays.day("2026-11-20"), "x", SECOND_DUE))
                .hasMessageContaining("none issued of 2026-11-20");
    }

    @Test
    void aDayHasOneReportWhoeverIssuesIt() throws Exception {
        days.batch(NOON, 40, Duration.ofHours(20));
        List<Callable<ReportDesk.Made>> tries = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Instant now = FIRST_DUE.plusSeconds(i);
            tries.add(() -> desk.issue(TestDays.day("2026-11-22"), now));
        }

        List<ReportDesk.Made> made = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(tries.size())) {
            for (Future<ReportDesk.Made> one : threads.invokeAll(tries)) {
                made.add(one.get());
            }
        }

        assertThat(made.stream().filter(ReportDesk.Made::isNew)).hasSize(1);
        assertThat(made)
                .allSatisfy(one -> assertThat(one.seal()).isEqualTo(made.getFirst().seal()));
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aCrashAtAnyStatementLeavesOneWholeReportOrNone() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        int statements = 0;
        boolean isIssued = false;
        while (!isIssued) {
            statements++;
            ReportDesk dying = new ReportDesk(dyingAt(statements), "shop", "1.0.0");
            try {
                isIssued = dying.issue(TestDays.day("2026-11-22"), FIRST_DUE).isNew();
            } catch (RuntimeException e) {
                assertThat(rows()).isBetween(0L, 1L);
                if (rows() == 1) {
                    assertThat(desk.issued(TestDays.day("2026-11-22"))).isPresent();
                    database.execute("DELETE FROM report.issued");
                }
            }
        }

        assertThat(statements).isGreaterThan(10);
        assertThat(rows()).isEqualTo(1);
        assertThat(desk.issue(TestDays.day("2026-11-22"), FIRST_DUE).isNew()).isFalse();
    }

    @Test
    void saysThatARowBeneathAReportWasChanged() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);
        database.execute(
                "UPDATE ledger.day_delta SET msat = msat + 1 WHERE ctid = (SELECT min(ctid) FROM ledger.day_delta)");

        assertThatThrownBy(() -> desk.issued(TestDays.day("2026-11-22")))
                .hasMessageContaining("a row that it rests on was changed");
        ReportDesk later = new ReportDesk(writer.dataSource(), "shop", "2.0.0");
        assertThatThrownBy(() -> later.issued(TestDays.day("2026-11-22")))
                .hasMessageContaining(
                        "as issued by version 1.0.0; a row that it rests on was changed, or version 2.0.0 tells it otherwise)");
    }

    @Test
    void refusesAFormatThatItDoesNotMake() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);
        database.execute(
                """
                UPDATE report.issued
                   SET facts = other.facts, facts_digest = sha256(other.facts)
                  FROM (SELECT convert_to(replace(convert_from(facts, 'UTF8'), '"schema":1', '"schema":2'), 'UTF8') AS facts
                          FROM report.issued) AS other
                """);

        assertThatThrownBy(() -> desk.issued(TestDays.day("2026-11-22")))
                .hasMessageContaining(
                        "facts in format 2 (expected: 1, the only one that version 1.0.0 makes)");
    }

    /// Who lists reports does not make each again, and still is not told what somebody wrote into a row.
    @Test
    void aListTellsRowsThatAreNotAsTheirPartsSay() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);
        assertThat(listed()).isEmpty();

        database.execute(
                "UPDATE report.issued SET open_count = open_count + 1, is_provisional = NOT is_provisional");
        assertThat(listed()).containsExactly("state", "count of open");

        database.execute(
                "UPDATE report.issued SET facts = facts || ' ', facts_digest = sha256(facts || ' ')");
        assertThat(listed()).contains("digest of facts");

        database.execute("UPDATE report.issued SET history = 'x', history_digest = sha256('x')");
        assertThat(listed()).containsExactly("parts that can be read");
    }

    private List<String> listed() {
        return desk.listed(LocalDate.of(2026, 12, 31), 5).getFirst().changed();
    }

    @Test
    void anEmptyDayHasAReportToo() {
        ReportDesk.Made made = desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);

        assertThat(made.report().facts().bridges()).isEmpty();
        assertThat(made.report().history().isProvisional()).isTrue();
        assertThat(new DayHtml().render(made.report(), List.of()))
                .contains("No mismatch is open.", "No adjustment was posted.");
    }

    @Test
    void aDayThatIsNotOverHasNone() {
        assertThatThrownBy(
                        () ->
                                desk.issue(
                                        TestDays.day("2026-11-22"),
                                        Instant.parse("2026-11-22T22:59:59Z")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2026-11-22 ends at 2026-11-22T23:00:00Z");
    }

    @Test
    void anAuditorsQueriesGiveItsFigures() throws SQLException {
        days.batch(NOON, 40, Duration.ofHours(20));
        days.cover(FIRST_DUE.minusSeconds(60), FIRST_DUE.minusSeconds(60));
        desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);
        days.batch(NOON.plus(Duration.ofDays(1)), 60, Duration.ofDays(3));
        DayReport report = desk.issue(TestDays.day("2026-11-23"), SECOND_DUE).report();
        days.batch(SECOND_DUE.plusSeconds(1), 10, Duration.ofDays(3));

        List<String> asked = new ArrayList<>();
        try (Connection auditor = database.dataSource().getConnection()) {
            auditor.createStatement().execute("SET ROLE tallystick_auditor");
            for (DayQueries.Asked query : DayQueries.of(report)) {
                DayTable table =
                        DayTables.of(report).stream()
                                .filter(one -> one.name().equals(query.table()))
                                .findFirst()
                                .orElseThrow();
                assertThat(Answer.of(auditor, query.sql()).rows())
                        .as(query.table() + "; " + SEED_AGAIN)
                        .isEqualTo(Answer.of(table, Answer.of(auditor, query.sql()).columns()));
                asked.add(query.table());
            }
        }
        assertThat(DayTables.of(report))
                .extracting(DayTable::name)
                .filteredOn(
                        name ->
                                !name.startsWith("1-")
                                        && !name.startsWith("10-")
                                        && !name.equals("9-integrity"))
                .containsExactlyInAnyOrderElementsOf(asked);
        assertThat(report.history().priorPeriod()).isNotEmpty();
        assertThat(report.facts().open()).isNotEmpty();
    }

    @Test
    void looksAsBefore() throws Exception {
        days.batch(NOON, 12, Duration.ofHours(20));
        days.cover(FIRST_DUE.minusSeconds(60), FIRST_DUE.minusSeconds(60));
        desk.issue(TestDays.day("2026-11-22"), FIRST_DUE);
        days.batch(NOON.plus(Duration.ofDays(1)), 12, Duration.ofDays(2));
        ReportDesk.Made made = desk.issue(TestDays.day("2026-11-23"), SECOND_DUE);

        DayDocument document = desk.document(made);
        Golden.assertEqual("day.json", text(document, DayFormat.JSON));
        Golden.assertEqual("day.html", text(document, DayFormat.HTML));
        Golden.assertEqual("day.sql", text(document, DayFormat.SQL));
        Golden.assertEqual("day.txt", text(document, DayFormat.TEXT));
        StringBuilder csv = new StringBuilder();
        DayFormat.CSV
                .render(document)
                .forEach(
                        (name, file) ->
                                csv.append(name)
                                        .append('\n')
                                        .append(new String(file, UTF_8))
                                        .append('\n'));
        Golden.assertEqual("day.csv.txt", csv.toString().replace("\r\n", "\n"));
    }

    private static String text(DayDocument document, DayFormat format) {
        return new String(format.render(document).values().iterator().next(), UTF_8);
    }

    private long rows() {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT count(*) FROM report.issued");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Connections whose server process is ended when so many statements were prepared or committed.
    private DataSource dyingAt(int statements) {
        AtomicInteger left = new AtomicInteger(statements);
        return (DataSource)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {DataSource.class},
                        (_, method, arguments) -> {
                            Object result = invoke(writer.dataSource(), method, arguments);
                            return result instanceof Connection connection
                                    ? dying(connection, left)
                                    : result;
                        });
    }

    private Connection dying(Connection connection, AtomicInteger left) {
        return (Connection)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Connection.class},
                        (_, method, arguments) -> {
                            boolean isStep =
                                    method.getName().equals("prepareStatement")
                                            || method.getName().equals("commit");
                            if (isStep && left.decrementAndGet() == 0) {
                                kill(connection);
                            }
                            return invoke(connection, method, arguments);
                        });
    }

    private void kill(Connection connection) throws SQLException {
        int process;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            process = row.getInt(1);
        }
        database.execute("SELECT pg_terminate_backend(" + process + ", 5000)");
    }

    private static Object invoke(Object target, java.lang.reflect.Method method, Object[] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
