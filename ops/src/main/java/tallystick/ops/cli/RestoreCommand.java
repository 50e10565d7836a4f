package tallystick.ops.cli;

import java.time.InstantSource;
import java.util.EnumSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.Restoration;
import tallystick.reconcile.Restoration.Check;
import tallystick.reconcile.Restoration.Redo;

@Command(
        name = "restore",
        description = "After the database came back from a backup.",
        mixinStandardHelpOptions = true,
        subcommands = {RestoreCommand.Checking.class, RestoreCommand.GoOn.class})
final class RestoreCommand extends CommandGroup {
    private static Restoration restoration(Settings settings, Workplace workplace, Ledger ledger) {
        return new Restoration(
                ledger.dataSource(),
                workplace.kafka(),
                workplace.topics(),
                settings.ledger().name());
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Compares the ledger with what Kafka has and what Kafka was told, and says what will be redone. Changes nothing.",
                "Exit code 3 when the ledger is behind what Kafka was told: it was restored, and `restore go-on` is needed."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick restore check")
    static final class Checking implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = LedgerView.settings(common);
            try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class));
                    var ledger = Ledger.connect(workplace)) {
                Check check = restoration(settings, workplace, ledger).check();
                print(check);
                return check.isRestored() ? ExitCode.MISMATCHES : ExitCode.OK;
            }
        }

        private void print(Check check) {
            common.out().printf("The ledger ends at sequence    %,d%n", check.ledgerSequence());
            common.out().printf("Kafka was told up to sequence  %,d%n", check.publishedSequence());
            for (Redo redo : check.redo()) {
                if (redo.records() > 0) {
                    common.out().printf("To be applied of %s: %,d%n", redo.topic(), redo.records());
                }
            }
            common.out()
                    .println(
                            check.isRestored()
                                    ? "The ledger was restored: what it lost is applied again, and told only where it differs. Next: ./tallystick restore go-on"
                                    : "Nothing was lost: `tallystick run` goes on where it was.");
            common.out().flush();
        }
    }

    @Command(
            name = "go-on",
            mixinStandardHelpOptions = true,
            description = {
                "Notes that the ledger was restored, so that `run` starts again. Nothing may run on it.",
                "Sequence numbers go on behind those that Kafka was told of. What was lost is applied again by the next `run`; while it is, nothing is published."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick restore go-on")
    static final class GoOn implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = common.settings();
            try (var workplace = Workplace.own(settings);
                    var ledger = Ledger.prepare(workplace)) {
                long sequence =
                        restoration(settings, workplace, ledger)
                                .goOn(InstantSource.system().instant());
                common.out()
                        .printf("Noted at ledger sequence %,d. Next: ./tallystick run%n", sequence);
                common.out().flush();
                return ExitCode.OK;
            }
        }
    }
}
