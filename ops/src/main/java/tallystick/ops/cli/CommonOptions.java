package tallystick.ops.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tallystick.ops.config.Settings;
import tallystick.ops.config.SettingsReader;

/// What every command that works with a ledger understands.
final class CommonOptions {
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

    @Option(names = "--verbose", description = "show the log on the terminal, and errors in full")
    private boolean verbose;

    /// Reads the settings and turns the log to the data directory's file.
    Settings settings() {
        Settings settings = read().settings();
        LogFile.open(settings.data().directory(), verbose);
        return settings;
    }

    /// The same on another data directory than the one that is set.
    Settings settings(Path directory) {
        Map<String, String> all = flags();
        all.put("data.directory", directory.toString());
        Settings settings = read(all).settings();
        LogFile.open(settings.data().directory(), verbose);
        return settings;
    }

    SettingsReader.Read read() {
        return read(flags());
    }

    private SettingsReader.Read read(Map<String, String> given) {
        return new SettingsReader(System.getenv(), Path.of(""))
                .read(Optional.ofNullable(config), given);
    }

    boolean verbose() {
        return verbose;
    }

    Optional<Path> data() {
        return Optional.ofNullable(data);
    }

    private Map<String, String> flags() {
        Map<String, String> all = new HashMap<>(flags);
        data().ifPresent(directory -> all.put("data.directory", directory.toString()));
        return all;
    }
}
