package tallystick.ops.cli;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A command that only holds others.
abstract class CommandGroup implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var command = requireNonNull(spec).commandLine();
        throw new ParameterException(
                command,
                "%s: no command given (expected: one of %s)"
                        .formatted(
                                command.getCommandSpec().qualifiedName(),
                                String.join(", ", command.getSubcommands().keySet())));
    }
}
