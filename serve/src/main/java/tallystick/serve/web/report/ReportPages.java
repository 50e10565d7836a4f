package tallystick.serve.web.report;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import tallystick.db.report.IssuedReports;
import tallystick.ledger.decision.Signing;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.SignResponse;
import tallystick.report.day.DayFormat;
import tallystick.report.day.DayHtml;
import tallystick.report.day.DayReport;
import tallystick.report.day.ReportDesk;
import tallystick.report.figures.Times;
import tallystick.serve.call.Readings;
import tallystick.serve.mismatch.DecisionCalls.Decider;
import tallystick.serve.report.MadeReports;
import tallystick.serve.report.SigningCalls;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Gate;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.Frame;
import tallystick.serve.web.page.Frames;
import tallystick.serve.web.page.Tab;
import tallystick.serve.web.page.Templates;

/// The list of reports, each of them, two beside each other, their files, and who signs. Any thread.
public final class ReportPages {
    static final String PATH = "/reports";

    private static final int PAGE = 31;

    private static final LocalDate LAST = LocalDate.of(9999, 12, 31);

    /// Somebody waits before the page.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Readings readings;
    private final ReportDesk desk;
    private final MadeReports reports;
    private final SigningCalls signing;
    private final String ledger;
    private final Frames frames;
    private final Templates templates;
    private final IssuedReports issued = new IssuedReports();
    private final DayHtml html = new DayHtml();

    /// @param ledger its name
    public ReportPages(
            Readings readings,
            ReportDesk desk,
            MadeReports reports,
            SigningCalls signing,
            String ledger,
            Frames frames,
            Templates templates) {
        this.readings = readings;
        this.desk = desk;
        this.reports = reports;
        this.signing = signing;
        this.ledger = ledger;
        this.frames = frames;
        this.templates = templates;
    }

    public void addTo(Routes routes) {
        routes.get(PATH, Role.ROLE_VIEWER, this::list);
        routes.get(PATH + "/compare", Role.ROLE_VIEWER, this::compare);
        routes.get(PATH + "/{day}", Role.ROLE_VIEWER, visit -> one(visit, 200, SignForm.empty()));
        routes.get(PATH + "/{day}/{format}", Role.ROLE_VIEWER, this::download);
        routes.post(PATH + "/{day}/sign", Role.ROLE_PREPARER, visit -> sign(visit, signing::sign));
        routes.post(
                PATH + "/{day}/countersign",
                Role.ROLE_APPROVER,
                visit -> sign(visit, signing::countersign));
    }

    private Answer list(Visit visit) {
        String asked = visit.query().text("until");
        LocalDate until = asked.isEmpty() ? LAST : day(asked);
        record Read(Frame frame, List<IssuedReports.Entry> found, long days) {}
        Read read =
                readings.read(
                        connection ->
                                new Read(
                                        frames.read(connection, visit, Tab.REPORTS, "Reports"),
                                        issued.list(connection, ledger, until, PAGE + 1),
                                        issued.count(connection, ledger)));
        List<IssuedReports.Entry> page =
                read.found().subList(0, Math.min(PAGE, read.found().size()));
        Map<LocalDate, Signing> signings = desk.signings(page);
        return templates.page(
                "reports",
                read.frame(),
                new ReportList(
                        page.stream()
                                .map(
                                        one ->
                                                new ListedReport(
                                                        one,
                                                        Optional.ofNullable(
                                                                signings.get(one.day()))))
                                .toList(),
                        read.days(),
                        asked.isEmpty(),
                        read.found().size() > PAGE
                                ? Optional.of(page.getLast().day().minusDays(1))
                                : Optional.empty()));
    }

    private Answer one(Visit visit, int status, SignForm form) {
        LocalDate day = day(visit.part("day"));
        ReportView view =
                reports.made(
                        day,
                        edition(visit.query().text("edition")),
                        made ->
                                new ReportView(
                                        made,
                                        html.body(made.report(), desk.document(made).trend()),
                                        form,
                                        visit));
        return templates.page(
                status, "report", frame(visit, "Report, " + Times.inWords(day)), view);
    }

