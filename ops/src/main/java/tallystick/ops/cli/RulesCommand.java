package tallystick.ops.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.db.Transactions;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.RuleSetting;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.RuleBook;
import tallystick.reconcile.RuleReplay;
import tallystick.reconcile.RuleReplay.Difference;
import tallystick.reconcile.RuleReplay.Effect;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

@Command(
        name = "rules",
        description = "The rules that decide what is a mismatch, and since when which ones held.",
        mixinStandardHelpOptions = true,
        subcommands = {
            RulesCommand.Keys.class,
            RulesCommand.Show.class,
            RulesCommand.Versions.class,
            RulesCommand.Diff.class
        })
final class RulesCommand extends CommandGroup {
    /// What a command does with a ledger that it only reads.
    private interface Reading<T> {
        T read(Ledger ledger, Workplace workplace);
    }

    private static <T> T reading(Settings settings, Reading<T> reading)
            throws InterruptedException {
        try (var workplace = Workplace.share(settings, EnumSet.of(Service.POSTGRES));
                var ledger = Ledger.connect(workplace)) {
            return reading.read(ledger, workplace);
        }
    }

    private static RuleBook book(Ledger ledger) {
        return new RuleBook(new Transactions(ledger.dataSource()));
    }

    @Command(
            name = "keys",
            mixinStandardHelpOptions = true,
            description = {
                "Lists what a rules file may say, with defaults. Any of it may be said for a code, a node, an account:",
                "[code.CODE.][node.PUBKEY.][account.NAME.]KEY=VALUE. The most specific wins: account, node, code, all."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick rules keys > rules.properties")
    static final class Keys implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            for (RuleSetting setting : RuleSetting.values()) {
                common.out().printf("# %s%n", setting.meaning());
                common.out().printf("%s=%s%n", setting.key(), setting.defaultText());
            }
            common.out().flush();
            return ExitCode.OK;
        }
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Prints the rules of a version, or those that hold.",
            footerHeading = "%nExamples:%n",
            footer = {"  ./tallystick rules show", "  ./tallystick rules show 2"})
    static final class Show implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(
                paramLabel = "VERSION",
                arity = "0..1",
                description = "as `rules list` shows it")
        private @Nullable Integer version;

        @Override
        public Integer call() throws InterruptedException {
            Integer wanted = version;
            RuleSet rules =
                    reading(
                                    common.settings(),
                                    (ledger, _) ->
                                            wanted == null
                                                    ? book(ledger).active()
                                                    : book(ledger).version(wanted))
                            .orElseThrow(
                                    () ->
                                            new CommandException(
                                                    ExitCode.BAD_INPUT,
                                                    "rules: none of version %s (expected: one that `tallystick rules list` shows)"
                                                            .formatted(wanted)));
            common.out().printf("# version %d%n%s", rules.version(), rules.text());
            common.out().flush();
            return ExitCode.OK;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists from which ledger sequence on which version held.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick rules list")
    static final class Versions implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws InterruptedException {
            reading(common.settings(), (ledger, _) -> book(ledger).activations())
                    .forEach(
                            one ->
                                    common.out()
                                            .printf(
                                                    "version %d from sequence %d, %s%n",
                                                    one.version(), one.sequence(), one.at()));
            common.out().flush();
            return ExitCode.OK;
        }
    }

    @Command(
            name = "diff",
            mixinStandardHelpOptions = true,
            description = {
                "Shows what other rules would have decided otherwise, before they hold. Decides what became known in",
                "the last days again, item by item, under the rules that hold and under the others. Changes nothing."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick rules diff stricter.properties --days 7",
                "  ./tallystick rules diff 1 --days 30 --json"
            })
    static final class Diff implements Callable<Integer> {
        private static final int DAYS = 7;
        private static final int DAYS_MAX = 3_660;

        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(paramLabel = "NEW", description = "a rules file, or a version")
        private String other = "";

        @Option(
                names = "--days",
                paramLabel = "N",
                description = "days to look back (default: " + DAYS + ")")
        private int days = DAYS;

        @Option(names = "--json", description = "for programs: every difference, msat")
        private boolean json;

        @Override
        public Integer call() throws InterruptedException {
            if (days < 1 || days > DAYS_MAX) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--days: %d (expected: 1 to %d)".formatted(days, DAYS_MAX));
            }
            Settings settings = common.settings();
            RuleReplay.Result result =
                    reading(settings, (ledger, work) -> diff(settings, ledger, work));
            common.out().print(json ? json(result) : text(result));
            common.out().flush();
            return ExitCode.OK;
        }

        private RuleReplay.Result diff(Settings settings, Ledger ledger, Workplace workplace) {
            RuleBook book = book(ledger);
            RuleSet present = book.active().orElseGet(() -> Resolved.rules(settings));
            Instant now = LedgerView.asOf(settings);
            return new RuleReplay(ledger.dataSource(), workplace.topics())
                    .diff(present, wanted(settings, book), now.minus(Duration.ofDays(days)), now);
        }

        private RuleSet wanted(Settings settings, RuleBook book) {
            if (Files.isRegularFile(Path.of(other))) {
                return Resolved.rules(settings, Optional.of(Path.of(other)));
            }
            return Optional.of(other)
                    .filter(text -> text.matches("\\d{1,6}"))
                    .flatMap(text -> book.version(Integer.parseInt(text)))
                    .orElseThrow(
                            () ->
                                    new CommandException(
                                            ExitCode.BAD_INPUT,
                                            "rules: %s (expected: a rules file, or a version that `tallystick rules list` shows)"
                                                    .formatted(other)));
        }

        private String text(RuleReplay.Result result) {
            StringBuilder text = new StringBuilder(512);
            text.append(
                    "%d items decided again, %d mismatches otherwise%n"
                            .formatted(result.items(), result.differences().size()));
            Map<String, List<Difference>> byCode = new TreeMap<>();
            result.differences()
                    .forEach(
                            one ->
                                    byCode.computeIfAbsent(one.code(), _ -> new ArrayList<>())
                                            .add(one));
            if (!byCode.isEmpty()) {
                text.append(
                        "%-30s %9s %18s %9s %18s %9s %18s%n"
                                .formatted(
                                        "Code",
                                        "Opens",
                                        "sat",
                                        "Vanishes",
                                        "sat",
                                        "Changes",
                                        "sat"));
            }
            byCode.forEach(
                    (code, some) ->
                            text.append(
                                    "%-30s %s %s %s%n"
                                            .formatted(
                                                    code,
                                                    counted(some, Effect.OPENS),
                                                    counted(some, Effect.VANISHES),
                                                    counted(some, Effect.CHANGES))));
            return text.toString();
        }

        private static String counted(List<Difference> some, Effect effect) {
            List<Difference> such = some.stream().filter(one -> one.effect() == effect).toList();
            long msat = such.stream().mapToLong(Difference::amountMsat).reduce(0, Math::addExact);
            return "%9d %,14d.%03d".formatted(such.size(), msat / 1_000, msat % 1_000);
        }

        private static String json(RuleReplay.Result result) {
            return JsonMapper.builder()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .build()
                            .writeValueAsString(result)
                    + System.lineSeparator();
        }
    }
}
