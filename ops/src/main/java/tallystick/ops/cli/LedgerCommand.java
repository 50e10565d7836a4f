package tallystick.ops.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.Database;
import tallystick.db.Migrator;
import tallystick.db.Role;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.LedgerOpening;

@Command(
        name = "ledger",
        description = "The ledger itself.",
        mixinStandardHelpOptions = true,
        subcommands = LedgerCommand.Open.class)
final class LedgerCommand extends CommandGroup {
    @Command(
            name = "open",
            mixinStandardHelpOptions = true,
            description = {
                "Fixes the moment from which the ledger counts, before it begins.",
                "For nodes that have a past which the books do not hold. What happened before is not asked of the books; each channel and each wallet begins with what its node says of it. It can be done once, before the first `run`."
            },
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick ledger open --at 2026-12-01T00:00:00Z")
    static final class Open implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--at",
                paramLabel = "TIME",
                required = true,
                description =
                        "the moment, in whole seconds; the beginning of a business day is best")
        private Instant at = Instant.EPOCH;

        @Override
        public Integer call() throws Exception {
            requireWholeSeconds("--at", at);
            var settings = common.settings();
            return Signals.closingInOrder(
                    () -> {
                        try (var workplace =
                                Workplace.share(settings, EnumSet.of(Service.POSTGRES))) {
                            try (var owned = Database.connect(workplace.database())) {
                                new Migrator(owned.dataSource()).migrate();
                            }
                            try (var database =
                                    Database.connect(workplace.database(), Role.WRITER)) {
                                boolean isNew = LedgerOpening.fix(database.dataSource(), at);
                                common.out()
                                        .printf(
                                                "ledger %s counts from %s%s%n",
                                                settings.ledger().name(),
                                                at,
                                                isNew ? "" : ", as before");
                                common.out().flush();
                            }
                        }
                        return ExitCode.OK;
                    });
        }
    }

    static void requireWholeSeconds(String option, Instant moment) {
        if (!moment.equals(moment.truncatedTo(ChronoUnit.SECONDS))) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "%s: %s (expected: whole seconds, as nodes tell settlements by the second)"
                            .formatted(option, moment));
        }
    }
}
