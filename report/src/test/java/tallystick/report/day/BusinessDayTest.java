package tallystick.report.day;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BusinessDayTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Duration CUT_OFF = Duration.ofMinutes(10);

    @ParameterizedTest
    @CsvSource({
        "2026-03-29, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
        "2026-10-25, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
        "2026-11-22, 2026-11-21T23:00:00Z, 2026-11-22T23:00:00Z"
    })
    void hasAsManyHoursAsTheClockSays(LocalDate date, Instant from, Instant to) {
        BusinessDay day = new BusinessDay(date, BERLIN, CUT_OFF);

        assertThat(day.from()).isEqualTo(from);
        assertThat(day.to()).isEqualTo(to).isEqualTo(day.next().from());
        assertThat(day.dueAt()).isEqualTo(to.plus(CUT_OFF));
    }

    @Test
    void isDueOnceItsCutOffHasPassed() {
        Instant due = Instant.parse("2026-10-25T23:10:00Z");

        assertThat(BusinessDay.lastDue(due, BERLIN, CUT_OFF).date())
                .isEqualTo(LocalDate.of(2026, 10, 25));
        assertThat(BusinessDay.lastDue(due.minusMillis(1), BERLIN, CUT_OFF).date())
                .isEqualTo(LocalDate.of(2026, 10, 24));
    }

    @Test
    void beginsWhereAZoneSkipsMidnight() {
        BusinessDay day =
                new BusinessDay(LocalDate.of(2018, 11, 4), ZoneId.of("America/Sao_Paulo"), CUT_OFF);

        assertThat(day.from()).isEqualTo("2018-11-04T03:00:00Z");
    }

    @Test
    void isNotDueBeforeItsEnd() {
        assertThatThrownBy(
                        () ->
                                new BusinessDay(
                                        LocalDate.of(2026, 1, 1), BERLIN, Duration.ofSeconds(-1)))
                .hasMessageContaining("cut-off");
    }
}
