package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tallystick.ops.embedded.DataDirectory;
import tallystick.ops.embedded.EmbeddedServices;
import tallystick.ops.embedded.ServiceAddresses;

/// A data directory of the program, looked into from outside.
record Home(Path data) {
    /// Work on a connection to the ledger's database.
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /// Starts the database of a directory that no program runs on, and stops it again.
    <T> T withDatabase(Work<T> work) throws SQLException, InterruptedException {
        try (var taken = DataDirectory.take(data);
                var services =
                        EmbeddedServices.start(
                                taken, cache(), EnumSet.of(EmbeddedServices.Service.POSTGRES));
                var connection = connect(services.addresses())) {
            return work.on(connection);
        }
    }

    /// The ledger as it is, after a look at whether it is sound.
    LedgerState state() throws SQLException, InterruptedException {
        return withDatabase(
                connection -> {
                    Identity.requireHolds(connection);
                    return LedgerState.read(connection);
                });
    }

    /// Connects to the database that a running program (or one that was killed) has told of. Empty while it has not.
    Optional<Connection> connectToRunning() throws SQLException {
        Optional<ServiceAddresses> addresses = ServiceAddresses.readFrom(data);
        return addresses.isEmpty() ? Optional.empty() : Optional.of(connect(addresses.get()));
    }

    /// What the program wrote to its log.
    String log() throws IOException {
        return Files.readString(data.resolve("logs").resolve("tallystick.log"));
    }

    /// The process id of the database server, if one has left it.
    Optional<Long> serverPid() throws IOException {
        Path file = data.resolve("postgres").resolve("data").resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        return Files.readAllLines(file).stream()
                .findFirst()
                .map(line -> Long.parseLong(line.strip()));
    }

    /// A copy of a directory that no program runs on, with the rights of every file, which Postgres minds.
    Home copyTo(Path target) throws IOException, InterruptedException {
        var copy = new ProcessBuilder("cp", "-a", data.toString(), target.toString());
        assertThat(copy.inheritIO().start().waitFor()).isZero();
        return new Home(target);
    }

    /// Throws away all that Kafka holds, and how far the recording was played.
    void forgetKafkaAndPlace() throws IOException {
        delete(data.resolve("kafka"));
        Files.delete(data.resolve("replay").resolve("place"));
    }

    void delete() throws IOException {
        delete(data);
    }

    private static void delete(Path root) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> tree = Files.walk(root)) {
            deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.delete(path);
        }
    }

    private static Connection connect(ServiceAddresses addresses) throws SQLException {
        ServiceAddresses.Database database = addresses.database().orElseThrow();
        return DriverManager.getConnection(database.url(), database.user(), database.password());
    }

    /// Where Postgres' programs are unpacked for the tests.
    static Path cache() {
        return Path.of("target", "cache").toAbsolutePath();
    }
}
