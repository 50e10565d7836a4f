package tallystick.ops.cli;

import picocli.CommandLine.Command;

@Command(
        name = "tallystick",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Holds what Lightning nodes did against what the books say, and reports every difference until it is explained.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            ServeCommand.class,
            UsersCommand.class,
            MismatchesCommand.class,
            MismatchCommand.class,
            ReportCommand.class,
            JournalCommand.class,
            PackCommand.class,
            ProveCommand.class,
            VerifyCommand.class,
            HeadCommand.class,
            ChannelsCommand.class,
            PaymentCommand.class,
            RulesCommand.class,
            QuarantineCommand.class,
            EvidenceCommand.class,
            ArchiveCommand.class,
            BooksCommand.class,
            ReplayCommand.class,
            TopicsCommand.class,
            LedgerCommand.class,
            RestoreCommand.class,
            DbCommand.class,
            NodeCommand.class,
            IngestCommand.class,
            ConfigCommand.class,
            BenchCommand.class,
            TestCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:done",
            " 2:wrong use, or input that cannot be read",
            " 3:mismatches are open (only with --fail-on-mismatch); of prove, something does not foot; of verify, something was changed; of pack --check, a file is not as packed; of bench, a figure misses its limit",
            "69:a node, broker, database or program that is needed is not there",
            "70:an error of the program itself",
            "78:the configuration is not usable",
            "130:stopped by Ctrl-C"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick demo                     a recorded day, from nodes to report",
            "  ./tallystick mismatches               what is open, worst first",
            "  ./tallystick COMMAND --help           more of any command",
        })
final class TallystickCommand extends CommandGroup {}
