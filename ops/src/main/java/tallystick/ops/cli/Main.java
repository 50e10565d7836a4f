package tallystick.ops.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.UnmatchedArgumentException;

/// Where the program starts.
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /// What is written is the same wherever it is written: no locale's digits or separators.
    static int run(String... arguments) {
        Locale.setDefault(Locale.ROOT);
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        var commandLine = new CommandLine(new TallystickCommand());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.registerConverter(
                Instant.class,
                text -> parsed(text, Instant::parse, "a time such as 2026-11-23T00:10:00Z"));
        commandLine.registerConverter(
                LocalDate.class,
                text -> parsed(text, LocalDate::parse, "a day such as 2026-12-31"));
        commandLine.setParameterExceptionHandler(Main::badUse);
        commandLine.setExecutionExceptionHandler(new Failures());
        return commandLine;
    }

    private static <T> T parsed(String text, Function<String, T> parser, String expected) {
        try {
            return parser.apply(text);
        } catch (DateTimeParseException e) {
            throw new CommandLine.TypeConversionException(
                    "%s (expected: %s)".formatted(text, expected));
        }
    }

    private static int badUse(CommandLine.ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("tallystick: " + exception.getMessage());
        Optional<String> misplaced = misplaced(exception);
        misplaced.ifPresent(err::println);
        if (misplaced.isEmpty() && !UnmatchedArgumentException.printSuggestions(exception, err)) {
            err.printf("Try: ./%s --help%n", command.getCommandSpec().qualifiedName());
        }
        err.flush();
        return ExitCode.BAD_INPUT;
    }

    /// An option of the command before: that stands before this command's name.
    private static Optional<String> misplaced(CommandLine.ParameterException exception) {
        CommandLine command = exception.getCommandLine();
        CommandLine parent = command.getParent();
        if (parent == null || !(exception instanceof UnmatchedArgumentException unmatched)) {
            return Optional.empty();
        }
        return unmatched.getUnmatched().stream()
                .map(word -> word.replaceFirst("=.*", ""))
                .filter(word -> parent.getCommandSpec().findOption(word) != null)
                .findFirst()
                .map(
                        option ->
                                "%s belongs to `%s`: it comes before `%s`"
                                        .formatted(
                                                option,
                                                parent.getCommandSpec().qualifiedName(),
                                                command.getCommandName()));
    }
}
