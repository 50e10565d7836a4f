package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.db.report.IssuedReports;
import tallystick.ledger.decision.Signing;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.Ledger;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayFormat;
import tallystick.report.day.DayText;
import tallystick.report.day.ReportDesk;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = {
            "The report of each business day: issues it, lists and shows those issued.",
            "Two people sign it, and that closes the day; what comes later restates it."
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ReportCommand.Run.class,
            ReportCommand.Issued.class,
            ReportCommand.Show.class,
            ReportSigning.Sign.class,
            ReportSigning.Countersign.class,
            ReportSigning.Restate.class
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick report run --day 2026-11-22",
            "  ./tallystick report show 2026-11-22 --format html --out report.html",
            "  ./tallystick report sign 2026-11-22 --login ann",
            "  ./tallystick report countersign 2026-11-22 --login bob"
        })
final class ReportCommand extends CommandGroup {
    static BusinessDay day(Settings settings, LocalDate date) {
        return new BusinessDay(date, settings.ledger().timeZone(), settings.report().cutOff());
    }

    static void text(CommonOptions common, String text) {
        common.out().print(text);
        common.out().flush();
    }

    static Optional<ReportDesk.Made> issued(ReportDesk desk, BusinessDay day, OptionalInt edition) {
        try {
            return desk.issued(day, edition);
        } catch (IllegalStateException e) {
            throw new CommandException(
                    ExitCode.MISMATCHES,
                    "report: %s; `tallystick verify` says whether the ledger was changed"
                            .formatted(e.getMessage()));
        }
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = {
                "Issues the report of a day from all that is known now.",
                "A day has one report: when it is issued already, that one is shown."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick report run --day 2026-11-22")
    static final class Run implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--day",
                paramLabel = "DAY",
                description = "a day that is over (default: the last one that is due)")
        private @Nullable LocalDate date;

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = LedgerView.settings(common);
            var now = LedgerView.asOf(settings);
            BusinessDay day =
                    date == null
                            ? BusinessDay.lastDue(
                                    now, settings.ledger().timeZone(), settings.report().cutOff())
                            : day(settings, date);
            if (now.isBefore(day.to())) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--day: %s ends at %s (expected: a day that is over at %s)"
                                .formatted(day.date(), day.to(), now));
            }
            ReportDesk.Made made =
                    LedgerView.with(
                            settings,
                            (_, workplace) -> {
                                try (var ledger = Ledger.write(workplace)) {
                                    return ledger.reports().issue(day, now);
                                }
                            });
            if (!made.isNew()) {
                System.err.printf(
                        "tallystick: the report of %s was issued at %s%n",
                        day.date(), Times.stamp(made.report().seal().issuedAt()));
            }
            text(common, new DayText(Styles.ofStdout()).render(made.report()));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "Lists the reports that were issued, the newest day first, each held against its stored parts.",
                "Exit code 3 when a row is not as its parts say; `report show` makes a report again."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick report list --limit 7")
    static final class Issued implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--limit",
                paramLabel = "COUNT",
                description = "days at most (default: ${DEFAULT-VALUE})")
        private int limit = 31;

        @Override
        public Integer call() throws InterruptedException {
            if (limit < 1) {
                throw new CommandException(
                        ExitCode.BAD_INPUT, "--limit: %d (expected: 1 or more)".formatted(limit));
            }
            Settings settings = LedgerView.settings(common);
            List<ReportDesk.Listed> entries = new ArrayList<>();
            Map<LocalDate, Signing> signings = new HashMap<>();
            LedgerView.with(
                    settings,
                    (ledger, _) -> {
                        entries.addAll(ledger.reports().listed(LocalDate.of(9999, 12, 31), limit));
                        signings.putAll(
                                ledger.reports()
                                        .signings(
                                                entries.stream()
                                                        .map(ReportDesk.Listed::entry)
                                                        .toList()));
                        return ExitCode.OK;
                    });
            if (entries.isEmpty()) {
                text(
                        common,
                        new TextPage(Styles.ofStdout())
                                .say("No report was issued yet. Next: ./tallystick report run")
                                .toString());
                return ExitCode.OK;
            }
            TextTable table =
                    new TextTable(
                            Styles.ofStdout(),
                            List.of(
                                    Column.text("Day"),
                                    Column.text("State"),
                                    Column.number("Sequence"),
                                    Column.number("Open"),
                                    Column.number("Amount, sat"),
                                    Column.text("Issued").droppedAs(1),
                                    Column.text("Facts").cutTo(9).droppedAs(2)));
            TextPage page = new TextPage(Styles.ofStdout());
            for (ReportDesk.Listed listed : entries) {
                IssuedReports.Entry one = listed.entry();
                table.row(
                        Cell.of(one.day().toString()),
                        state(listed, Optional.ofNullable(signings.get(one.day()))),
                        Cell.of(Long.toString(one.sequence())),
                        Cell.of(Amounts.count(one.openCount())),
                        Cell.of(Amounts.TERMINAL.sat(one.openMsat())),
                        Cell.of(Times.stamp(one.issuedAt())),
                        Cell.of(HexFormat.of().formatHex(one.factsDigest(), 0, 4) + "…"));
            }
            page.table(table);
            List<ReportDesk.Listed> changed =
                    entries.stream().filter(one -> !one.changed().isEmpty()).toList();
            for (ReportDesk.Listed one : changed) {
                page.say(
                        "",
                        "%s: %s (expected: as in the stored parts of the report; `tallystick verify` says what was changed)"
                                .formatted(one.entry().day(), String.join(", ", one.changed())),
                        Ink.BAD);
            }
            text(common, page.toString());
            return changed.isEmpty() ? ExitCode.OK : ExitCode.MISMATCHES;
        }

        private static Cell state(ReportDesk.Listed listed, Optional<Signing> signing) {
            return listed.changed().isEmpty()
                    ? Cell.of(state(listed.entry(), signing))
                    : new Cell("≠ changed", Ink.BAD);
        }

        private static String state(IssuedReports.Entry report, Optional<Signing> signing) {
            String state =
                    report.isProvisional()
                            ? "… provisional"
                            : signing.isEmpty()
                                    ? "= final"
                                    : signing.get().isClosed() ? "✓ signed" : "= prepared";
            return report.edition() == 1
                    ? state
                    : "%s, edition %d".formatted(state, report.edition());
        }
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = {
                "Shows a report as it was issued. It is made again from the ledger and held against what was stored.",
                "With --as-known-at the facts and the history of any day as known at that ledger sequence, issued or not."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick report show 2026-11-22 --format pdf --out report.pdf",
                "  ./tallystick report show 2026-11-22 --as-known-at 318"
            })
    static final class Show implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(paramLabel = "DAY", description = "for example 2026-11-22")
        private LocalDate date = LocalDate.EPOCH;

        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
        private DayFormat format = DayFormat.TEXT;

        @Option(
                names = "--out",
                paramLabel = "PATH",
                description = "file to write to; of CSV, which is one file a section, the folder")
        private Optional<Path> out = Optional.empty();

        @Option(
                names = "--as-known-at",
                paramLabel = "SEQUENCE",
                description = "facts and history at this ledger sequence, as JSON")
        private @Nullable Long knownAt;

        @Option(
                names = "--since",
                paramLabel = "SEQUENCE",
                description =
                        "with --as-known-at: the sequence of the report before (default: that of the last one stored, else 0)")
        private @Nullable Long since;

        @Option(
                names = "--edition",
                paramLabel = "NUMBER",
                description = "which report of a day that was restated (default: the newest)")
        private @Nullable Integer edition;

        @Override
        public Integer call() throws InterruptedException {
            if (!format.isText() && out.isEmpty()) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--out: none (expected: a %s, which no terminal shows)"
                                .formatted(
                                        format.isOneFile()
                                                ? "file for " + format
                                                : "folder for the CSV files"));
            }
            requirePossible();
            Settings settings = LedgerView.settings(common);
            BusinessDay day = day(settings, date);
            return LedgerView.with(
                    settings,
                    (ledger, _) -> {
                        if (knownAt != null) {
                            remake(ledger.reports(), day, knownAt);
                        } else {
                            show(ledger.reports(), day);
                        }
                        return ExitCode.OK;
                    });
        }

        private void requirePossible() {
            if (knownAt == null && since != null) {
                throw new CommandException(
                        ExitCode.BAD_INPUT, "--since: without --as-known-at (expected: with it)");
            }
            if (knownAt == null) {
                return;
            }
            if (format != DayFormat.TEXT && format != DayFormat.JSON) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--format: %s (expected: json, with --as-known-at)".formatted(format));
            }
            if (knownAt < 0 || (since != null && (since < 0 || since > knownAt))) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--as-known-at: %d, --since: %s (expected: 0 or more, the second not after the first)"
                                .formatted(knownAt, since));
            }
        }

        private void remake(ReportDesk desk, BusinessDay day, long sequence) {
            ReportDesk.Unsealed made;
            try {
                made = desk.remake(day, sequence, since == null ? desk.before(date) : since);
            } catch (IllegalArgumentException e) {
                throw new CommandException(ExitCode.BAD_INPUT, "--as-known-at: " + e.getMessage());
            }
            String text =
                    "{\"facts_digest\":\"%s\",\"history_digest\":\"%s\",\"facts\":%s,\"history\":%s}"
                            .formatted(
                                    hex(made.factsBytes()),
                                    hex(made.historyBytes()),
                                    new String(made.factsBytes(), UTF_8),
                                    new String(made.historyBytes(), UTF_8));
            write(text + "\n");
        }

        private static String hex(byte[] bytes) {
            return HexFormat.of().formatHex(ReportDesk.digest(bytes));
        }

        private void show(ReportDesk desk, BusinessDay day) {
            ReportDesk.Made made =
                    issued(
                                    desk,
                                    day,
                                    edition == null ? OptionalInt.empty() : OptionalInt.of(edition))
                            .orElseThrow(
                                    () ->
                                            new CommandException(
                                                    ExitCode.BAD_INPUT,
                                                    "report: %s of %s (expected: a day of `tallystick report list`, or `tallystick report run --day %s`)"
                                                            .formatted(
                                                                    edition == null
                                                                            ? "none issued"
                                                                            : "no edition "
                                                                                    + edition,
                                                                    date,
                                                                    date)));
            if (format == DayFormat.TEXT && out.isEmpty()) {
                write(new DayText(Styles.ofStdout()).render(made.report()));
                return;
            }
            format.render(desk.document(made)).forEach(this::write);
        }

        /// One of the files of a format.
        private void write(String name, byte[] content) {
            if (out.isEmpty()) {
                text(common, new String(content, UTF_8));
            } else if (format.isOneFile()) {
                OutputFile.write(out.get(), content);
            } else {
                OutputFile.write(out.get().resolve(name.substring(name.indexOf('/') + 1)), content);
            }
        }

        private void write(String content) {
            if (out.isPresent()) {
                OutputFile.write(out.get(), content.getBytes(UTF_8));
            } else {
                text(common, content);
            }
        }
    }
}
