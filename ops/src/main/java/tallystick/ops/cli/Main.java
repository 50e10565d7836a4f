package tallystick.ops.cli;

import java.io.PrintWriter;
import picocli.CommandLine;

/// Where the program starts.
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        var commandLine = new CommandLine(new TallystickCommand());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setParameterExceptionHandler(Main::badUse);
        commandLine.setExecutionExceptionHandler(new Failures());
        return commandLine;
    }

    private static int badUse(CommandLine.ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("tallystick: " + exception.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(exception, err)) {
            err.printf("Try: ./%s --help%n", command.getCommandSpec().qualifiedName());
        }
        err.flush();
        return ExitCode.BAD_INPUT;
    }
}
