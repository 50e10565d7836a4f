package tallystick.ops.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Listed here for the help; the launcher does it, since it builds the program first.
@Command(
        name = "test",
        mixinStandardHelpOptions = true,
        description = {
            "Builds with every check on and runs every test, in the foreground.",
            "What follows is handed to Maven. The launcher does this: ./tallystick test With --containers it runs the whole pipeline on Kafka and PostgreSQL 15 in containers instead. That needs a Docker daemon, and builds the images here.",
            "With --journals hledger, beancount and the schema of camt.053 check the journals of every recording instead. That needs hledger, and Python with pip."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:every test passed",
            " 1:a check or a test failed",
            "69:tests did not run, since something is not there: a JDK, Maven, a Docker daemon, hledger"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick test",
            "  ./tallystick test -pl ops -am",
            "  ./tallystick test --containers",
            "  ./tallystick test --journals"
        })
final class TestCommand implements Callable<Integer> {
    @Option(names = "--containers", description = "the tests against containers, and no others")
    private boolean containers;

    @Option(
            names = "--journals",
            description = "the tests of journals with other programs, and no others")
    private boolean journals;

    @Parameters(arity = "0..*", paramLabel = "ARGUMENT", description = "for Maven")
    private List<String> arguments = List.of();

    @Override
    public Integer call() {
        throw new CommandException(
                ExitCode.BAD_INPUT,
                "test: %s%s (expected: a call through the launcher, ./tallystick test)"
                        .formatted(
                                containers ? "--containers " : journals ? "--journals " : "",
                                arguments));
    }
}
