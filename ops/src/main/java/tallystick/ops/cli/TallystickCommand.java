package tallystick.ops.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "tallystick",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Holds what Lightning nodes did against what the books say,",
            "and reports every difference until it is explained."
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ReplayCommand.class,
            TopicsCommand.class,
            ConfigCommand.class,
            TestCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:done",
            " 2:wrong use, or input that cannot be read",
            " 3:mismatches are open (only with --fail-on-mismatch)",
            "69:a node, broker, database or program that is needed is not there",
            "70:an error of the program itself",
            "78:the configuration is not usable"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick demo                     a recorded business day, from nodes to report",
            "  ./tallystick mismatches               what is open, worst first",
            "  ./tallystick COMMAND --help           more of any command",
        })
final class TallystickCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }
}