    private Answer compare(Visit visit) {
        DayReport first = report(visit, "first");
        DayReport second = report(visit, "second");
        return templates.page(
                "compare",
                frame(
                        visit,
                        "%s and %s".formatted(Comparison.title(first), Comparison.title(second))),
                new Comparison(first, second));
    }

    private DayReport report(Visit visit, String which) {
        return reports.report(
                        day(visit.query().text(which)),
                        edition(visit.query().text(which + "-edition")))
                .report();
    }

    private Frame frame(Visit visit, String title) {
        return readings.read(connection -> frames.read(connection, visit, Tab.REPORTS, title));
    }

    /// The names of files are the report's own: nothing of the path comes into them.
    private Answer download(Visit visit) {
        DayFormat format =
                Arrays.stream(DayFormat.values())
                        .filter(
                                one ->
                                        one.name()
                                                .toLowerCase(Locale.ROOT)
                                                .equals(visit.part("format")))
                        .findFirst()
                        .orElseThrow(() -> WebProblem.notFound("such format"));
        LocalDate day = day(visit.part("day"));
        record Rendered(Map<String, byte[]> files, Instant issuedAt) {}
        Rendered rendered =
                reports.made(
                        day,
                        edition(visit.query().text("edition")),
                        made ->
                                new Rendered(
                                        format.render(desk.document(made)),
                                        made.report().seal().issuedAt()));
        if (format.isOneFile()) {
            Map.Entry<String, byte[]> file = rendered.files().entrySet().iterator().next();
            return Answer.download(type(format), file.getKey(), file.getValue());
        }
        return Answer.download(
                type(format),
                day + ".csv.zip",
                out -> {
                    try (var zip = new ZipOutputStream(out)) {
                        for (Map.Entry<String, byte[]> file : rendered.files().entrySet()) {
                            var entry = new ZipEntry(file.getKey());
                            // The same report gives the same bytes.
                            entry.setTime(rendered.issuedAt().toEpochMilli());
                            zip.putNextEntry(entry);
                            zip.write(file.getValue());
                        }
                    }
                });
    }

    private static String type(DayFormat format) {
        return switch (format) {
            case TEXT -> "text/plain; charset=utf-8";
            case JSON -> "application/json";
            case HTML -> "text/html; charset=utf-8";
            case PDF -> "application/pdf";
            case XLSX -> "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            case CSV -> "application/zip";
            case SQL -> "application/sql";
        };
    }

    private interface Signature {
        SignResponse given(Decider decider, tallystick.proto.v1.SignRequest request);
    }

    private Answer sign(Visit visit, Signature signature) {
        LocalDate day = day(visit.part("day"));
        SignForm form = SignForm.of(visit.form());
        try {
            SignResponse response =
                    signature.given(
                            new Decider(visit.person().name(), PATIENCE),
                            form.request(day.toString()));
            return Answer.seeOther(
                    "%s/%s?done=%s"
                            .formatted(PATH, day, response.getIsApplied() ? "applied" : "written"));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Code.NOT_FOUND) {
                throw e;
            }
            return one(visit, 409, form.refused(refusal(e)));
        }
    }

    private static String refusal(StatusRuntimeException e) {
        return Gate.sentence(
                        Objects.requireNonNullElse(
                                e.getStatus().getDescription(), e.getStatus().getCode().name()))
                + " Nothing was changed.";
    }

    private static LocalDate day(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeParseException _) {
            throw new WebProblem(400, "There is no such day. It is written like 2026-11-22.");
        }
    }

    /// Empty for the newest.
    private static OptionalInt edition(String text) {
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(text));
        } catch (NumberFormatException _) {
            throw new WebProblem(400, "There is no such edition. It is a number, from 1 up.");
        }
    }
}
