package tallystick.serve.web.overview;

import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tallystick.db.query.HeadReader.Head;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayPage;
import tallystick.report.day.DayReport;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Severity;
import tallystick.report.figures.Shares;
import tallystick.serve.web.report.ListedReport;

/// What the template of the first page prints.
///
/// @param asOf from which ages count
/// @param head at which the figures were known, at least
/// @param isNewest false when a later day can be shown
/// @param latest newest report up to the day, with who signed it
public record Overview(
        BusinessDay day,
        Instant asOf,
        Head head,
        boolean isNewest,
        DayPage figures,
        Optional<ListedReport> latest) {
    /// Of the worst mismatches, as many as a look takes in.
    private static final int URGENT = 7;

    public DayReport.Facts facts() {
        return figures.report().facts();
    }

    /// The worst of what is open.
    public List<DayReport.Mismatch> urgent() {
        List<DayReport.Mismatch> open = facts().open();
        return open.subList(0, Math.min(URGENT, open.size()));
    }

    /// For example `4 critical, 11 high`.
    public String openBySeverity() {
        return Arrays.stream(Severity.values())
                .filter(one -> count(one) > 0)
                .map(
                        one ->
                                "%s %s"
                                        .formatted(
                                                Amounts.count(count(one)),
                                                one.label().toLowerCase(java.util.Locale.ROOT)))
                .collect(Collectors.joining(" · "));
    }

    private long count(Severity severity) {
        return facts().open().stream()
                .filter(one -> Severity.of(one.severity()) == severity)
                .count();
    }

    /// Of the day's references, those that agree.
    public String matchRate() {
        return Shares.percent(agreed(), figures.all().count(), "–");
    }

    private long agreed() {
        return figures.states().stream()
                .filter(one -> List.of("=", "≈", "✓").contains(one.sign()))
                .mapToLong(one -> one.within().count())
                .sum();
    }

    public BigInteger clearingMsat() {
        return facts().clearingMsat();
    }

    public LocalDate before() {
        return day.date().minusDays(1);
    }

    public LocalDate after() {
        return day.date().plusDays(1);
    }

    /// True when every stream was read past the end of the day, so that nothing of it can be missing.
    public boolean isCovered() {
        return !figures.report().history().isProvisional();
    }
}
