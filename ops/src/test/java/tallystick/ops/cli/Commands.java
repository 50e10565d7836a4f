package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Runs commands as people do, but in this process.
final class Commands {
    private Commands() {}

    /// Runs one on a data directory to its good end, and returns what it printed.
    static String run(Path data, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", data.toString()));
        var out = new StringWriter();
        var err = new StringWriter();
        int exitCode =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(all.toArray(String[]::new));
        assertThat(exitCode).as("%s: %s %s", all, out, err).isEqualTo(ExitCode.OK);
        return out.toString();
    }
}
