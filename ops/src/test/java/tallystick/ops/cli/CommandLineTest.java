package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tallystick.db.DatabaseException;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.kafka.TopicException;
import tallystick.ops.embedded.EmbeddedException;
import tallystick.simulator.tls.NodeCertificate;

class CommandLineTest {
    @TempDir Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void everyCommandHasHelpWithAnExample() {
        allCommands(Main.commandLine())
                .forEach(
                        command -> {
                            String help = command.getUsageMessage();
                            assertThat(help).contains("Usage: tallystick").contains("--help");
                            if (command.getSubcommands().isEmpty()) {
                                assertThat(help).contains("./tallystick");
                            }
                        });
    }

    @Test
    void withoutACommandItSaysWhichThereAre() {
        assertThat(run()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("no command given").contains("demo, run");
    }

    @Test
    void anUnknownOptionIsBadInput() {
        assertThat(run("mismatches", "--limits", "3")).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("--limits");
    }

    @Test
    void anUnknownSettingIsABadConfiguration() {
        int exitCode = run("config", "--set", "kafka.partition=3");

        assertThat(exitCode).isEqualTo(ExitCode.BAD_CONFIGURATION);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "tallystick: --set: kafka.partition is no setting (expected: did you mean kafka.partitions?)");
    }

    @Test
    void theConfigurationIsPrintedAsAFileThatCanBeReadBack() throws Exception {
        assertThat(run("config", "--set", "ledger.name=shop")).isZero();

        Path file = Files.writeString(directory.resolve("again.properties"), out.toString());
        assertThat(out.toString()).contains("ledger.name=shop").contains("kafka.partitions=4");
        assertThat(run("config", "--config", file.toString())).isZero();
    }

    @Test
    void topicsCanBePrintedWithoutABroker() {
        assertThat(run("topics", "create", "--print", "--set", "kafka.topic-prefix=shop")).isZero();

        assertThat(out.toString())
                .contains("shop.ledger-heads.v1", "for ever")
                .containsPattern("other systems +Write,Describe +topic +shop.books-inbox.v1");
    }

    @Test
    void withoutNodesThereIsNothingToRun() {
        int exitCode = run("run", "--data", directory.resolve("data").toString());

        assertThat(exitCode).isEqualTo(ExitCode.BAD_CONFIGURATION);
        assertThat(err.toString()).contains("nodes: none (expected: at least one");
    }

    @Test
    void onlyConfiguredNodesCanBeChecked() throws Exception {
        Path file = Files.writeString(directory.resolve("any"), "any");
        String files = "nodes.alice.tls-certificate=%s".formatted(file);
        int exitCode =
                run(
                        "node",
                        "check",
                        "bob",
                        "--set",
                        "nodes.alice.address=127.0.0.1:1",
                        "--set",
                        files,
                        "--set",
                        "nodes.alice.macaroon=%s".formatted(file));

        assertThat(exitCode).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("node: bob (expected: one of alice)");
        assertThat(run("node", "check")).isEqualTo(ExitCode.BAD_CONFIGURATION);
    }

    @Test
    void aNodeThatIsNotThereIsUnavailable() throws Exception {
        Path tls =
                Files.writeString(
                        directory.resolve("tls.cert"),
                        NodeCertificate.selfSigned("alice", Instant.now()).certificate());
        int exitCode =
                run(
                        "node",
                        "check",
                        "--set",
                        "nodes.alice.address=127.0.0.1:1",
                        "--set",
                        "nodes.alice.tls-certificate=%s".formatted(tls),
                        "--set",
                        "nodes.alice.macaroon=%s".formatted(tls));

        assertThat(exitCode).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(out.toString()).contains("Connection refused", "0 of 1 node can be followed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mismatches --data DIR",
                "mismatch --data DIR abc",
                "prove --data DIR",
                "journal --format hledger --data DIR",
                "pack 2026-11-22 --out DIR/pack.zip --data DIR",
                "mismatch --data DIR abc approve def",
                "rules list --data DIR",
                "rules show --data DIR",
                "rules diff 1 --data DIR",
                "archive --before 2026-01 --to DIR/a --data DIR",
                "evidence erase --order o1 --reason r --data DIR",
                "quarantine list --data DIR",
                "quarantine redrive --data DIR",
                "quarantine redrive --dry-run --data DIR"
            })
    void withoutALedgerThereIsNothingToShowAndNoneIsMade(String command) {
        int exitCode = run(in(directory.resolve("none"), command));

        assertThat(exitCode).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("ledger: none in");
        assertThat(directory.resolve("none")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replay --recording R --out O --as-of yesterday | yesterday (expected: a time such as 2026-11-23T00:10:00Z)",
                "mismatch x ignore --reason r --until soon | soon (expected: a day such as 2026-12-31)",
                "mismatch x ignore --reason r --until 2099-01-01 --data DIR | --data belongs to `tallystick mismatch`: it comes before `ignore`",
                "replay --recording DIR/r --out O --as-of 2026-11-23T00:10:00Z --data DIR/d | DIR/r: directory: does not exist (expected:",
                "config --config DIR/c | configuration file: DIR/c: no such file (expected:",
                "mismatches --waiting --code OVERPAID --data DIR | --waiting: with --code",
                "journal --format hledger --day 2026-11-22 --to 2026-11-22 | --day: 2026-11-22 beside --from or --to",
                "journal --format hledger --from 2026-11-23 --to 2026-11-22 | --from: 2026-11-23 after --to 2026-11-22",
                "journal --format hledger --as-known-at -1 | --as-known-at: -1 (expected: 0 or more)",
                "serve --data DIR/d | serve.client-authorities: absent (expected: a file; docs/api.md)",
                "serve --data DIR/d --set serve.certificate=DIR/none.crt | serve.certificate: DIR/none.crt (expected: a file that can be read)",
                "pack --out DIR/x.zip | pack: no day (expected: a DAY and --out FILE, or --check FILE)",
                "archive --before soon --to DIR | --before: soon (expected: a month such as 2026-01)",
                "verify --archive DIR --row ledger.batch --key sequence=1 --out DIR/p | --archive: beside --row",
                "pack 2026-11-22 --check DIR/x.zip | --check: beside DAY or --out",
                "pack 2026-11-22 --out DIR/x.zip --head DIR/h | --head: without --check",
                "pack --check DIR/x.zip | DIR/x.zip: no file (expected: one that `tallystick pack` wrote)"
            })
    void whatIsWrongIsSaidInWords(String command, String expected) {
        assertThat(run(in(directory, command)))
                .isIn(ExitCode.BAD_INPUT, ExitCode.BAD_CONFIGURATION);
        assertThat(err.toString())
                .contains(expected.replace("DIR", directory.toString()))
                .doesNotContain("java.");
    }

