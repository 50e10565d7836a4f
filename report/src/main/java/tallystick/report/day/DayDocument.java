package tallystick.report.day;

import java.util.List;

/// All that the formats of a report are made from.
///
/// @param json canonical, see [DayJson]
/// @param trend open mismatches of the days before and of this one, oldest first
public record DayDocument(DayReport report, byte[] json, List<DayPage.Point> trend) {
    public DayDocument {
        trend = List.copyOf(trend);
    }
}
