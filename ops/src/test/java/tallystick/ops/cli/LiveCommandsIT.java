package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.ReceiptState;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;

/// What people type while the reconciler runs, on a real broker and database.
class LiveCommandsIT {
    private static final String NO_DECISION = "00000000-0000-0000-0000-000000000000";

    private static final String PASSWORD = "four eyes";

    @TempDir Path directory;

    private Path password = Path.of("");

    private final StringWriter err = new StringWriter();

    private String run(String... arguments) {
        return run(ExitCode.OK, arguments);
    }

    private String run(int expected, String... arguments) {
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
        assertThat(exitCode).as("%s: %s %s", all, out, err).isEqualTo(expected);
        return out.toString();
    }

    @Test
    void decisionsRulesAndQuarantine() throws Exception {
        String hash = RunningLedger.hash(7);
        String other = RunningLedger.hash(8);
        try (RunningLedger ledger = RunningLedger.start(directory.resolve("data"))) {
            password = Files.writeString(directory.resolve("password"), PASSWORD);
            for (String login :
                    List.of(
                            "ann IN ROLE tallystick_person",
                            "bob IN ROLE tallystick_person",
                            "eve")) {
                ledger.executeAsOwner(
                        "CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(login, PASSWORD));
            }
            byte[] first = RunningLedger.entry("e7", hash, 500).toByteArray();
            byte[] again = RunningLedger.entry("e7", hash, 700).toByteArray();
            byte[] poison = "no message".getBytes(UTF_8);
            ledger.send(
                    List.of(
                            RunningLedger.record(Topic.BOOKS, hash, first),
                            RunningLedger.record(Topic.BOOKS, hash, again),
                            RunningLedger.record(
                                    Topic.BOOKS,
                                    other,
                                    RunningLedger.entry("e8", other, 500).toByteArray()),
                            RunningLedger.record(
                                    Topic.BOOKS,
                                    other,
                                    RunningLedger.entry("e8", other, 700).toByteArray()),
                            RunningLedger.record(Topic.INVOICES, hash, poison)));
            try (Reconciler reconciler = ledger.reconciler(RuleSet.defaults(), Pace.CONTINUOUS)) {
                reconciler.start();
                reconciler.applyNow();

                assertThat(run("mismatches")).contains("Entry number used again");
                whatIsSaidIsShown(hash);
                assertThat(
                                run(
                                        "mismatch",
                                        hash,
                                        "ignore",
                                        "--until",
                                        "2099-01-01",
                                        "--reason",
                                        "asked the shop"))
                        .contains("took effect at ledger sequence", "the mismatch is ignored");
                assertThat(ledger.ledger())
                        .anyMatch(
                                row ->
                                        row.startsWith("register.change")
                                                && row.contains(",\"local operator\","));

                whatIsDecidedIsShownAndApproved(other);

                assertThat(run("quarantine", "list")).contains("not a protobuf message");
                assertThat(run("quarantine", "redrive", "--dry-run")).contains("1");
                run("quarantine", "redrive");
                assertThat(run("quarantine", "list")).contains("not a protobuf message");

                whatPeopleWroteIsErased(ledger, reconciler, hash);
                reportsAreSigned(ledger, reconciler);

                Path rules = directory.resolve("strict.properties");
                Files.writeString(rules, "grace-node=3h\n");
                assertThat(run("rules", "list")).contains("1");
                run("rules", "show");
                run("rules", "diff", rules.toString(), "--days", "30");
                reconciler.throwIfFailed();
            }
        }
    }

    private void whatPeopleWroteIsErased(RunningLedger ledger, Reconciler reconciler, String open)
            throws InterruptedException {
        String hash = RunningLedger.hash(9);
        ledger.send(
                List.of(
                        RunningLedger.record(
                                Topic.INVOICES,
                                hash,
                                InvoiceRecord.newBuilder()
                                        .setEnvelope(Envelope.newBuilder().setNode("02".repeat(33)))
                                        .setPaymentHash(
                                                ByteString.copyFrom(HexFormat.of().parseHex(hash)))
                                        .setState(ReceiptState.RECEIPT_STATE_SETTLED)
                                        .setRequestedMsat(500)
                                        .setReceivedMsat(500)
                                        .setCreatedAt(1_795_337_000)
                                        .setSettledAt(1_795_338_000)
                                        .setMemo("for Anna")
                                        .build()
                                        .toByteArray()),
                        RunningLedger.record(
                                Topic.BOOKS,
                                hash,
                                RunningLedger.entry("e9", hash, 500).toBuilder()
                                        .setOrder("o9")
                                        .build()
                                        .toByteArray())));
        reconciler.applyNow();

        assertThat(run("evidence", "erase", "--order", "o9", "--reason", "asked for"))
                .contains(
                        "payment_hash:" + hash,
                        "to erase the texts of 2 records took effect at ledger sequence");
        run(ExitCode.BAD_INPUT, "evidence", "erase", "--order", "o9", "--reason", "asked for");
        assertThat(err.toString()).contains("--order: o9 (expected: one that an entry");
        run(
                ExitCode.BAD_INPUT,
                "evidence",
                "erase",
                "payment_hash:" + open,
                "--reason",
                "asked for");
        assertThat(err.toString()).contains("(expected: an item that agrees or is resolved");
        String archive = directory.resolve("archive").toString();
        assertThat(run("archive", "--before", "2027-01", "--to", archive))
                .contains("Nothing to archive: no month before 2027-01 is over in this ledger");
        assertThat(run("verify", "--archive", archive)).contains("Untouched");
    }

    private void reportsAreSigned(RunningLedger ledger, Reconciler reconciler)
            throws SQLException, InterruptedException {
        String day = "2026-11-22";
        run("report", "run", "--day", day);
        run(ExitCode.BAD_INPUT, "report", "sign", day);
        assertThat(err.toString()).contains("that of 2026-11-22 is provisional");
        ledger.publish(40, 41);
        reconciler.applyNow();
        ledger.executeAsOwner(
                """
                INSERT INTO ledger.coverage_known (batch_id, partition_number, node, stream, alias, proven_until, block_height,
                                                   seen_at, has_gaps)
                SELECT (SELECT max(batch_id) FROM ledger.batch), 0, repeat('02', 33), stream, 'alice', '2026-11-24', 800000,
                       '2026-11-24', false
                  FROM unnest(ARRAY['INVOICES', 'PAYMENTS', 'FORWARDS']) AS stream
                """);
        assertThat(run("report", "restate", day, "--reason", "covered"))
                .contains("complete, unsigned", "Edition 2, restates the day: covered");

        assertThat(run("report", "sign", day))
                .contains("took effect at ledger sequence", "Another person closes the day");
        run(ExitCode.BAD_INPUT, "report", "sign", day);
        assertThat(err.toString())
                .contains("prepared by local operator (expected: signed by nobody");
        run(ExitCode.BAD_INPUT, "report", "countersign", day);
        assertThat(err.toString())
                .contains("person: local operator (expected: another than local operator");
        assertThat(run(countersignature(day, "ann"))).contains("It closes the day.");
        run(ExitCode.BAD_INPUT, countersignature(day, "bob"));
        assertThat(err.toString()).contains("is signed by local operator and ann");
        assertThat(run("report", "list")).contains("✓ signed, edition 2");
        assertThat(run("report", "show", day)).contains("Reviewed by ann");
        assertThat(run("report", "show", day, "--edition", "1")).contains("Replaced by");
        run(ExitCode.BAD_INPUT, "report", "restate", day, "--reason", "again");
        assertThat(err.toString()).contains("reads otherwise than in edition 2");
    }

    private String[] countersignature(String day, String login) {
        return new String[] {
            "report",
            "countersign",
            day,
            "--login",
            login,
            "--login-password-file",
            password.toString()
        };
    }

    private String[] approval(String hash, String decision, String login) {
        return new String[] {
            "mismatch",
            hash,
            "approve",
            decision,
            "--login",
            login,
            "--login-password-file",
            password.toString()
        };
    }

    private void whoApprovesSignsIn(String hash, String decision) throws IOException {
        run(ExitCode.BAD_INPUT, "mismatch", hash, "approve", decision);
        assertThat(err.toString()).contains("person: local operator (expected: somebody who");
        run(ExitCode.BAD_INPUT, approval(hash, decision, "eve"));
        assertThat(err.toString()).contains("login: eve (expected: one in the role");
        run(ExitCode.BAD_INPUT, approval(hash, decision, "tallystick"));
        assertThat(err.toString()).contains("login: tallystick (expected:");
        Files.writeString(password, "wrong");
        run(ExitCode.BAD_INPUT, approval(hash, decision, "bob"));
        assertThat(err.toString()).contains("login: bob (expected: a login of the database");
        Files.writeString(password, PASSWORD);
    }

    private void whatIsSaidIsShown(String hash) {
        assertThat(run("mismatch", hash, "comment", "the shop was asked")).contains("took effect");
        assertThat(run("mismatch", hash, "assign", "ann")).contains("took effect");
        assertThat(run("mismatch", hash).replaceAll("\\s+", " "))
                .contains("by local operator: comment, the shop was asked.")
                .contains("by local operator: assign to ann.");
    }

    private void whatIsDecidedIsShownAndApproved(String hash) throws IOException {
        assertThat(
                        run(
                                "mismatch",
                                hash,
                                "resolve",
                                "--reason",
                                "lost",
                                "--account",
                                "losses",
                                "--login",
                                "ann",
                                "--login-password-file",
                                password.toString()))
                .contains("took effect at ledger sequence", "once another person approves");
        String shown = run("mismatch", hash).replaceAll("\\s+", " ");
        assertThat(shown).contains("by ann: resolve, lost", "once another person approves");

        run(ExitCode.BAD_INPUT, approval(hash, NO_DECISION, "bob"));
        assertThat(err.toString()).contains("decision: " + NO_DECISION + " (expected:");

        Matcher decision = Pattern.compile("Decision ([0-9a-f-]{36})").matcher(shown);
        assertThat(decision.find()).isTrue();
        whoApprovesSignsIn(hash, decision.group(1));
        assertThat(run(approval(hash, decision.group(1), "bob")))
                .contains("the mismatch is resolved");
    }
}
