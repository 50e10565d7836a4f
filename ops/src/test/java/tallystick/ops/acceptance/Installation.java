package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// One ledger on services that are not ours: a database and topics of its own, and a user who may make roles but is no
/// superuser, as the guide asks for.
///
/// @param name of the database and the user
record Installation(Containers containers, Path directory, String name) {
    private static final String PASSWORD = "only known to the test";

    static Installation make(Containers containers, Path directory, String name)
            throws SQLException, IOException {
        try (var connection = containers.connectAsSuperuser();
                var statement = connection.createStatement()) {
            statement.execute(
                    "CREATE ROLE %s LOGIN CREATEROLE PASSWORD '%s'".formatted(name, PASSWORD));
            statement.execute("CREATE DATABASE %1$s OWNER %1$s".formatted(name));
        }
        var installation = new Installation(containers, directory, name);
        Files.writeString(installation.passwordFile(), PASSWORD + "\n");
        return installation;
    }

    /// What tells the program where everything is.
    List<String> settings() {
        return Stream.of(
                        "kafka.bootstrap-servers=" + containers.bootstrapServers(),
                        "kafka.topic-prefix=" + name,
                        "database.url=" + containers.databaseUrl(name),
                        "database.user=" + name,
                        "database.password-file=" + passwordFile())
                .flatMap(setting -> Stream.of("--set", setting))
                .toList();
    }

    /// Runs a command to its good end and returns what it said.
    String run(String... command) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("--data", directory.resolve("data").toString()));
        arguments.addAll(settings());
        Program.Ended ended = Program.run(directory, arguments);
        assertThat(ended.exitCode()).as(ended.said()).isZero();
        return ended.said();
    }

    /// Replays with the data directory of that name.
    Path replay(MerchantDay day, String data, String out) throws IOException, InterruptedException {
        Path written = directory.resolve(out);
        Program.Ended ended =
                day.start(directory, new Home(directory.resolve(data)), written, settings())
                        .await();
        assertThat(ended.exitCode()).as(ended.said()).isZero();
        return written;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(containers.databaseUrl(name), name, PASSWORD);
    }

    /// The ledger as it is, after a look at whether it is sound.
    LedgerState state() throws SQLException {
        try (Connection connection = connect()) {
            Identity.requireHolds(connection);
            return LedgerState.read(connection);
        }
    }

    private Path passwordFile() {
        return directory.resolve("password");
    }
}
