package tallystick.ops.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tallystick.ops.embedded.FreePorts;
import tallystick.simulator.node.SimulatedNode;

/// `tallystick ingest run` in a process of its own. One thread.
final class IngestorProcess implements AutoCloseable {
    private static final String MAIN = "tallystick.ops.cli.Main";
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final Pattern HISTOGRAM_TOTAL =
            Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)\\s*$");
    private static final Pattern RESIDENT_PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
    private static final int BYTES_PER_KIB = 1024;

    private final Process process;
    private final Path home;
    private final URI metrics;
    private final HttpClient http = HttpClient.newHttpClient();

    private IngestorProcess(Process process, Path home, URI metrics) {
        this.process = process;
        this.home = home;
        this.metrics = metrics;
    }

    /// @param home where its data directory is, and what it says
    /// @param prefix of its topics
    static IngestorProcess start(
            BenchPlan plan,
            Path home,
            String bootstrapServers,
            String prefix,
            List<SimulatedNode> nodes)
            throws IOException {
        int port = FreePorts.take(1).getFirst();
        Files.createDirectories(home);
        Path settings = home.resolve("tallystick.properties");
        Files.writeString(settings, settings(home, bootstrapServers, prefix, nodes, port));
        List<String> command = new ArrayList<>();
        command.add(java("java"));
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-XX:+UseSerialGC");
        command.add("-Xmx" + plan.heap());
        command.addAll(plan.options());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
        command.addAll(List.of("ingest", "run", "--config", settings.toString()));
        Process started =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(said(home).toFile()))
                        .start();
        return new IngestorProcess(
                started, home, URI.create("http://127.0.0.1:%d/metrics".formatted(port)));
    }

    private static String settings(
            Path home,
            String bootstrapServers,
            String prefix,
            List<SimulatedNode> nodes,
            int port) {
        var text = new StringBuilder();
        text.append("data.directory=%s%n".formatted(home.resolve("data")));
        text.append("kafka.bootstrap-servers=%s%n".formatted(bootstrapServers));
        text.append("kafka.topic-prefix=%s%n".formatted(prefix));
        text.append("metrics.address=127.0.0.1:%d%n".formatted(port));
        for (SimulatedNode node : nodes) {
            String key = "nodes." + node.alias();
            text.append("%s.address=%s:%d%n".formatted(key, node.host(), node.port()));
            text.append("%s.tls-certificate=%s%n".formatted(key, node.tlsCertificate()));
            text.append("%s.macaroon=%s%n".formatted(key, node.macaroon()));
            text.append("%s.network=%s%n".formatted(key, node.network()));
        }
        return text.toString();
    }

    private static Path said(Path home) {
        return home.resolve("said.txt");
    }

    private static String java(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    /// Empty while it does not answer.
    Optional<Scrape> scrape() throws IOException, InterruptedException {
        if (!process.isAlive()) {
            throw new BenchException(
                    "ingestor: ended with %d (expected: it runs); it said: %s"
                            .formatted(process.exitValue(), Files.readString(said(home)).strip()));
        }
        try {
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(metrics).timeout(ANSWER_LIMIT).build(),
                            HttpResponse.BodyHandlers.ofString());
            return Optional.of(new Scrape(answer.body()));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /// Processor time so far.
    Duration cpu() {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() -> new BenchException("processor time: not told by this system"));
    }

    /// Most memory that it ever had, all in all. Empty where there is no `/proc`.
    Optional<Long> residentPeak() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.exists(status)) {
            return Optional.empty();
        }
        Matcher peak = RESIDENT_PEAK.matcher(Files.readString(status));
        return peak.find()
                ? Optional.of(Long.parseLong(peak.group(1)) * BYTES_PER_KIB)
                : Optional.empty();
    }

    /// Bytes of heap that are in use after a complete collection.
    long liveHeap() throws IOException, InterruptedException {
        Process histogram =
                new ProcessBuilder(java("jcmd"), Long.toString(process.pid()), "GC.class_histogram")
                        .redirectErrorStream(true)
                        .start();
        String said = new String(histogram.getInputStream().readAllBytes(), UTF_8);
        histogram.waitFor();
        Matcher total = HISTOGRAM_TOTAL.matcher(said);
        if (!total.find()) {
            throw new BenchException(
                    "jcmd: %s (expected: a histogram of the heap)".formatted(said.strip()));
        }
        return Long.parseLong(total.group(1));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
