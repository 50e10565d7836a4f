package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;

/// What people type while the reconciler runs, on a real broker and database.
class LiveCommandsIT {
    @TempDir Path directory;

    private final StringWriter err = new StringWriter();

    private String run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        // What `mismatch` does to one of them comes after its own options.
        int place = arguments[0].equals("mismatch") ? 1 : all.size();
        all.addAll(place, List.of("--data", directory.resolve("data").toString()));
        StringWriter out = new StringWriter();
        int exitCode =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(all.toArray(String[]::new));
        assertThat(exitCode).as("%s: %s %s", all, out, err).isZero();
        return out.toString();
    }

    @Test
    void decisionsRulesAndQuarantine() throws Exception {
        String hash = RunningLedger.hash(7);
        try (RunningLedger ledger = RunningLedger.start(directory.resolve("data"))) {
            byte[] first = RunningLedger.entry("e7", hash, 500).toByteArray();
            byte[] again = RunningLedger.entry("e7", hash, 700).toByteArray();
            byte[] poison = "no message".getBytes(UTF_8);
            ledger.send(
                    List.of(
                            RunningLedger.record(Topic.BOOKS, hash, first),
                            RunningLedger.record(Topic.BOOKS, hash, again),
                            RunningLedger.record(Topic.INVOICES, hash, poison)));
            try (Reconciler reconciler = ledger.reconciler(RuleSet.defaults(), Pace.CONTINUOUS)) {
                reconciler.start();
                reconciler.applyNow();

                assertThat(run("mismatches")).contains("Entry number used again");
                assertThat(
                                run(
                                        "mismatch",
                                        hash,
                                        "ignore",
                                        "--until",
                                        "2099-01-01",
                                        "--reason",
                                        "asked the shop",
                                        "--person",
                                        "ann"))
                        .contains("took effect at ledger sequence", "the mismatch is ignored");
                assertThat(ledger.ledger())
                        .anyMatch(
                                row -> row.startsWith("register.change") && row.contains(",ann,"));

                assertThat(run("quarantine", "list")).contains("not a protobuf message");
                assertThat(run("quarantine", "redrive", "--dry-run")).contains("1");
                run("quarantine", "redrive");
                assertThat(run("quarantine", "list")).contains("not a protobuf message");

                Path rules = directory.resolve("strict.properties");
                Files.writeString(rules, "grace-node=3h\n");
                assertThat(run("rules", "list")).contains("1");
                run("rules", "show");
                run("rules", "diff", rules.toString(), "--days", "30");
                reconciler.throwIfFailed();
            }
        }
    }
}
