package tallystick.ops.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.kafka.TopicAdmin;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Draft;
import tallystick.ledger.decision.Signing;
import tallystick.ops.config.DurationText;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionDesk;
import tallystick.report.day.DayText;
import tallystick.report.day.ReportDesk;
import tallystick.report.day.SignableReport;

/// What people do with a report that was issued: sign it, and restate its day.
final class ReportSigning {
    private ReportSigning() {}

    /// What both signatures understand.
    abstract static class Signature implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Mixin private final PersonOptions who = new PersonOptions();

        @Parameters(paramLabel = "DAY", description = "for example 2026-11-22")
        private LocalDate date = LocalDate.EPOCH;

        @Option(names = "--comment", paramLabel = "TEXT", description = "stands with the signature")
        private String comment = "";

        @Option(
                names = "--wait",
                paramLabel = "TIME",
                description = "how long to wait until it has taken effect (default: 30s)")
        private String wait = "30s";

        abstract Decision given(SignableReport report, Draft draft, String comment);

        /// What follows from it, as a sentence.
        abstract String next(LocalDate date);

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = LedgerView.settings(common);
            MismatchDecisions.requireLive(settings);
            try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class))) {
                String person = who.signIn(workplace.database());
                new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
                try (var ledger = Ledger.connect(workplace)) {
                    SignableReport report =
                            SignableReport.of(
                                    report(settings, ledger.reports()),
                                    ledger.reports().signings(date));
                    DecisionDesk desk =
                            new DecisionDesk(
                                    ledger.dataSource(),
                                    workplace.kafka(),
                                    workplace.topics(),
                                    settings.ledger().name());
                    Draft draft =
                            new Draft(
                                    UUID.randomUUID().toString(),
                                    Signing.subject(date),
                                    0,
                                    person,
                                    InstantSource.system().instant(),
                                    desk.ruleVersion());
                    DecisionDesk.Answer answer =
                            desk.submit(
                                    given(report, draft, comment),
                                    Signing.reference(date),
                                    "",
                                    workplace.isShared()
                                            ? DurationText.parse(wait)
                                            : Duration.ZERO);
                    String effect = MismatchDecisions.effect(answer, workplace.isShared(), wait);
                    ReportCommand.text(
                            common, "The signature %s.%n%s%n".formatted(effect, next(date)));
                }
            } catch (IllegalArgumentException e) {
                throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
            }
            return ExitCode.OK;
        }

        private ReportDesk.Made report(Settings settings, ReportDesk desk) {
            return ReportCommand.issued(
                            desk, ReportCommand.day(settings, date), OptionalInt.empty())
                    .orElseThrow(
                            () ->
                                    new CommandException(
                                            ExitCode.BAD_INPUT,
                                            "report: none issued of %s (expected: a day of `tallystick report list`)"
                                                    .formatted(date)));
        }
    }

    @Command(
            name = "sign",
            mixinStandardHelpOptions = true,
            description = {
                "Signs the report of a day as whoever prepared it. The day stays open until another person countersigns."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick report sign 2026-11-22",
                "  ./tallystick report sign 2026-11-22 --login ann --comment \"complete\""
            })
    static final class Sign extends Signature {
        @Override
        Decision given(SignableReport report, Draft draft, String comment) {
            return report.prepare(draft, comment);
        }

        @Override
        String next(LocalDate date) {
            return "Another person closes the day: tallystick report countersign %s --login NAME"
                    .formatted(date);
        }
    }

    @Command(
            name = "countersign",
            mixinStandardHelpOptions = true,
            description = {
                "Signs the report of a day, which another person has prepared, as whoever reviewed it, and closes the day.",
                "What is booked into a closed day is a mismatch, POSTED_INTO_CLOSED_DAY."
            },
            footerHeading = "%nExamples:%n",
            footer =
                    "  ./tallystick report countersign 2026-11-22 --login bob --comment \"compared\"")
    static final class Countersign extends Signature {
        @Override
        Decision given(SignableReport report, Draft draft, String comment) {
            return report.countersign(draft, comment);
        }

        @Override
        String next(LocalDate date) {
            return "It closes the day.";
        }
    }

    @Command(
            name = "restate",
            mixinStandardHelpOptions = true,
            description = {
                "Issues the report of a day once more, from all that is known now. The one before stays, and is named.",
                "Without it, what became known later is told by the next day's report as of a prior period."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick report restate 2026-11-22 --reason \"the shop's late file\"")
    static final class Restate implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(paramLabel = "DAY", description = "for example 2026-11-22")
        private LocalDate date = LocalDate.EPOCH;

        @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "why")
        private String reason = "";

        @Override
        public Integer call() throws InterruptedException {
            if (reason.isBlank()) {
                throw new CommandException(
                        ExitCode.BAD_INPUT, "--reason: empty (expected: why the day is restated)");
            }
            Settings settings = LedgerView.settings(common);
            Instant now = LedgerView.asOf(settings);
            ReportDesk.Made made =
                    LedgerView.with(
                            settings,
                            (_, workplace) -> {
                                try (var ledger = Ledger.write(workplace)) {
                                    return ledger.reports()
                                            .restate(
                                                    ReportCommand.day(settings, date),
                                                    reason.strip(),
                                                    now);
                                } catch (IllegalArgumentException e) {
                                    throw new CommandException(
                                            ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
                                }
                            });
            ReportCommand.text(common, new DayText(Styles.ofStdout()).render(made.report()));
            return ExitCode.OK;
        }
    }
}
