package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One Postgres on 127.0.0.1 with its data in a directory that only this user can enter, and a password that was drawn at
/// random when it was made: other users of the machine reach the port, and no further.
///
/// The server runs apart from this program's process group, so that Ctrl-C reaches us first and it is stopped in order. The
/// price: when this program dies of a sudden, the server stays. The next start on the same data finds and stops it.
///
/// One thread.
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);

    private static final String NAME = "tallystick";

    /// A first start on a busy machine takes some seconds; after this long something is wrong.
    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    /// A fast shutdown ends all sessions and writes a checkpoint.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    /// Beyond its own limit a command gets this long before it is killed.
    private static final Duration COMMAND_MARGIN = Duration.ofSeconds(10);

    /// A port may be taken between the choice and the start; twice in a row is no accident.
    private static final int START_ATTEMPTS = 2;

    private static final int PASSWORD_BYTES = 24;

    private static final int LOG_LINES_SHOWN = 8;

    /// Durability is on: a commit must survive whatever dies. The rest keeps the server small.
    private static final List<String> SETTINGS =
            List.of(
                    "listen_addresses=127.0.0.1",
                    "unix_socket_directories=",
                    "fsync=on",
                    "synchronous_commit=on",
                    "full_page_writes=on",
                    "max_connections=60",
                    "shared_buffers=96MB",
                    "max_wal_size=512MB",
                    "jit=off",
                    "timezone=UTC",
                    "log_timezone=UTC");

    private final Path programs;
    private final Path home;
    private final Path log;
    private final List<String> settings;
    private int port;

    private EmbeddedPostgres(Path programs, Path home, Path log, List<String> settings) {
        this.programs = programs;
        this.home = home;
        this.log = log;
        this.settings = List.copyOf(settings);
    }

    /// Starts the server, after making its data directory if there is none.
    ///
    /// @param home holds the data directory and the password; the caller has it for itself
    /// @param log file that the server and its tools write to
    /// @param cache where the programs are unpacked
    public static EmbeddedPostgres start(Path home, Path log, Path cache)
            throws InterruptedException {
        return start(home, log, cache, List.of());
    }

    /// The same, with settings of the server that replace or join the usual ones.
    ///
    /// @param more each `name=value`
    public static EmbeddedPostgres start(Path home, Path log, Path cache, List<String> more)
            throws InterruptedException {
        List<String> settings = new ArrayList<>(SETTINGS);
        settings.addAll(more);
        var postgres = new EmbeddedPostgres(PostgresPrograms.unpacked(cache), home, log, settings);
        try {
            DataDirectory.makePrivate(home);
            Files.createDirectories(log.getParent());
            postgres.requireUnshareForRoot();
            postgres.initialise();
            postgres.startServer();
            return postgres;
        } catch (IOException e) {
            throw new EmbeddedException("embedded Postgres: %s: %s".formatted(home, e), e);
        }
    }

    /// Stops the server on this data, if one outlived the program that had started it.
    static void stopLeftOver(Path home, Path log, Path cache) throws InterruptedException {
        if (!Files.isDirectory(home.resolve("data"))) {
            return;
        }
        try {
            Files.createDirectories(log.getParent());
            new EmbeddedPostgres(PostgresPrograms.unpacked(cache), home, log, SETTINGS)
                    .stopOrphan();
        } catch (IOException e) {
            throw new EmbeddedException("embedded Postgres: %s: %s".formatted(home, e), e);
        }
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, NAME);
    }

    public String user() {
        return NAME;
    }

    /// Where it is, and who owns it.
    public ServiceAddresses.Database address() {
        return new ServiceAddresses.Database(jdbcUrl(), user(), passwordFile());
    }

    public int port() {
        return port;
    }

    /// The server's process.
    public long pid() throws IOException {
        return Long.parseLong(
                Files.readAllLines(data().resolve("postmaster.pid")).getFirst().strip());
    }

    /// Ends all sessions, writes a checkpoint and stops the server.
    @Override
    public void close() {
        try {
            stopServer();
        } catch (IOException e) {
            throw new EmbeddedException("embedded Postgres: %s: %s".formatted(home, e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException(
                    "embedded Postgres: interrupted while stopping (expected: it stops by itself, or at the next start)",
                    e);
        }
    }

    /// Built beside and renamed when complete: a death half-way leaves nothing that looks like a data directory.
    private void initialise() throws IOException, InterruptedException {
        if (Files.isDirectory(data())) {
            return;
        }
        Path unfinished = home.resolve("data.new");
        Trees.delete(unfinished);
        writePassword();
        var init =
                List.of(
                        "initdb",
                        "--pgdata=" + unfinished,
                        "--username=" + NAME,
                        "--pwfile=" + passwordFile(),
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--no-locale");
        require(run(init, START_LIMIT), "initdb");
        createDatabase(unfinished);
        Files.move(unfinished, data(), StandardCopyOption.ATOMIC_MOVE);
    }

    private void createDatabase(Path unfinished) throws IOException, InterruptedException {
        Path statement = Files.createTempFile(home, "create-", ".sql");
        Files.writeString(statement, "CREATE DATABASE " + NAME + ";\n");
        var single = List.of("postgres", "--single", "-D", unfinished.toString(), "postgres");
        require(run(single, START_LIMIT, statement.toFile()), "CREATE DATABASE");
        Files.delete(statement);
    }

    private void writePassword() throws IOException {
        var bytes = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(bytes);
        Files.deleteIfExists(passwordFile());
        Files.createFile(
                passwordFile(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(passwordFile(), HexFormat.of().formatHex(bytes) + "\n");
    }

    private void startServer() throws IOException, InterruptedException {
        for (int attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
            stopOrphan();
            port = FreePorts.take(1).getFirst();
            if (run(startCommand(), START_LIMIT) == 0) {
                return;
            }
            LOG.atWarn().addKeyValue("attempt", attempt).log("embedded Postgres did not start");
        }
        throw failure("start");
    }

    private List<String> startCommand() {
        var options = new StringBuilder("-p ").append(port);
        settings.forEach(setting -> options.append(" -c ").append(setting));
        return List.of(
                "pg_ctl",
                "start",
                "--pgdata=" + data(),
                "--log=" + log,
                "--wait",
                "--timeout=" + START_LIMIT.toSeconds(),
                "--options=" + options);
    }

    /// A server that outlived the program that had started it. Nobody but us may use this data directory, so whatever
    /// server runs on it is ours to stop.
    private void stopOrphan() throws IOException, InterruptedException {
        Path pidFile = data().resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        String first = Files.readAllLines(pidFile).stream().findFirst().orElse("").strip();
        if (!first.matches("\\d{1,18}")) {
            return;
        }
        long pid = Long.parseLong(first);
        if (isOurServer(pid)) {
            LOG.atWarn()
                    .addKeyValue("pid", pid)
                    .log("an embedded Postgres was left over; stopping it");
            stopServer();
        } else if (ProcessHandle.of(pid).isPresent()) {
            // The number went to a stranger, as after a restart of the machine. Postgres would take
            // it for its own and refuse.
            Files.delete(pidFile);
        }
    }

    private boolean isOurServer(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().commandLine())
                .filter(line -> line.contains("postgres") && line.contains(data().toString()))
                .isPresent();
    }

    private void stopServer() throws IOException, InterruptedException {
        var command =
                List.of(
                        "pg_ctl",
                        "stop",
                        "--pgdata=" + data(),
                        "--mode=fast",
                        "--wait",
                        "--timeout=" + STOP_LIMIT.toSeconds());
        require(run(command, STOP_LIMIT), "stop");
    }

    private int run(List<String> command, Duration limit) throws IOException, InterruptedException {
        return run(command, limit, Path.of("/dev/null").toFile());
    }

    private int run(List<String> command, Duration limit, java.io.File input)
            throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>();
        if (isRoot()) {
            // Postgres refuses to run as root. In a user namespace of its own it runs as nobody,
            // with our files.
            whole.addAll(List.of("unshare", "--user", "--"));
        }
        whole.add(programs.resolve("bin").resolve(command.getFirst()).toString());
        whole.addAll(command.subList(1, command.size()));

        var builder =
                new ProcessBuilder(whole)
                        .directory(home.toFile())
                        .redirectInput(input)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        try {
            if (process.waitFor(limit.plus(COMMAND_MARGIN).toMillis(), TimeUnit.MILLISECONDS)) {
                return process.exitValue();
            }
            throw new EmbeddedException(
                    "embedded Postgres: %s took longer than %d s (see %s)"
                            .formatted(command.getFirst(), limit.toSeconds(), log));
        } finally {
            process.destroyForcibly();
        }
    }

    private void require(int exitCode, String what) throws IOException {
        if (exitCode != 0) {
            throw failure(what);
        }
    }

    private EmbeddedException failure(String what) throws IOException {
        List<String> lines = Files.exists(log) ? Files.readAllLines(log, UTF_8) : List.of();
        List<String> last =
                lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size());
        return new EmbeddedException(
                "embedded Postgres: %s failed on %s; the end of %s:%n  %s"
                        .formatted(what, data(), log, String.join("%n  ".formatted(), last)));
    }

    private void requireUnshareForRoot() throws IOException, InterruptedException {
        if (isRoot() && runUnshare() != 0) {
            throw new EmbeddedException(
                    "embedded Postgres: this is root, and user namespaces are not allowed here (expected: run as an ordinary user, allow `unshare --user`, or name a Postgres with database.url)");
        }
    }

    private int runUnshare() throws IOException, InterruptedException {
        return new ProcessBuilder("unshare", "--user", "--", "true")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start()
                .waitFor();
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private Path data() {
        return home.resolve("data");
    }

    /// Holds the password and nothing else; only this user can read it.
    public Path passwordFile() {
        return home.resolve("password");
    }
}
