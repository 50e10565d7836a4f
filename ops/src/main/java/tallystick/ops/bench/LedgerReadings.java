package tallystick.ops.bench;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.sql.DataSource;
import tallystick.kafka.TopicSettings;
import tallystick.ops.pipeline.Progress;
import tallystick.reconcile.LedgerVerification;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayDocument;
import tallystick.report.day.DayFormat;
import tallystick.report.day.ReportDesk;

/// How long a person waits for what is read of a whole ledger: the report of a day, the same made again after late facts, its
/// files, and a check that nobody touched a row. One thread.
final class LedgerReadings {
    private static final double MIB = 1024.0 * 1024;
    private static final double MILLIS = 1e3;

    private final DataSource dataSource;
    private final TopicSettings topics;
    private final ReportDesk desk;
    private final BusinessDay day;
    private final Progress progress;

    /// @param day that the ledger's facts are of
    LedgerReadings(
            DataSource dataSource,
            TopicSettings topics,
            String ledger,
            Instant day,
            Progress progress) {
        this.dataSource = dataSource;
        this.topics = topics;
        this.desk = new ReportDesk(dataSource, ledger, "bench");
        this.day =
                new BusinessDay(
                        day.atZone(ZoneOffset.UTC).toLocalDate(), ZoneOffset.UTC, Duration.ZERO);
        this.progress = progress;
    }

    /// What is waited for.
    interface Step<T> {
        T run() throws IOException, InterruptedException;
    }

    private <T> T timed(String what, Step<T> step) throws IOException, InterruptedException {
        progress.now(what);
        try (var heap = new HeapMeter()) {
            long begun = System.nanoTime();
            T result = step.run();
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            progress.done(
                    String.format(
                            Locale.ROOT,
                            "%s: %.1f s, heap %.0f MiB at most",
                            what,
                            took.toMillis() / MILLIS,
                            heap.peak() / MIB));
            return result;
        }
    }

    /// Reads all of it.
    ///
    /// @param late adds facts of the day that became known after its report
    /// @throws BenchException when a report reads otherwise when it is made again, late facts change nothing, or a row seems changed
    void all(Step<?> late) throws IOException, InterruptedException {
        Instant after = day.to().plusSeconds(1);
        ReportDesk.Made made = timed("the report of the day", () -> desk.issue(day, after));
        DayDocument document = desk.document(made);
        for (DayFormat format : DayFormat.of(made.report())) {
            Map<String, byte[]> files =
                    timed(
                            "  as " + format.name().toLowerCase(Locale.ROOT),
                            () -> format.render(document));
            progress.done(
                    String.format(
                            Locale.ROOT,
                            "    %,d bytes in %d files",
                            files.values().stream().mapToLong(file -> file.length).sum(),
                            files.size()));
        }
        progress.done(
                String.format(
                        Locale.ROOT,
                        "    %,d open mismatches",
                        made.report().facts().open().size()));
        timed("late facts of the day", late);
        timed("the report made again", () -> madeAgain(made));
        ReportDesk.Made restated =
                timed("the day restated", () -> desk.restate(day, "late facts", after));
        if (Arrays.equals(restated.facts(), made.facts())) {
            throw new BenchException("restated report: as before (expected: the late facts too)");
        }
        timed("verify", this::verified);
    }

    private ReportDesk.Unsealed madeAgain(ReportDesk.Made made) {
        ReportDesk.Unsealed again =
                desk.remake(
                        day, made.report().history().sequence(), made.report().history().since());
        if (!Arrays.equals(again.factsBytes(), made.facts())
                || !Arrays.equals(again.historyBytes(), made.history())) {
            throw new BenchException(
                    "report made again after late facts: it differs (expected: byte for byte as issued)");
        }
        return again;
    }

    private long verified() {
        var result = new LedgerVerification(dataSource, topics).run(List.of(), progress::now);
        if (!result.findings().isEmpty()) {
            throw new BenchException(
                    "verify: %s (expected: nothing found)"
                            .formatted(result.findings().getFirst().inWords()));
        }
        return result.rows();
    }
}
