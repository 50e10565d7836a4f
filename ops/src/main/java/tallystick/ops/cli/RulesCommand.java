package tallystick.ops.cli;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.RuleBook;
import tallystick.reconcile.RuleReplay;
import tallystick.reconcile.RuleReplay.Difference;
import tallystick.reconcile.RuleReplay.Effect;
import tallystick.report.figures.Amounts;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;
import tools.jackson.databind.PropertyNamingStrategies;
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
    private static RuleBook book(Ledger ledger) {
        return new RuleBook(new Transactions(ledger.dataSource()));
    }

    @Command(
            name = "keys",
            mixinStandardHelpOptions = true,
            description = {
                "Lists what a rules file may say, with defaults.",
                "Any of it may be said for a code, a node, an account: [code.CODE.][node.PUBKEY.][account.NAME.]KEY=VALUE. The most specific wins: account, node, code, all."
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
                    LedgerView.with(
                                    LedgerView.settings(common),
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
            LedgerView.with(LedgerView.settings(common), (ledger, _) -> book(ledger).activations())
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
                "Shows what other rules would have decided otherwise, before they hold.",
                "Decides what became known in the last days again, item by item, under the rules that hold and under the others. Changes nothing."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick rules diff stricter.properties --days 7",
                "  ./tallystick rules diff 1 --days 30 --json"
            })
    static final class Diff implements Callable<Integer> {
        private static final int DAYS = 7;
        private static final int DAYS_MAX = 3_660;
        private static final List<Column> COLUMNS =
                List.of(
                        Column.text("Code"),
                        Column.text("Effect"),
                        Column.number("Mismatches"),
                        Column.number("Amount, sat"));

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
            Settings settings = LedgerView.settings(common);
            RuleReplay.Result result =
                    LedgerView.with(settings, (ledger, work) -> diff(settings, ledger, work));
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

        private static String text(RuleReplay.Result result) {
            TextPage page = new TextPage(Styles.ofStdout());
            page.say(
                    "%d items decided again, %d mismatches otherwise"
                            .formatted(result.items(), result.differences().size()));
            Map<String, Map<Effect, List<Difference>>> byCode =
                    result.differences().stream()
                            .collect(
                                    Collectors.groupingBy(
                                            Difference::code,
                                            TreeMap::new,
                                            Collectors.groupingBy(
                                                    Difference::effect,
                                                    TreeMap::new,
                                                    Collectors.toList())));
            if (byCode.isEmpty()) {
                return page.toString();
            }
            TextTable table = new TextTable(Styles.ofStdout(), COLUMNS);
            byCode.forEach(
                    (code, byEffect) ->
                            byEffect.forEach(
                                    (effect, some) -> table.row(cells(code, effect, some))));
            return page.table(table).toString();
        }

        private static Cell[] cells(String code, Effect effect, List<Difference> some) {
            BigInteger msat =
                    some.stream()
                            .map(one -> BigInteger.valueOf(one.amountMsat()))
                            .reduce(BigInteger.ZERO, BigInteger::add);
            return new Cell[] {
                Cell.of(code),
                Cell.of(effect.name().toLowerCase(Locale.ROOT)),
                Cell.of(Amounts.count(some.size())),
                Cell.of(Amounts.TERMINAL.sat(msat)),
            };
        }

        private static String json(RuleReplay.Result result) {
            return JsonMapper.builder()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                            .build()
                            .writeValueAsString(result)
                    + System.lineSeparator();
        }
    }
}
