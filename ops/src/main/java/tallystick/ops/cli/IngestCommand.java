package tallystick.ops.cli;

import java.util.EnumSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.IngestRun;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.Reconciler;

@Command(
        name = "ingest",
        description = "What is read from the nodes.",
        mixinStandardHelpOptions = true,
        subcommands = {IngestCommand.Run.class, IngestCommand.Resync.class})
final class IngestCommand extends CommandGroup {
    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = {
                "Follows the configured nodes and publishes what they say, until it is stopped.",
                "Nothing else: needs no database, takes no book entries and reconciles nothing. Of one node, only one process publishes: a second one takes it over, and the first one stops following it."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick ingest run --config shop.properties")
    static final class Run implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws Exception {
            Settings settings = common.settings();
            RunCommand.requireNodes(settings);
            return Signals.closingInOrder(
                    () -> {
                        try (var workplace = Workplace.share(settings, EnumSet.of(Service.KAFKA));
                                var run = IngestRun.start(workplace)) {
                            run.untilStopped(
                                    inWords -> System.err.println("tallystick: " + inWords));
                        }
                        return ExitCode.OK;
                    });
        }
    }

    @Command(
            name = "resync",
            mixinStandardHelpOptions = true,
            description = {
                "Lets everything be read from the nodes, published and applied again; nothing that is right changes.",
                "The way out when Kafka lost records, was replaced, or was set back. Stop `tallystick run` first. Books that Kafka has lost are imported again with `tallystick books import`."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick ingest resync && ./tallystick run")
    static final class Resync implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws Exception {
            var settings = common.settings();
            return Signals.closingInOrder(
                    () -> {
                        try (var workplace = Workplace.own(settings);
                                var ledger = Ledger.prepare(workplace)) {
                            new TopicAdmin(workplace.kafka(), workplace.topics())
                                    .makeAnew(Topic.INGEST_STATE);
                            int positions = Reconciler.resync(ledger.dataSource());
                            common.out()
                                    .printf(
                                            "cursors of all nodes and %d positions forgotten; the next start reads everything again%n",
                                            positions);
                            common.out().flush();
                        }
                        return ExitCode.OK;
                    });
        }
    }
}
