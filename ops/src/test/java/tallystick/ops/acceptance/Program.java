package tallystick.ops.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tallystick.ops.cli.Main;

/// The program, run as a process of its own like a user's, and as the leader of a process group of its own.
public final class Program {
    /// A replay takes some fifteen seconds on a machine that does nothing else, on a busy one minutes.
    private static final Duration LIMIT = Duration.ofMinutes(6);

    /// Where the build has put all jars of the program.
    private static final Path BUILD = Path.of("target").toAbsolutePath();

    private final Process process;
    private final Path said;

    private Program(Process process, Path said) {
        this.process = process;
        this.said = said;
    }

    /// @param exitCode of the process
    /// @param said all that it wrote to stdout and stderr
    public record Ended(int exitCode, String said) {}

    /// @param workDirectory where it runs, and where what it says is kept
    public static Program start(Path workDirectory, List<String> arguments) throws IOException {
        Files.createDirectories(workDirectory);
        List<String> command = new ArrayList<>();
        command.add("setsid");
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-Xmx1g");
        // The first replay to end leaves its loaded classes to the others; other commands load few.
        if (arguments.getFirst().equals("replay")) {
            command.add("-XX:+AutoCreateSharedArchive");
        }
        command.add("-XX:SharedArchiveFile=" + BUILD.resolve("acceptance.jsa"));
        command.add("-Xlog:disable");
        command.add("-cp");
        command.add(BUILD.resolve("app") + "/*");
        command.add(Main.class.getName());
        command.addAll(arguments);
        Path said = Files.createTempFile(workDirectory, "said-", ".txt");
        var builder =
                new ProcessBuilder(command)
                        .directory(workDirectory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("TALLYSTICK_"));
        builder.environment().put("XDG_CACHE_HOME", Home.cache().toString());
        return new Program(builder.start(), said);
    }

    static Ended run(Path workDirectory, List<String> arguments)
            throws IOException, InterruptedException {
        return start(workDirectory, arguments).await();
    }

    public Ended await() throws IOException, InterruptedException {
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(
                    "the program still runs after %s; it said:%n%s".formatted(LIMIT, said()));
        }
        return new Ended(process.exitValue(), said());
    }

    /// As Ctrl-C does.
    public Ended stop() throws IOException, InterruptedException {
        process.destroy();
        return await();
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    public void killAlone() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    void killWithGroup() throws IOException, InterruptedException {
        killGroup(process.pid());
        process.waitFor();
    }

    static void killGroup(long leader) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-9", "--", "-" + leader).inheritIO().start().waitFor();
    }

    /// So far.
    public String said() throws IOException {
        return Files.readString(said, UTF_8);
    }
}
