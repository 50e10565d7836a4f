package tallystick.report.day;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.report.IssuedReports;
import tallystick.db.testing.TestDatabase;

class DueReportsIT {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Duration CUT_OFF = Duration.ofMinutes(10);
    private static final Duration PATIENCE = Duration.ofHours(1);

    private final TestDatabase database = TestDatabase.migrated();
    private final Database writer = database.connect(Role.WRITER);
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);

    @AfterEach
    void close() {
        writer.close();
        database.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-03-27", "2026-10-23"})
    void eachDayOnceAcrossInstancesDowntimeAndClockChanges(LocalDate first) throws Exception {
        now.set(first.plusDays(1).atStartOfDay(BERLIN).toInstant());
        List<DueReports> instances =
                List.of(schedule(Duration.ZERO), schedule(Duration.ZERO), schedule(Duration.ZERO));
        List<LocalDate> issued = new ArrayList<>();

        step(instances, issued, Duration.ofMinutes(9)); // The day before only.
        step(instances, issued, Duration.ofMinutes(2));
        step(instances, issued, Duration.ofDays(4)); // Nobody was there.
        for (int i = 0; i < 60; i++) {
            step(instances, issued, Duration.ofMinutes(47));
        }

        List<LocalDate> expected = first.minusDays(1).datesUntil(first.plusDays(6)).toList();
        assertThat(issued).startsWith(expected.toArray(LocalDate[]::new)).doesNotHaveDuplicates();
        assertThat(stored()).isSorted().isEqualTo(issued);
    }

    @Test
    void aReportWaitsForTheNodesButNotForEver() {
        now.set(Instant.parse("2026-11-22T23:10:00Z"));
        DueReports schedule = schedule(PATIENCE);

        assertThat(schedule.issueDue()).isEmpty();
        now.set(now.get().plus(PATIENCE));
        assertThat(schedule.issueDue()).containsExactly(LocalDate.of(2026, 11, 22));
        assertThat(schedule.issueDue()).isEmpty();
    }

    private DueReports schedule(Duration patience) {
        return new DueReports(
                new ReportDesk(writer.dataSource(), "shop", "1.0.0"),
                BERLIN,
                CUT_OFF,
                patience,
                now::get);
    }

    /// Time passes; then all instances look at once.
    private void step(List<DueReports> instances, List<LocalDate> issued, Duration by)
            throws Exception {
        now.set(now.get().plus(by));
        List<Callable<List<LocalDate>>> looks = new ArrayList<>();
        instances.forEach(one -> looks.add(one::issueDue));
        List<LocalDate> found = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(looks.size())) {
            for (Future<List<LocalDate>> one : threads.invokeAll(looks)) {
                found.addAll(one.get());
            }
        }
        found.stream().sorted().forEach(issued::add);
    }

    private List<LocalDate> stored() {
        return new ReportDesk(writer.dataSource(), "shop", "1.0.0")
                .list(LocalDate.of(9999, 12, 31), 400).reversed().stream()
                        .map(IssuedReports.Entry::day)
                        .toList();
    }
}
