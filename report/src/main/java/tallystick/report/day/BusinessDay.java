package tallystick.report.day;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import tallystick.db.report.DayReading;

/// A day as the business counts it: from midnight to midnight in its zone, so that it may have 23 or 25 hours.
///
/// @param cutOff how long after its end its report is due
public record BusinessDay(LocalDate date, ZoneId zone, Duration cutOff) {
    /// Offsets of all zones are multiples of it, today's and since 1972.
    private static final int QUARTER_SECONDS = 900;

    public BusinessDay {
        if (cutOff.isNegative()) {
            throw new IllegalArgumentException(
                    "cut-off: %s (expected: not before the day's end)".formatted(cutOff));
        }
    }

    /// The first moment of it; where clocks skip midnight, the first that there is.
    public Instant from() {
        return beginning(date);
    }

    /// The first moment after it.
    public Instant to() {
        return beginning(date.plusDays(1));
    }

    private Instant beginning(LocalDate day) {
        Instant moment = day.atStartOfDay(zone).toInstant();
        if (Math.floorMod(moment.getEpochSecond(), QUARTER_SECONDS) != 0) {
            throw new IllegalArgumentException(
                    "day: %s in %s begins at %s (expected: a quarter hour of UTC)"
                            .formatted(day, zone, moment));
        }
        return moment;
    }

    /// From this moment on its report can be issued.
    public Instant dueAt() {
        return to().plus(cutOff);
    }

    /// True while any stream of any node may still tell of the day.
    public boolean isProvisional(List<DayReading.Covered> coverage) {
        return coverage.isEmpty()
                || coverage.stream()
                        .anyMatch(
                                one ->
                                        one.hasGaps()
                                                || one.until()
                                                        .filter(at -> !at.isBefore(to()))
                                                        .isEmpty());
    }

    public BusinessDay next() {
        return new BusinessDay(date.plusDays(1), zone, cutOff);
    }

    /// The last day whose report is due.
    public static BusinessDay lastDue(Instant now, ZoneId zone, Duration cutOff) {
        LocalDate date = now.minus(cutOff).atZone(zone).toLocalDate().minusDays(1);
        return new BusinessDay(date, zone, cutOff);
    }
}
