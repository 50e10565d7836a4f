package tallystick.ops.cli;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.ingest.books.BooksImport;
import tallystick.kafka.TopicAdmin;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Workplace;

@Command(
        name = "books",
        description = "The business's own accounting.",
        mixinStandardHelpOptions = true,
        subcommands = BooksCommand.Import.class)
final class BooksCommand extends CommandGroup {
    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = {
                "Imports a CSV file of book entries: the whole file, or nothing of it.",
                "Importing a file again changes nothing. A running `tallystick run` applies it at once, otherwise the next one does."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick books import november.csv --source erp",
                "  ./tallystick books import shop.csv --source shop \\",
                "      --set kafka.bootstrap-servers=broker:9092"
            })
    static final class Import implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(paramLabel = "FILE", description = "CSV, UTF-8, with a header line")
        private Path file = Path.of("");

        @Option(
                names = "--source",
                paramLabel = "NAME",
                required = true,
                description = "the system the entries come from; their ids are unique in it")
        private String source = "";

        @Override
        public Integer call() throws Exception {
            BooksImport.check(file, source);
            var settings = common.settings();
            return Signals.closingInOrder(
                    () -> {
                        try (var workplace = Workplace.share(settings, EnumSet.of(Service.KAFKA))) {
                            new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
                            var books =
                                    new BooksImport(
                                            workplace.kafka(),
                                            workplace.topics(),
                                            InstantSource.system());
                            int entries = books.importFile(file, source).entries();
                            common.out()
                                    .printf(
                                            "%d %s of %s imported; a `tallystick run` applies them%n",
                                            entries, entries == 1 ? "entry" : "entries", source);
                            common.out().flush();
                        }
                        return ExitCode.OK;
                    });
        }
    }
}
