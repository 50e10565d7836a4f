package tallystick.ops.cli;

import java.util.concurrent.Callable;
import javax.sql.DataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tallystick.db.Transactions;
import tallystick.db.seal.Head;
import tallystick.db.write.BatchRepository;
import tallystick.ops.config.Settings;

@Command(
        name = "head",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the ledger's newest head, to be kept where nobody who can change the database can change it.",
            "`verify --head` holds the ledger against it."
        },
        footerHeading = "%nExamples:%n",
        footer = "  ./tallystick head >> heads.jsonl")
final class HeadCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = LedgerView.settings(common);
        Head head = LedgerView.with(settings, (ledger, _) -> newest(ledger.dataSource()));
        common.out().println(HeadFile.line(settings.ledger().name(), head));
        common.out().flush();
        return ExitCode.OK;
    }

    /// @throws CommandException before the first batch
    static Head newest(DataSource dataSource) {
        return new Transactions(dataSource)
                .read(connection -> new BatchRepository().newest(connection))
                .orElseThrow(
                        () ->
                                new CommandException(
                                        ExitCode.BAD_INPUT,
                                        "ledger: no batch yet (expected: one)"));
    }
}
