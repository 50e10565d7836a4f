package tallystick.ingest.books;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/// How far the rows of a query have been read: a value of the one column that grows with every change.
///
/// @param value the number itself, or microseconds since the epoch, which is as fine as Postgres counts
record Watermark(Kind kind, long value) implements Comparable<Watermark> {
    /// Clocks without a zone may run ahead of UTC by this much.
    private static final Duration ZONE_MAX = Duration.ofHours(14);

    private static final Duration MICROSECOND = Duration.of(1, ChronoUnit.MICROS);

    /// What the column holds.
    enum Kind {
        BIGINT("bigint"),
        TIMESTAMP("timestamp"),
        TIMESTAMPTZ("timestamptz");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    static Watermark of(Instant time) {
        return new Watermark(Kind.TIMESTAMPTZ, micros(time));
    }

    static Watermark of(LocalDateTime time) {
        return new Watermark(Kind.TIMESTAMP, micros(time.toInstant(ZoneOffset.UTC)));
    }

    static Watermark of(long number) {
        return new Watermark(Kind.BIGINT, number);
    }

    /// As `text` wrote it; empty when it is none of the kind.
    static Optional<Watermark> parse(Kind kind, String text) {
        try {
            return Optional.of(
                    switch (kind) {
                        case BIGINT -> of(Long.parseLong(text));
                        case TIMESTAMP -> of(LocalDateTime.parse(text));
                        case TIMESTAMPTZ -> of(Instant.parse(text));
                    });
        } catch (NumberFormatException | DateTimeException | ArithmeticException _) {
            return Optional.empty();
        }
    }

    String text() {
        return switch (kind) {
            case BIGINT -> Long.toString(value);
            case TIMESTAMP -> localTime().toString();
            case TIMESTAMPTZ -> time().toString();
        };
    }

    Instant time() {
        return Instant.EPOCH.plus(value, ChronoUnit.MICROS);
    }

    LocalDateTime localTime() {
        return LocalDateTime.ofInstant(time(), ZoneOffset.UTC);
    }

    /// Where a reading begins again, since rows become visible when they are committed, which may be later than what they
    /// are marked with.
    Watermark lessOverlap(PullConfig config) {
        long overlap =
                kind == Kind.BIGINT
                        ? config.overlapNumbers()
                        : config.overlap().dividedBy(MICROSECOND);
        return new Watermark(
                kind, value < Long.MIN_VALUE + overlap ? Long.MIN_VALUE : value - overlap);
    }

    /// Not later than the moment: a row that is marked with next year must not keep all others out until then.
    Watermark notAfter(Instant now) {
        return switch (kind) {
            case BIGINT -> this;
            case TIMESTAMP -> new Watermark(kind, Math.min(value, micros(now.plus(ZONE_MAX))));
            case TIMESTAMPTZ -> new Watermark(kind, Math.min(value, micros(now)));
        };
    }

    @Override
    public int compareTo(Watermark other) {
        return Long.compare(value, other.value);
    }

    private static long micros(Instant time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }
}
