package tallystick.report.figures;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Writes moments, days and ages. Always in UTC and in English, whatever the machine is set to.
public final class Times {
    private static final DateTimeFormatter EXACT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MILLISECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter WORDS =
            DateTimeFormatter.ofPattern("EEEE d MMMM uuuu", Locale.ENGLISH);
    private static final long MILLIS_PER_SECOND = 1_000;

    private Times() {}

    /// RFC 3339 with milliseconds, for machines: `2026-11-22T22:53:35.143Z`.
    public static String exact(Instant moment) {
        return EXACT.format(moment);
    }

    /// For tables: `2026-11-22 22:53:29Z`, with milliseconds where there are any.
    public static String stamp(Instant moment) {
        boolean whole = moment.toEpochMilli() % MILLIS_PER_SECOND == 0;
        return (whole ? SECONDS : MILLISECONDS).format(moment);
    }

    /// For titles: `Sunday 22 November 2026`.
    public static String inWords(LocalDate day) {
        return WORDS.format(day);
    }

    /// From one moment to a later one: `48 min`, then `1 h 16 min`, then `3 d 4 h`.
    public static String age(Instant since, Instant now) {
        Duration age = since.isBefore(now) ? Duration.between(since, now) : Duration.ZERO;
        if (age.toHours() == 0) {
            return age.toMinutes() + " min";
        }
        if (age.toDays() == 0) {
            return age.toHours() + " h " + age.toMinutesPart() + " min";
        }
        return age.toDays() + " d " + age.toHoursPart() + " h";
    }
}
