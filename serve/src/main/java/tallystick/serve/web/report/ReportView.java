package tallystick.serve.web.report;

import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tallystick.proto.v1.Role;
import tallystick.report.day.DayFormat;
import tallystick.report.day.DayReport;
import tallystick.report.day.ReportDesk;
import tallystick.serve.web.http.Visit;

/// What the template of one report prints.
///
/// @param body the report itself, as escaped HTML
public record ReportView(ReportDesk.Made made, String body, SignForm form, Visit visit) {
    /// Whose turn it is to sign.
    public enum Turn {
        REPLACED,
        PROVISIONAL,
        /// Nobody signed.
        FIRST,
        /// Somebody prepared it.
        SECOND,
        DONE
    }

    public Turn turn() {
        DayReport report = made.report();
        if (!report.reviewed().isEmpty()) {
            return Turn.DONE;
        }
        if (report.replacedBy().isPresent()) {
            return Turn.REPLACED;
        }
        if (report.history().isProvisional()) {
            return Turn.PROVISIONAL;
        }
        return report.prepared().isEmpty() ? Turn.FIRST : Turn.SECOND;
    }

    public boolean maySign() {
        return switch (turn()) {
            case FIRST -> visit.may(Role.ROLE_PREPARER);
            case SECOND -> visit.may(Role.ROLE_APPROVER) && !isOwn();
            case REPLACED, PROVISIONAL, DONE -> false;
        };
    }

    /// True when the person has prepared it, and nobody else has, so that somebody else must review it.
    public boolean isOwn() {
        String person = visit.person().name();
        return preparers().stream().allMatch(person::equals);
    }

    /// Who prepared it, the earliest first; empty while nobody did.
    public List<String> preparers() {
        return people(made.report().prepared());
    }

    /// Who reviewed it, the earliest first; empty while nobody did.
    public List<String> reviewers() {
        return people(made.report().reviewed());
    }

    private static List<String> people(List<DayReport.Signature> signatures) {
        return signatures.stream().map(DayReport.Signature::person).toList();
    }

    public LocalDate day() {
        return made.report().facts().day();
    }

    public int edition() {
        return made.report().seal().edition();
    }

    public List<DayReport.Edition> editions() {
        return made.report().signOff().editions();
    }

    public Optional<DayReport.Edition> newer() {
        return made.report().replacedBy();
    }

    public List<DayFormat> formats() {
        return DayFormat.of(made.report());
    }

    /// Where it lies in a format.
    public String path(DayFormat format) {
        return "%s/%s/%s?edition=%d"
                .formatted(
                        ReportPages.PATH, day(), format.name().toLowerCase(Locale.ROOT), edition());
    }

    public String path(DayReport.Edition other) {
        return "%s/%s?edition=%d".formatted(ReportPages.PATH, day(), other.number());
    }

    public String before() {
        return day().minusDays(1).toString();
    }
}
