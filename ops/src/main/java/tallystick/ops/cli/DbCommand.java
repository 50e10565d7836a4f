package tallystick.ops.cli;

import java.util.EnumSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.Database;
import tallystick.db.Migrator;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Workplace;

@Command(
        name = "db",
        description = "The ledger's database.",
        mixinStandardHelpOptions = true,
        subcommands = DbCommand.Migrate.class)
final class DbCommand extends CommandGroup {
    @Command(
            name = "migrate",
            mixinStandardHelpOptions = true,
            description = "Brings the schema to this version's state; only ever forward.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick db migrate --print      the SQL that would be run",
                "  ./tallystick db migrate \\",
                "      --set database.url=jdbc:postgresql://db:5432/tallystick"
            })
    static final class Migrate implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(names = "--print", description = "only print the SQL that would be run")
        private boolean print;

        @Override
        public Integer call() throws Exception {
            if (print && LedgerView.isEmpty(common.read().settings())) {
                common.out().print(Migrator.printAll());
                common.out().flush();
                return ExitCode.OK;
            }
            var settings = common.settings();
            return Signals.closingInOrder(
                    () -> {
                        try (var workplace =
                                        Workplace.share(settings, EnumSet.of(Service.POSTGRES));
                                var database = Database.connect(workplace.database())) {
                            var migrator = new Migrator(database.dataSource());
                            if (print) {
                                common.out().print(migrator.print());
                            } else {
                                common.out().printf("%d migrations run%n", migrator.migrate());
                            }
                            common.out().flush();
                        }
                        return ExitCode.OK;
                    });
        }
    }
}
