package tallystick.serve.web.overview;

import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import tallystick.db.report.IssuedReports;
import tallystick.proto.v1.Role;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayPage;
import tallystick.report.day.ReportDesk;
import tallystick.report.figures.Times;
import tallystick.serve.call.Readings;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.Frame;
import tallystick.serve.web.page.Frames;
import tallystick.serve.web.page.Tab;
import tallystick.serve.web.page.Templates;
import tallystick.serve.web.report.ListedReport;

/// The first page. Any thread.
public final class OverviewPages {
    private static final int TREND_DAYS = 14;

    private final Readings readings;
    private final ReportDesk desk;
    private final DayFigures figures;
    private final ZoneId zone;
    private final Duration cutOff;
    private final InstantSource asOf;
    private final Frames frames;
    private final Templates templates;

    /// @param asOf the moment that the ledger stands at
    public OverviewPages(
            Readings readings,
            ReportDesk desk,
            LongSupplier nanoTime,
            ZoneId zone,
            Duration cutOff,
            InstantSource asOf,
            Frames frames,
            Templates templates) {
        this.readings = readings;
        this.desk = desk;
        this.figures = new DayFigures(desk, nanoTime);
        this.zone = zone;
        this.cutOff = cutOff;
        this.asOf = asOf;
        this.frames = frames;
        this.templates = templates;
    }

    public void addTo(Routes routes) {
        routes.get("/", Role.ROLE_VIEWER, this::overview);
    }

    private Answer overview(Visit visit) {
        LocalDate newest = newest();
        LocalDate date = date(visit, newest);
        BusinessDay day = new BusinessDay(date, zone, cutOff);
        Frame frame =
                readings.read(
                        connection ->
                                frames.read(
                                        connection,
                                        visit,
                                        Tab.OVERVIEW,
                                        "Overview, " + Times.inWords(date)));
        DayFigures.Kept kept = figures.of(day, frame.head().orElseThrow());
        List<IssuedReports.Entry> issued = desk.list(date, TREND_DAYS);
        return templates.page(
                "overview",
                frame,
                new Overview(
                        day,
                        asOf.instant(),
                        kept.head(),
                        !date.isBefore(newest),
                        new DayPage(kept.report(), trend(issued), "", 0),
                        issued.stream().findFirst().map(this::latest)));
    }

    /// A day stays the newest until its report is due.
    private LocalDate newest() {
        return asOf.instant().minus(cutOff).minusNanos(1).atZone(zone).toLocalDate();
    }

    private static LocalDate date(Visit visit, LocalDate newest) {
        String asked = visit.query().text("day");
        try {
            LocalDate date = asked.isEmpty() ? newest : LocalDate.parse(asked);
            if (date.getYear() >= 2009 && !date.isAfter(newest)) {
                return date;
            }
        } catch (DateTimeParseException _) {
            // Falls through to the one message.
        }
        throw new WebProblem(
                400,
                "There is no such day. It is written like 2026-11-22, up to %s.".formatted(newest));
    }

    private static List<DayPage.Point> trend(List<IssuedReports.Entry> issued) {
        return issued.reversed().stream()
                .map(one -> new DayPage.Point(one.day(), one.openCount(), one.openMsat()))
                .toList();
    }

    private ListedReport latest(IssuedReports.Entry report) {
        return new ListedReport(
                report, Optional.ofNullable(desk.signings(List.of(report)).get(report.day())));
    }
}
