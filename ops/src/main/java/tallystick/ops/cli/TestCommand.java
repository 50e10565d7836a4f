package tallystick.ops.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Listed here for the help; the launcher does it, since it builds the program first.
@Command(
        name = "test",
        mixinStandardHelpOptions = true,
        description = {
            "Builds with every check on and runs every test, in the foreground.",
            "What follows is handed to Maven. The launcher does this: ./tallystick test"
        },
        footerHeading = "%nExamples:%n",
        footer = {"  ./tallystick test", "  ./tallystick test -pl ops -am"})
final class TestCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "ARGUMENT", description = "for Maven")
    private List<String> arguments = List.of();

    @Override
    public Integer call() {
        throw new CommandException(
                ExitCode.BAD_INPUT,
                "test: %s (expected: a call through the launcher, ./tallystick test)"
                        .formatted(arguments));
    }
}
