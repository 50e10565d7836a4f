package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class BenchCommandIT {
    @TempDir Path directory;

    @Test
    void aBenchmarkThatFailsLeavesNothing() {
        var err = new StringWriter();
        int exitCode =
                Main.commandLine()
                        .setErr(new PrintWriter(err, true))
                        .execute(
                                "bench",
                                "ingest",
                                "--data",
                                directory.resolve("data").toString(),
                                "--parts=OPEN",
                                "--ingestor-option=-XX:NoSuchOption");

        assertThat(exitCode).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(err.toString()).contains("tallystick: ingestor: ended with 1", "NoSuchOption");
        assertThat(directory.resolve("data").resolve("bench")).doesNotExist();
    }
}
