package tallystick.serve;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.Database;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.proto.v1.DownloadReportRequest;
import tallystick.proto.v1.GetReportRequest;
import tallystick.proto.v1.GetReportResponse;
import tallystick.proto.v1.ListReportsRequest;
import tallystick.proto.v1.ListReportsResponse;
import tallystick.proto.v1.Report;
import tallystick.proto.v1.ReportFormat;
import tallystick.proto.v1.ReportServiceGrpc;
import tallystick.proto.v1.ReportServiceGrpc.ReportServiceBlockingStub;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.SignRequest;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayFormat;
import tallystick.report.day.ReportDesk;
import tallystick.serve.testing.TestApi;

/// Reports come as they were issued.
class ReportApiIT {
    private static final LocalDate FIRST = LocalDate.of(2026, 11, 22);
    private static final int DAYS = 5;

    @TempDir Path directory;

    private TestApi api;
    private ReportServiceBlockingStub reports;
    private ReportDesk desk;
    private Database writer;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi(directory);
        reports = ReportServiceGrpc.newBlockingStub(api.as(Role.ROLE_VIEWER));
        writer = api.ledger().connect(tallystick.db.Role.WRITER);
        desk = new ReportDesk(writer.dataSource(), TestApi.LEDGER, "test");
        for (int i = 0; i < DAYS; i++) {
            var _ = desk.issue(day(i), day(i).dueAt());
        }
    }

    @AfterEach
    void stop() {
        writer.close();
        api.close();
    }

    private static BusinessDay day(int number) {
        return new BusinessDay(FIRST.plusDays(number), ZoneOffset.UTC, Duration.ofMinutes(10));
    }

    @Test
    void areListedPageByPage() {
        List<String> told = new ArrayList<>();
        String token = "";
        do {
            ListReportsResponse page =
                    reports.listReports(
                            ListReportsRequest.newBuilder()
                                    .setPageSize(2)
                                    .setPageToken(token)
                                    .build());
            page.getReportsList().stream().map(Report::getBusinessDay).forEach(told::add);
            token = page.getNextPageToken();
        } while (!token.isEmpty());

        assertThat(told)
                .containsExactly(
                        "2026-11-26", "2026-11-25", "2026-11-24", "2026-11-23", "2026-11-22");
    }

    @Test
    void haveTheDigestsWithWhichTheyWereIssued() {
        GetReportResponse found =
                reports.getReport(
                        GetReportRequest.newBuilder().setBusinessDay("2026-11-23").build());

        ReportDesk.Made made = desk.issued(day(1)).orElseThrow();
        assertThat(found.getReport().getFactsDigest()).isEqualTo(hex(made.facts()));
        assertThat(found.getHistoryDigest()).isEqualTo(hex(made.history()));
        assertThat(found.getReport().getSealDigest()).isEqualTo(hex(made.seal()));
        assertThat(found.getReport().getEdition()).isEqualTo(1);
        assertThat(found.getReplaces()).isEmpty();
        assertThat(found.getReport().getIsProvisional())
                .isEqualTo(made.report().history().isProvisional());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(ReportDesk.digest(bytes));
    }

    @Test
    void comeInEveryFormatWithTheBytesThatTheCommandLineWrites() {
        ReportDesk.Made made = desk.issued(day(0)).orElseThrow();
        for (ReportFormat format : ReportFormat.values()) {
            if (format == ReportFormat.REPORT_FORMAT_UNSPECIFIED
                    || format == ReportFormat.UNRECOGNIZED) {
                continue;
            }
            Map<String, ByteArrayOutputStream> files = new LinkedHashMap<>();
            reports.downloadReport(
                            DownloadReportRequest.newBuilder()
                                    .setBusinessDay("2026-11-22")
                                    .setFormat(format)
                                    .build())
                    .forEachRemaining(
                            piece ->
                                    files.computeIfAbsent(
                                                    piece.getFileName(),
                                                    _ -> new ByteArrayOutputStream())
                                            .writeBytes(piece.getPiece().toByteArray()));

            Map<String, byte[]> expected =
                    DayFormat.valueOf(format.name().substring("REPORT_FORMAT_".length()))
                            .render(desk.document(made));
            assertThat(files.keySet()).isEqualTo(expected.keySet());
            expected.forEach(
                    (name, bytes) ->
                            assertThat(requireNonNull(files.get(name)).toByteArray())
                                    .as(name)
                                    .isEqualTo(bytes));
        }
    }

    @Test
    void areSignedWhenTheyAreFinalAndAsTheyWereRead() throws Exception {
        var preparer = ReportServiceGrpc.newBlockingStub(api.as(Role.ROLE_PREPARER));
        var approver = ReportServiceGrpc.newBlockingStub(api.as(Role.ROLE_APPROVER));
        SignRequest.Builder request = SignRequest.newBuilder().setBusinessDay("2026-11-22");

        assertThatThrownBy(() -> preparer.sign(request.setSealDigest("x").build()))
                .hasMessageContaining("INVALID_ARGUMENT: seal_digest: x (expected: 64 hex digits");
        assertThatThrownBy(() -> preparer.sign(request.setSealDigest("0".repeat(64)).build()))
                .hasMessageContaining("of edition 1, the newest)");
        request.setSealDigest(desk.issued(day(0)).orElseThrow().sealDigest());
        assertThatThrownBy(() -> preparer.sign(request.build()))
                .hasMessageContaining("is provisional (expected: a final one");
        assertThatThrownBy(() -> approver.countersign(request.build()))
                .hasMessageContaining("is provisional (expected: a final one");
        assertThat(api.decisions().submitted()).isEmpty();
    }

    @Test
    void areSignedByWhoeverPreparedThemAndByAnotherPerson() throws Exception {
        api.ledger()
                .execute(
                        """
                        INSERT INTO ledger.batch (batch_id, sequence, cause, decided_at, records, digest, previous_hash, hash, format)
                        SELECT 1, 1, 'records', now(), 0, sha256(''), sha256(''), sha256('1'), 1;
                        UPDATE ledger.head SET sequence = 1;
                        INSERT INTO ledger.coverage_known
                        VALUES (1, 0, '02' || repeat('a', 64), 'INVOICES', 'alice', '2026-12-03T12:00:00Z', 0, now(), false)
                        """);
        SignRequest request =
                SignRequest.newBuilder()
                        .setBusinessDay(day(DAYS).date().toString())
                        .setSealDigest(desk.issue(day(DAYS), day(DAYS).dueAt()).sealDigest())
                        .build();
        var preparer = ReportServiceGrpc.newBlockingStub(api.as(Role.ROLE_PREPARER));
        var approver = ReportServiceGrpc.newBlockingStub(api.as(Role.ROLE_APPROVER));

        assertThatThrownBy(() -> approver.countersign(request))
                .hasMessageContaining("signed by nobody (expected: signed by whoever prepared it");
        for (int i = 0; i < 2; i++) {
            assertThat(preparer.sign(request).getIsApplied()).isFalse();
        }
        assertThat(api.decisions().submitted())
                .as("at once, before either took effect")
                .extracting(Decision::kind)
                .containsExactly(Kind.PREPARE, Kind.PREPARE);
    }

    @Test
    void ofOtherDaysAreNotFound() {
        assertThat(code("2026-12-31")).isEqualTo(Code.NOT_FOUND);
        assertThat(code("yesterday")).isEqualTo(Code.INVALID_ARGUMENT);
    }

    private Code code(String day) {
        return catchThrowableOfType(
                        StatusRuntimeException.class,
                        () ->
                                reports.getReport(
                                        GetReportRequest.newBuilder().setBusinessDay(day).build()))
                .getStatus()
                .getCode();
    }
}
