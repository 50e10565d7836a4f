package tallystick.ops.cli;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.MatchAlternative;
import tallystick.kafka.TopicAdmin;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.ledger.decision.Draft;
import tallystick.ops.config.DurationText;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionBook;
import tallystick.reconcile.DecisionDesk;

/// What people can decide about a mismatch. Each writes one decision and waits for the ledger.
final class MismatchDecisions {
    private MismatchDecisions() {}

    /// Nothing would ever apply a decision about a replay's ledger.
    static void requireLive(Settings settings) {
        if (LedgerView.isReplay(settings)) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "ledger: in %s is a replay's (expected: one that `tallystick run` keeps, as it applies decisions)"
                            .formatted(settings.data().directory()));
        }
    }

    /// What became of what a person decided, as the end of a sentence about it.
    ///
    /// @param isShared whether anything runs that applies it
    /// @param wait how long was waited for it
    static String effect(DecisionDesk.Answer answer, boolean isShared, String wait) {
        if (answer.sequence().isPresent()) {
            return "took effect at ledger sequence %d".formatted(answer.sequence().getAsLong());
        }
        return isShared
                ? "is written, and was not applied within %s; `tallystick run` applies it"
                        .formatted(wait)
                : "is written; nothing runs on this ledger now, and the next `tallystick run` applies it";
    }

    /// What all of them understand.
    abstract static class Deciding implements Callable<Integer> {
        @ParentCommand private @Nullable MismatchCommand parent;

        @Mixin private final PersonOptions who = new PersonOptions();

        @Option(
                names = "--wait",
                paramLabel = "TIME",
                description = "how long to wait until it has taken effect (default: 30s)")
        private String wait = "30s";

        /// The decision about what is open now.
        abstract Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft);

        /// Refuses what refers to a decision that is not among those about this mismatch.
        void requireDecision(List<Decision> decisions) {}

        @Override
        public Integer call() throws InterruptedException {
            MismatchCommand command = requireNonNull(parent);
            Settings settings = LedgerView.settings(command.common());
            requireLive(settings);
            LedgerReading reading =
                    LedgerView.with(
                            settings, (ledger, _) -> ledger.read(LedgerView.asOf(settings)));
            Mismatch mismatch = command.only(reading);
            try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class))) {
                String person = who.signIn(workplace.database());
                new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
                try (var ledger = Ledger.connect(workplace)) {
                    requireDecision(new DecisionBook(ledger.dataSource()).about(mismatch.id()));
                    DecisionDesk desk =
                            new DecisionDesk(
                                    ledger.dataSource(),
                                    workplace.kafka(),
                                    workplace.topics(),
                                    settings.ledger().name());
                    Decision decision =
                            decide(
                                    reading,
                                    mismatch,
                                    new Draft(
                                            UUID.randomUUID().toString(),
                                            mismatch.id(),
                                            mismatch.amountMsat(),
                                            person,
                                            InstantSource.system().instant(),
                                            desk.ruleVersion()));
                    submit(desk, command, decision, mismatch, workplace.isShared());
                }
            } catch (IllegalArgumentException e) {
                throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
            }
            return ExitCode.OK;
        }

        private void submit(
                DecisionDesk desk,
                MismatchCommand command,
                Decision decision,
                Mismatch mismatch,
                boolean isShared)
                throws InterruptedException {
            DecisionDesk.Answer answer =
                    desk.submit(
                            decision,
                            mismatch.reference(),
                            mismatch.node(),
                            isShared ? DurationText.parse(wait) : Duration.ZERO);
            String effect = effect(answer, isShared, wait);
            if (answer.sequence().isPresent()) {
                effect += "; the mismatch is " + answer.state().toLowerCase(java.util.Locale.ROOT);
            }
            command.common().out().printf("decision %s %s%n", decision.id(), effect);
            if (decision.adjustmentMsat() != 0) {
                command.common()
                        .out()
                        .printf(
                                "It moves %d msat to %s once another person approves: tallystick mismatch %s approve %s%n",
                                decision.adjustmentMsat(),
                                decision.account(),
                                mismatch.id(),
                                decision.id());
            }
            command.common().out().flush();
        }
    }

    @Command(
            name = "resolve",
            mixinStandardHelpOptions = true,
            description = {
                "Settles it, with a reason. What it leaves on clearing goes to an account, once another person approves."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick mismatch ca0f5515 resolve --reason \"refunded on 3 March\"",
                "  ./tallystick mismatch ord-00044 resolve --reason \"lost\" --account losses"
            })
    static final class Resolve extends Deciding {
        @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "why")
        private String reason = "";

        @Option(
                names = "--account",
                paramLabel = "NAME",
                description = "the business's account that takes what is left on clearing")
        private String account = "";

        @Option(
                names = "--adjust",
                paramLabel = "MSAT",
                description =
                        "how much is moved, signed as nodes less books (default: all that is left)")
        private @Nullable Long adjust;

        @Override
        Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft) {
            Long given = adjust;
            long adjustment = given == null ? mismatch.residueMsat() : given;
            if (adjustment != 0 && account.isBlank()) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--account: none (expected: the account that takes the %d msat left on clearing)"
                                .formatted(adjustment));
            }
            return adjustment == 0
                    ? draft.resolve(reason)
                    : draft.adjust(reason, adjustment, account);
        }
    }

    @Command(
            name = "ignore",
            mixinStandardHelpOptions = true,
            description = "Sets it aside until a day. It stays on clearing, and comes back then.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick mismatch ca0f5515 ignore --until 2026-12-31 \\",
                "      --reason \"the bank looks into it\""
            })
    static final class Ignore extends Deciding {
        @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "why")
        private String reason = "";

        /// No time of ours lies later.
        private static final LocalDate UNTIL_MAX = LocalDate.of(2159, 12, 31);

        @Option(
                names = "--until",
                paramLabel = "DAY",
                required = true,
                description = "the day on which it comes back, in UTC")
        private LocalDate until = LocalDate.EPOCH;

        @Override
        Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft) {
            if (until.isAfter(UNTIL_MAX)) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--until: %s (expected: a day to come, at most %s)"
                                .formatted(until, UNTIL_MAX));
            }
            Instant end = until.atStartOfDay(java.time.ZoneOffset.UTC).toInstant();
            if (!end.isAfter(draft.at())) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--until: %s (expected: a day to come)".formatted(until));
            }
            return draft.ignore(reason, end);
        }
    }

    @Command(
            name = "approve",
            mixinStandardHelpOptions = true,
            description = "Approves a decision that moves money. Not for the person who made it.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick mismatch ca0f5515 approve 7e57b2f1-... --login bob")
    static final class Approve extends Deciding {
        @Parameters(paramLabel = "DECISION", description = "its id")
        private String approves = "";

        @Override
        void requireDecision(List<Decision> decisions) {
            boolean isThere =
                    decisions.stream()
                            .anyMatch(
                                    one -> one.kind() == Kind.RESOLVE && one.id().equals(approves));
            if (!isThere) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "decision: %s (expected: one to resolve this mismatch that has been applied; `tallystick mismatch ID` shows them)"
                                .formatted(approves));
            }
        }

        @Override
        Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft) {
            return draft.approve(approves);
        }
    }

    @Command(
            name = "confirm",
            mixinStandardHelpOptions = true,
            description = {
                "Confirms what an entry without a reference is about: one of the alternatives that the mismatch shows."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick mismatch entry:shop/e7 confirm 2")
    static final class Confirm extends Deciding {
        @Parameters(paramLabel = "N", description = "number of the alternative, from 1")
        private int number;

        @Override
        Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft) {
            return MatchAlternative.of(mismatch.nodeHalf()).stream()
                    .filter(one -> one.number() == number)
                    .findFirst()
                    .map(one -> draft.confirm(one.name()))
                    .orElseThrow(
                            () ->
                                    new CommandException(
                                            ExitCode.BAD_INPUT,
                                            "alternative: %d (expected: one of those that `tallystick mismatch %s` shows)"
                                                    .formatted(number, mismatch.reference())));
        }
    }

    @Command(
            name = "comment",
            mixinStandardHelpOptions = true,
            description = "Says something about it, for all who read it. Changes nothing.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick mismatch ca0f5515 comment \"the shop was asked\"")
    static final class Comment extends Deciding {
        @Parameters(paramLabel = "TEXT", description = "what is said")
        private String text = "";

        @Override
        Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft) {
            return draft.comment(text);
        }
    }

    @Command(
            name = "assign",
            mixinStandardHelpOptions = true,
            description = "Says who looks after it. Changes nothing else.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick mismatch ca0f5515 assign anna")
    static final class Assign extends Deciding {
        @Parameters(paramLabel = "PERSON", description = "who looks after it from now on")
        private String assignee = "";

        @Override
        Decision decide(LedgerReading reading, Mismatch mismatch, Draft draft) {
            return draft.assign(assignee);
        }
    }
}