    /// Nothing is a part of every id: it would be all that is open.
    @Test
    void nothingIsNoPartOfAMismatch() {
        assertThat(run("mismatch", "")).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("mismatch: no ID (expected: a part of an id");
    }

    @Test
    void wrongBooksAreRefusedBeforeAnythingIsStarted() throws Exception {
        Path books =
                Files.writeString(directory.resolve("books.csv"), "non\u001b[31msen\u202ese\n");
        int exitCode =
                run(
                        in(
                                directory,
                                "replay --recording DIR --out DIR/o --as-of 2026-11-23T00:10:00Z --data DIR/d --books "
                                        + books));

        assertThat(exitCode).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString())
                .contains("books.csv", "non\uFFFD[31msen\uFFFDse")
                .doesNotContain("\u001b", "\u202e");
        assertThat(directory.resolve("d/kafka")).doesNotExist();
    }

    @Test
    void helpFitsIntoATerminal() {
        allCommands(Main.commandLine())
                .forEach(
                        command -> {
                            var usage = command.getCommandSpec().usageMessage();
                            assertThat(usage.footer())
                                    .allSatisfy(
                                            line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
                            // The list of commands shows the first line only.
                            assertThat(usage.description()[0]).endsWith(".");
                        });
    }

    @Test
    void theSchemaIsPrintedWithoutADatabase() {
        assertThat(run(in(directory.resolve("none"), "db migrate --print --data DIR"))).isZero();

        assertThat(out.toString()).contains("-- V001__schemas_and_roles.sql", "-- V070__");
        assertThat(directory.resolve("none")).doesNotExist();
    }

    private static String[] in(Path directory, String command) {
        return command.replace("DIR", directory.toString()).split(" ", -1);
    }

    @Test
    void booksOfAReplayMustBeThere() {
        int exitCode =
                run(
                        "replay",
                        "--recording",
                        directory.toString(),
                        "--books",
                        "absent.csv",
                        "--as-of",
                        "2026-11-23T00:10:00Z",
                        "--out",
                        directory.resolve("out").toString(),
                        "--data",
                        directory.resolve("data").toString());

        assertThat(exitCode).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("--books: absent.csv (expected:");
    }

    @ParameterizedTest
    @CsvSource({
        "--nodes, 0, 1 to 1000",
        "--invoices, -1, 1 to 100000000",
        "--rate, 0, 1 to 100000",
        "--seconds, 0, 1 to 86400",
        "--heap, lots, such as 256m or 1g",
        "--heap, 4m, at least 32m",
        "--ingestor-option, lots, such as -XX:+UseZGC"
    })
    void aBenchmarkOfNothingIsBadInput(String option, String value, String expected) {
        int exitCode =
                run(
                        "bench",
                        "ingest",
                        "--data",
                        directory.resolve("data").toString(),
                        option + "=" + value);

        assertThat(exitCode).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString())
                .contains("tallystick: %s: %s (expected: ".formatted(option, value))
                .contains(expected);
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource
    void everyFailureHasItsExitCode(Exception failure, int expected) {
        assertThat(Failures.exitCode(failure)).isEqualTo(expected);
    }

    static Stream<Arguments> everyFailureHasItsExitCode() {
        return Stream.of(
                Arguments.of(new EmbeddedException("x"), 69),
                Arguments.of(new TimeoutException("x"), 69),
                Arguments.of(new TopicException("x", new TimeoutException("y")), 69),
                Arguments.of(new TopicException("x", new SaslAuthenticationException("y")), 78),
                Arguments.of(new KafkaException("x", new ConfigException("y")), 78),
                Arguments.of(new IngestException(ErrorCode.USER, "x"), 2),
                Arguments.of(new IngestException(ErrorCode.EXTERNAL, "x"), 69),
                Arguments.of(
                        new DatabaseException(
                                DatabaseException.Kind.UNAVAILABLE, "x", new RuntimeException()),
                        69),
                Arguments.of(new IllegalStateException("x"), 70));
    }

    private int run(String... arguments) {
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    private static Stream<CommandLine> allCommands(CommandLine root) {
        return Stream.concat(
                Stream.of(root),
                root.getSubcommands().values().stream().flatMap(CommandLineTest::allCommands));
    }
}
