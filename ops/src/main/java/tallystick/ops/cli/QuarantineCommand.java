package tallystick.ops.cli;

import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.Transactions;
import tallystick.db.write.QuarantineRepository.Redriven;
import tallystick.db.write.QuarantineRepository.Waiting;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.Quarantine;
import tallystick.reconcile.RuleBook;

@Command(
        name = "quarantine",
        description = "Records that could not be applied.",
        mixinStandardHelpOptions = true,
        subcommands = {QuarantineCommand.Listing.class, QuarantineCommand.Redrive.class})
final class QuarantineCommand extends CommandGroup {
    private static Quarantine quarantine(Settings settings, Workplace workplace, Ledger ledger) {
        return new Quarantine(
                ledger.dataSource(),
                workplace.topics(),
                new RuleBook(new Transactions(ledger.dataSource()))
                        .active()
                        .orElseGet(() -> Resolved.rules(settings)));
    }

    private static String place(tallystick.db.write.EvidenceRepository.Quarantined record) {
        return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the records that wait, with the reason.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick quarantine list")
    static final class Listing implements Callable<Integer> {
        private static final int LIMIT = 100;

        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--limit",
                paramLabel = "N",
                description = "records shown (default: " + LIMIT + ")")
        private int limit = LIMIT;

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = LedgerView.settings(common);
            List<Waiting> waiting =
                    LedgerView.with(
                            settings,
                            (ledger, workplace) ->
                                    quarantine(settings, workplace, ledger)
                                            .waiting(Math.max(1, limit)));
            for (Waiting one : waiting) {
                common.out()
                        .printf(
                                "%s  since %s, tried again %d times: %s%n",
                                place(one.record()),
                                one.since(),
                                one.tried(),
                                one.record().reason());
            }
            common.out().printf("%d waiting%n", waiting.size());
            common.out().flush();
            return ExitCode.OK;
        }
    }

    @Command(
            name = "redrive",
            mixinStandardHelpOptions = true,
            description = {
                "Applies the stored bytes of all records that wait again: after an update that understands them.",
                "What is refused again stays. `--dry-run` only counts."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick quarantine redrive --dry-run",
                "  ./tallystick quarantine redrive"
            })
    static final class Redrive implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(names = "--dry-run", description = "changes nothing")
        private boolean dryRun;

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = LedgerView.settings(common);
            if (dryRun) {
                common.out()
                        .printf(
                                "%d would be tried again%n",
                                LedgerView.with(settings, this::count));
            } else {
                redrive(settings);
            }
            common.out().flush();
            return ExitCode.OK;
        }

        private int count(Ledger ledger, Workplace workplace) {
            return quarantine(workplace.settings(), workplace, ledger)
                    .waiting(Integer.MAX_VALUE)
                    .size();
        }

        private void redrive(Settings settings) throws InterruptedException {
            try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class));
                    var ledger = Ledger.prepare(workplace)) {
                print(
                        quarantine(settings, workplace, ledger)
                                .redrive(InstantSource.system().instant()));
            }
        }

        private void print(List<Redriven> redriven) {
            List<Redriven> refused = redriven.stream().filter(one -> one.reason() != null).toList();
            refused.forEach(
                    one ->
                            common.out()
                                    .printf(
                                            "%s  refused again: %s%n",
                                            place(one.record()), one.reason()));
            common.out()
                    .printf(
                            "%d applied, %d refused again%n",
                            redriven.size() - refused.size(), refused.size());
        }
    }
}
