package tallystick.report.day;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tallystick.db.report.IssuedReports;

/// Issues the report of each business day once its cut-off has passed: also of those that were missed, in their order. How many
/// processes do so at once does not matter, for a day takes one report.
///
/// The first day of a ledger without reports is the last that is due: what was before is in its opening balances.
public final class DueReports {
    /// How far back days that were missed are looked for.
    private static final int DAYS_MAX = 400;

    private final ReportDesk desk;
    private final ZoneId zone;
    private final Duration cutOff;
    private final Duration patience;
    private final InstantSource clock;
    private final Instant startedAt;

    /// @param patience how long a report that is due waits for nodes that are not read so far
    public DueReports(
            ReportDesk desk, ZoneId zone, Duration cutOff, Duration patience, InstantSource clock) {
        this.desk = desk;
        this.zone = zone;
        this.cutOff = cutOff;
        this.patience = patience;
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    /// Issues what is due now.
    ///
    /// @return the days that this very call issued, in their order
    public List<LocalDate> issueDue() {
        List<LocalDate> result = new ArrayList<>();
        Instant now = clock.instant();
        Optional<BusinessDay> day = firstMissing(now);
        while (day.isPresent() && mayBeIssued(day.get(), now)) {
            if (desk.issue(day.get(), now).isNew()) {
                result.add(day.get().date());
            }
            day = firstMissing(now);
        }
        return result;
    }

    private Optional<BusinessDay> firstMissing(Instant now) {
        BusinessDay last = BusinessDay.lastDue(now, zone, cutOff);
        List<LocalDate> issued =
                desk.list(last.date(), DAYS_MAX).stream().map(IssuedReports.Entry::day).toList();
        if (issued.isEmpty()) {
            return Optional.of(last);
        }
        Set<LocalDate> known = new HashSet<>(issued);
        return issued.getLast()
                .datesUntil(last.date().plusDays(1))
                .filter(date -> !known.contains(date))
                .findFirst()
                .map(date -> new BusinessDay(date, zone, cutOff));
    }

    private boolean mayBeIssued(BusinessDay day, Instant now) {
        Instant since = day.dueAt().isAfter(startedAt) ? day.dueAt() : startedAt;
        return !now.isBefore(since.plus(patience)) || desk.isCovered(day);
    }
}
