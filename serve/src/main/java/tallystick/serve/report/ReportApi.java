package tallystick.serve.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tallystick.db.report.IssuedReports;
import tallystick.proto.v1.DownloadReportRequest;
import tallystick.proto.v1.DownloadReportResponse;
import tallystick.proto.v1.GetReportRequest;
import tallystick.proto.v1.GetReportResponse;
import tallystick.proto.v1.ListReportsRequest;
import tallystick.proto.v1.ListReportsResponse;
import tallystick.proto.v1.Report;
import tallystick.proto.v1.ReportFormat;
import tallystick.proto.v1.ReportServiceGrpc;
import tallystick.proto.v1.SignRequest;
import tallystick.proto.v1.SignResponse;
import tallystick.report.day.DayFormat;
import tallystick.serve.call.Pages;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.call.Violations;
import tallystick.serve.ledger.LedgerMessages;
import tallystick.serve.mismatch.Deciders;
import tallystick.serve.stream.Streams;

/// Daily reports, for other programs. Any thread.
public final class ReportApi extends ReportServiceGrpc.ReportServiceImplBase {
    private static final String DOWNLOAD = "tallystick.v1.ReportService/DownloadReport";

    private static final String FORMAT = "REPORT_FORMAT_";

    private static final int PIECE_BYTES = 64 << 10;

    private final Readings readings;
    private final Streams streams;
    private final MadeReports made;
    private final SigningCalls signing;
    private final String ledger;
    private final IssuedReports reports = new IssuedReports();

    /// @param ledger its name
    public ReportApi(
            Readings readings,
            Streams streams,
            MadeReports made,
            SigningCalls signing,
            String ledger) {
        this.readings = readings;
        this.streams = streams;
        this.made = made;
        this.signing = signing;
        this.ledger = ledger;
    }

    @Override
    public void listReports(
            ListReportsRequest request, StreamObserver<ListReportsResponse> observer) {
        ListReportsRequest question = ListReportsRequest.getDefaultInstance();
        var violations = new Violations();
        int size = Pages.size(request.getPageSize(), violations);
        byte[] after = Pages.after(request.getPageToken(), question, violations);
        violations.refuse();
        LocalDate until =
                after.length == 0
                        ? LocalDate.of(9999, 12, 31)
                        : LocalDate.parse(new String(after, UTF_8)).minusDays(1);
        List<IssuedReports.Entry> found =
                readings.read(connection -> reports.list(connection, ledger, until, size + 1));
        List<IssuedReports.Entry> page = found.subList(0, Math.min(size, found.size()));
        observer.onNext(
                ListReportsResponse.newBuilder()
                        .addAllReports(page.stream().map(ReportApi::report).toList())
                        .setNextPageToken(
                                found.size() > size
                                        ? Pages.token(
                                                question,
                                                page.getLast().day().toString().getBytes(UTF_8))
                                        : "")
                        .build());
        observer.onCompleted();
    }

    @Override
    public void getReport(GetReportRequest request, StreamObserver<GetReportResponse> observer) {
        var violations = new Violations();
        LocalDate day = day(request.getBusinessDay(), violations);
        OptionalInt edition = edition(request.getEdition(), violations);
        violations.refuse();
        IssuedReports.Issued issued =
                readings.read(connection -> reports.of(connection, ledger, day)).reversed().stream()
                        .filter(one -> edition.isEmpty() || edition.getAsInt() == one.edition())
                        .findFirst()
                        .orElseThrow(() -> Problem.notFound("report", day.toString()));
        observer.onNext(
                GetReportResponse.newBuilder()
                        .setReport(
                                report(
                                        new IssuedReports.Entry(
                                                issued.day(),
                                                issued.edition(),
                                                issued.sequence(),
                                                issued.isProvisional(),
                                                issued.openCount(),
                                                issued.openMsat(),
                                                issued.issuedAt(),
                                                issued.factsDigest(),
                                                issued.sealDigest())))
                        .setSinceSequence(issued.since())
                        .setTimeZone(issued.timeZone())
                        .setHistoryDigest(HexFormat.of().formatHex(issued.historyDigest()))
                        .setReplaces(issued.replaces().map(HexFormat.of()::formatHex).orElse(""))
                        .build());
        observer.onCompleted();
    }

    @Override
    public void downloadReport(
            DownloadReportRequest request, StreamObserver<DownloadReportResponse> observer) {
        var violations = new Violations();
        LocalDate day = day(request.getBusinessDay(), violations);
        OptionalInt edition = edition(request.getEdition(), violations);
        violations.require(
                request.getFormat() != ReportFormat.UNRECOGNIZED
                        && request.getFormat() != ReportFormat.REPORT_FORMAT_UNSPECIFIED,
                "format",
                request.getFormat(),
                "a format that this version knows");
        violations.refuse();
        DayFormat format = DayFormat.valueOf(request.getFormat().name().substring(FORMAT.length()));
        Map<String, byte[]> files = made.files(day, edition, format);
        streams.begin(
                DOWNLOAD,
                (ServerCallStreamObserver<DownloadReportResponse>) observer,
                reader -> tell(files, reader));
    }

    @Override
    public void sign(SignRequest request, StreamObserver<SignResponse> observer) {
        observer.onNext(signing.sign(Deciders.caller(), request));
        observer.onCompleted();
    }

    @Override
    public void countersign(SignRequest request, StreamObserver<SignResponse> observer) {
        observer.onNext(signing.countersign(Deciders.caller(), request));
        observer.onCompleted();
    }

    private static void tell(
            Map<String, byte[]> files, Streams.Reader<DownloadReportResponse> reader)
            throws InterruptedException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] bytes = file.getValue();
            for (int at = 0; at < bytes.length; at += PIECE_BYTES) {
                boolean isTaken =
                        reader.send(
                                DownloadReportResponse.newBuilder()
                                        .setFileName(file.getKey())
                                        .setPiece(
                                                ByteString.copyFrom(
                                                        bytes,
                                                        at,
                                                        Math.min(PIECE_BYTES, bytes.length - at)))
                                        .build());
                if (!isTaken) {
                    return;
                }
            }
        }
    }

    static LocalDate day(String text, Violations violations) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeParseException _) {
            violations.require(false, "business_day", text, "a day such as 2026-11-22");
            return LocalDate.EPOCH;
        }
    }

    private static OptionalInt edition(int asked, Violations violations) {
        violations.require(asked >= 0, "edition", asked, "0 or more");
        return asked == 0 ? OptionalInt.empty() : OptionalInt.of(asked);
    }

    private static Report report(IssuedReports.Entry entry) {
        return Report.newBuilder()
                .setBusinessDay(entry.day().toString())
                .setLedgerSequence(entry.sequence())
                .setIsProvisional(entry.isProvisional())
                .setOpenCount(entry.openCount())
                .setOpenMsat(entry.openMsat().toString())
                .setIssuedAtNs(LedgerMessages.nanos(entry.issuedAt()))
                .setFactsDigest(HexFormat.of().formatHex(entry.factsDigest()))
                .setEdition(entry.edition())
                .setSealDigest(HexFormat.of().formatHex(entry.sealDigest()))
                .build();
    }
}
