package tallystick.ops.embedded;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;
import tallystick.db.DatabaseSettings;

/// Where the embedded services of a data directory are, as long as they run. A file tells it to other commands.
///
/// @param bootstrapServers of the broker, if it runs
/// @param database if it runs
public record ServiceAddresses(Optional<String> bootstrapServers, Optional<Database> database) {
    private static final String FILE = "services.properties";

    /// @param passwordFile holds the password
    public record Database(String url, String user, Path passwordFile) {
        /// For connections as its owner.
        public DatabaseSettings settings() {
            return new DatabaseSettings(url, user, password());
        }

        public String password() {
            try {
                return Files.readString(passwordFile).strip();
            } catch (IOException e) {
                throw new EmbeddedException(
                        "embedded Postgres: %s: %s (expected: a file that can be read)"
                                .formatted(passwordFile, e),
                        e);
            }
        }
    }

    /// What another program that runs on this directory has told, if anything.
    public static Optional<ServiceAddresses> readFrom(Path data) {
        try {
            var properties = new Properties();
            properties.load(new StringReader(Files.readString(data.resolve(FILE))));
            return Optional.of(
                    new ServiceAddresses(
                            Optional.ofNullable(properties.getProperty("kafka")),
                            Optional.ofNullable(properties.getProperty("database.url"))
                                    .map(
                                            url ->
                                                    new Database(
                                                            url,
                                                            properties.getProperty("database.user"),
                                                            Path.of(
                                                                    properties.getProperty(
                                                                            "database.password-file"))))));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void writeTo(Path data) {
        var text = new StringBuilder();
        bootstrapServers.ifPresent(servers -> line(text, "kafka", servers));
        database.ifPresent(
                found -> {
                    line(text, "database.url", found.url());
                    line(text, "database.user", found.user());
                    line(text, "database.password-file", found.passwordFile().toString());
                });
        try {
            Path unfinished = data.resolve(FILE + ".new");
            Files.writeString(unfinished, text);
            Files.move(unfinished, data.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void removeFrom(Path data) {
        try {
            Files.deleteIfExists(data.resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(key).append('=').append(value.replace("\\", "\\\\")).append('\n');
    }
}
