package tallystick.serve.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A real browser without a window. Used by one thread.
public final class Chromium implements AutoCloseable {
    /// JUnit's tag of tests that need one.
    public static final String TAG = "chromium";

    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome");

    private static final String NONE =
            "Chromium: none (expected: chromium on PATH, or its path in TALLYSTICK_CHROMIUM). Tests in a real browser did NOT run.";

    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final Duration END_MAX = Duration.ofSeconds(10);

    private final Process process;
    private final Path profile;
    private final DevTools devTools;

    private Chromium(Process process, Path profile, DevTools devTools) {
        this.process = process;
        this.profile = profile;
        this.devTools = devTools;
    }

    /// Where there is none, says that the test did not run, and skips it.
    public static Chromium start() throws IOException, InterruptedException {
        Optional<Path> program = find();
        if (program.isEmpty()) {
            System.err.println(NONE);
        }
        assumeTrue(program.isPresent(), NONE);
        Path profile = Files.createTempDirectory("tallystick-chromium");
        List<String> command = new ArrayList<>();
        command.add(program.orElseThrow().toString());
        command.add("--headless");
        command.add("--remote-debugging-port=0");
        command.add("--user-data-dir=" + profile);
        command.add("--no-first-run");
        command.add("--disable-gpu");
        command.add("--disable-dev-shm-usage");
        command.add("--disable-extensions");
        command.add("--disable-background-networking");
        command.add("--disable-component-update");
        command.add("--disable-sync");
        command.add("--hide-scrollbars");
        if (System.getProperty("user.name").equals("root")) {
            command.add("--no-sandbox"); // root has none
        }
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(profile.resolve("said.txt").toFile())
                        .start();
        return new Chromium(process, profile, new DevTools(address(process, profile)));
    }

    private static Optional<Path> find() {
        String named = System.getenv("TALLYSTICK_CHROMIUM");
        Stream<Path> places =
                named != null
                        ? Stream.of(Path.of(named))
                        : NAMES.stream()
                                .flatMap(
                                        name ->
                                                Pattern.compile(File.pathSeparator)
                                                        .splitAsStream(System.getenv("PATH"))
                                                        .map(folder -> Path.of(folder, name)));
        return places.filter(Files::isExecutable).findFirst();
    }

    /// It writes its address into its profile once it listens.
    private static URI address(Process process, Path profile)
            throws IOException, InterruptedException {
        Path file = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + START_MAX.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            if (lines.size() == 2) {
                return URI.create("ws://127.0.0.1:" + lines.getFirst() + lines.getLast());
            }
            process.waitFor(50, TimeUnit.MILLISECONDS);
        }
        process.destroyForcibly();
        throw new AssertionError(
                "Chromium has not started; it said: "
                        + Files.readString(profile.resolve("said.txt")));
    }

    /// A window of somebody new, who has no cookies.
    ///
    /// @param url of the server, without a path
    public ChromiumPage page(String url) throws InterruptedException {
        String context =
                devTools.ask("", "Target.createBrowserContext", Map.of())
                        .path("browserContextId")
                        .asString();
        String target =
                devTools.ask(
                                "",
                                "Target.createTarget",
                                Map.of("url", "about:blank", "browserContextId", context))
                        .path("targetId")
                        .asString();
        String session =
                devTools.ask(
                                "",
                                "Target.attachToTarget",
                                Map.of("targetId", target, "flatten", true))
                        .path("sessionId")
                        .asString();
        return new ChromiumPage(devTools, session, url);
    }

    @Override
    public void close() {
        try {
            devTools.ask("", "Browser.close", Map.of());
            process.waitFor(END_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly().onExit().join();
            devTools.close();
            deleteProfile();
        }
    }

    /// As far as its last helpers, which end a moment later, let it be deleted.
    private void deleteProfile() {
        try (Stream<Path> tree = Files.walk(profile)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException _) {
            // What is left lies among temporary files.
        }
    }
}
