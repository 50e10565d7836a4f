package tallystick.ops.cli;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tallystick.ops.config.Settings;
import tallystick.ops.config.SettingsReader;

/// What every command that works with a ledger understands.
final class CommonOptions {
    private static final String DATA_DIRECTORY = "data.directory";

    /// What settings say of services that are not embedded. An empty value is as good as none.
    private static final Map<String, String> EMBEDDED =
            Map.of("kafka.bootstrap-servers", "", "kafka.replication", "1", "database.url", "");

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "settings, as key=value (default: tallystick.properties, here or in the data directory)")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "one setting; may be repeated; wins over file and environment")
    private Map<String, String> flags = new LinkedHashMap<>();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data directory; short for --set data.directory=DIR")
    private @Nullable Path data;

    @Option(
            names = "--verbose",
            description = "show the whole log on the terminal, and errors in full")
    private boolean verbose;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /// Where data goes.
    PrintWriter out() {
        return requireNonNull(command).commandLine().getOut();
    }

    /// Reads the settings, and from here on writes the log to the data directory.
    Settings settings() {
        return settingsIn(Optional.empty());
    }

    /// The same with another data directory than the settings name.
    Settings settingsIn(Optional<Path> directory) {
        return opened(read(directory, Map.of()).settings());
    }

    /// The same with embedded services, whatever the settings name.
    Settings embeddedSettingsIn(Path directory) {
        return opened(read(Optional.of(directory), EMBEDDED).settings());
    }

    /// Settings of a ledger that is nobody's, with embedded services: files and the environment, which speak of somebody's, do
    /// not count.
    ///
    /// @param own what holds unless it is set on the command line
    Settings separateSettingsIn(Path directory, Map<String, String> own) {
        if (config != null) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--config: %s (expected: none here, as a ledger of its own is made)"
                            .formatted(config));
        }
        Map<String, String> all = new HashMap<>(own);
        all.putAll(flags);
        all.put(DATA_DIRECTORY, directory.toString());
        all.putAll(EMBEDDED);
        return opened(
                new SettingsReader(Map.of(), directory).read(Optional.empty(), all).settings());
    }

    private Settings opened(Settings settings) {
        LogFile.open(settings.data().directory(), verbose);
        return settings;
    }

    /// Only reads: nothing is made.
    SettingsReader.Read read() {
        return read(Optional.empty(), Map.of());
    }

    private SettingsReader.Read read(Optional<Path> directory, Map<String, String> forced) {
        Map<String, String> all = new HashMap<>(flags);
        directory.or(this::data).ifPresent(path -> all.put(DATA_DIRECTORY, path.toString()));
        all.putAll(forced);
        return new SettingsReader(System.getenv(), Path.of(""))
                .read(Optional.ofNullable(config), all);
    }

    /// As given on the command line.
    Optional<Path> data() {
        return Optional.ofNullable(data);
    }
}
