package tallystick.ops.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a command writes to where its user said.
final class OutputFile {
    private OutputFile() {}

    /// Folders on the way are made, which is said.
    ///
    /// @throws CommandException when it cannot be written there
    static void write(Path file, byte[] content) {
        try {
            makeFolder(file);
            Files.write(file, content);
        } catch (IOException e) {
            throw notWritten(file);
        }
    }

    /// Makes the folders on the way to a file, and says so: a name may be misspelt.
    static void makeFolder(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            System.err.printf("tallystick: folder made: %s%n", folder);
        }
    }

    static CommandException notWritten(Path file) {
        return new CommandException(
                ExitCode.BAD_INPUT,
                "--out: %s %s (expected: a file in a folder that we may write to)"
                        .formatted(
                                file, Files.isDirectory(file) ? "is a folder" : "is not written"));
    }
}
