package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ops.acceptance.Program;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;
import tallystick.simulator.replay.Recordings;

/// Makes a small ledger with the program as it is built: a day of two real nodes, of which a third of the books comes late, that is
/// restated, signed and closed; and a second one, with decisions of people and an entry into the closed day.
final class LedgerMaker {
    private static final String DAY = "2026-11-22";
    private static final String NEXT_DAY = "2026-11-23";

    /// When the recording ends.
    private static final Instant DAYS_END = Instant.parse("2026-11-23T00:10:00Z");

    private static final Instant NEXT_DAYS_END = Instant.parse("2026-11-24T00:10:00Z");

    private static final String AGREEING =
            """
            SELECT key_text
              FROM ledger.item
             WHERE state = 'AGREED' AND key_text LIKE 'payment_hash:%'
             ORDER BY key_text
             LIMIT 1
            """;

    private final Path directory;
    private final Path data;

    private LedgerMaker(Path directory) {
        this.directory = directory;
        this.data = directory.resolve("data");
    }

    static void make(Path directory, KeptLedger kept) throws Exception {
        new LedgerMaker(directory).make(kept);
    }

    private void make(KeptLedger kept) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo("restarts", recording);
        Path books = recording.resolve("books.csv");
        List<String> entries = Files.readAllLines(books);
        Path first = directory.resolve("first.csv");
        Files.write(first, entries.subList(0, entries.size() * 2 / 3));

        replay(recording, first);
        program("report", "run", "--day", DAY);
        replay(recording, books);
        program("report", "restate", DAY, "--reason", "the shop's late file");
        LedgerView.forgetAsOf(data);
        try (RunningLedger ledger = RunningLedger.start(data)) {
            try (Reconciler reconciler = reconciler(ledger)) {
                reconciler.start();
                sign(ledger);
                ledger.publish(1, 3);
                bookIntoTheClosedDay(ledger);
                reconciler.applyNow();
                program(
                        "mismatch",
                        "438723c6",
                        "ignore",
                        "--until",
                        "2099-01-01",
                        "--reason",
                        "asked the shop");
                program("evidence", "erase", agreeing(ledger), "--reason", "asked for");
                reconciler.throwIfFailed();
            }
            program("report", "run", "--day", NEXT_DAY);
            kept.keep(data, ledger.services());
        }
    }

    private void replay(Path recording, Path books) throws IOException, InterruptedException {
        program(
                "replay",
                "--recording",
                recording.toString(),
                "--source",
                "shop",
                "--books",
                books.toString(),
                "--as-of",
                DAYS_END.toString(),
                "--out",
                directory.resolve("out").toString());
    }

    private static Reconciler reconciler(RunningLedger ledger) {
        return new Reconciler(
                new ReconcileConfig("main", RuleSet.defaults(), 1, 1_000, Pace.CONTINUOUS),
                ledger.writer().dataSource(),
                ledger.kafka(),
                RunningLedger.TOPICS,
                () -> NEXT_DAYS_END);
    }

    private void sign(RunningLedger ledger) throws Exception {
        String password = "four eyes";
        ledger.executeAsOwner(
                "CREATE ROLE ann LOGIN PASSWORD '%s' IN ROLE tallystick_person"
                        .formatted(password));
        Path file = Files.writeString(directory.resolve("password"), password);
        program("report", "sign", DAY);
        program(
                "report",
                "countersign",
                DAY,
                "--login",
                "ann",
                "--login-password-file",
                file.toString(),
                "--comment",
                "compared");
    }

    private static void bookIntoTheClosedDay(RunningLedger ledger) {
        String hash = RunningLedger.hash(3);
        long now = InstantSource.system().instant().getEpochSecond();
        ledger.send(
                List.of(
                        RunningLedger.record(
                                Topic.BOOKS,
                                hash,
                                RunningLedger.entry("late", hash, 5_000).toBuilder()
                                        .setBookedAtNs((now + 1) * 1_000_000_000)
                                        .build()
                                        .toByteArray())));
    }

    private static String agreeing(RunningLedger ledger) throws SQLException {
        try (Connection owner = KeptLedger.owner(ledger.services());
                var statement = owner.createStatement();
                ResultSet row = statement.executeQuery(AGREEING)) {
            row.next();
            return row.getString(1);
        }
    }

    /// In a process of its own, as only there the program knows its version.
    private void program(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(arguments));
        // What `mismatch` does to one of them comes after its own options.
        all.addAll(
                arguments[0].equals("mismatch") ? 1 : all.size(),
                List.of("--data", data.toString()));
        Program.Ended ended = Program.start(directory, all).await();
        assertThat(ended.exitCode()).as("%s: %s", all, ended.said()).isZero();
    }
}
