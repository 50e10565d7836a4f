package tallystick.ops.config;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.Converter;

/// Reads settings from a file, the environment and flags: the later wins. Finds all errors before it gives up.
public final class SettingsReader {
    private static final String DEFAULT_FILE = "tallystick.properties";

    /// Variables with our prefix that are no settings: they are the launcher's.
    private static final Set<String> LAUNCHER_VARIABLES =
            Set.of("TALLYSTICK_JAVA_HOME", "TALLYSTICK_JAVA_OPTIONS");

    private static final int FILE_ORDINAL = 100;
    private static final int ENVIRONMENT_ORDINAL = 200;
    private static final int FLAGS_ORDINAL = 300;

    private static final Pattern MISSING =
            Pattern.compile(".*SRCFG00014: The config property (\\S+) is required.*");
    private static final Pattern NOT_CONVERTED =
            Pattern.compile(
                    ".*SRCFG00039: The config property (\\S+) with the config value \"(.*)\" threw an Exception whilst being converted (.*)",
                    Pattern.DOTALL);

    private final Map<String, String> environment;
    private final Path workingDirectory;

    /// @param environment of the process
    /// @param workingDirectory where the default file is looked for
    public SettingsReader(Map<String, String> environment, Path workingDirectory) {
        this.environment = Map.copyOf(environment);
        this.workingDirectory = workingDirectory;
    }

    /// What was read, and where each value came from.
    ///
    /// @param values key to value, defaults left out
    /// @param origins key to the source it came from
    public record Read(Settings settings, Map<String, String> values, Map<String, String> origins) {
        public Read {
            values = Map.copyOf(values);
            origins = Map.copyOf(origins);
        }
    }

    /// @param file given by hand; without it the default file is read if there is one
    /// @param flags key to value
    /// @throws ConfigurationException with all errors
    public Read read(Optional<Path> file, Map<String, String> flags) {
        List<String> errors = new ArrayList<>();
        List<Source> sources = new ArrayList<>();
        file.or(() -> defaultFile(flags)).ifPresent(path -> sources.add(fromFile(path, errors)));
        sources.add(fromEnvironment(errors));
        sources.add(new Source("--set", FLAGS_ORDINAL, flags));
        sources.forEach(source -> refuseUnknown(source, errors));

        Map<String, String> values = new TreeMap<>();
        Map<String, String> origins = new TreeMap<>();
        for (Source source : sources) {
            values.putAll(source.values());
            source.values().keySet().forEach(key -> origins.put(key, source.name()));
        }
        Optional<Settings> settings = checked(sources, errors);
        if (!errors.isEmpty() || settings.isEmpty()) {
            throw new ConfigurationException(errors);
        }
        return new Read(settings.get(), values, origins);
    }

    private record Source(String name, int ordinal, Map<String, String> values) {}

    private Optional<Path> defaultFile(Map<String, String> flags) {
        String data =
                Optional.ofNullable(flags.get("data.directory"))
                        .or(
                                () ->
                                        Optional.ofNullable(
                                                environment.get(
                                                        SettingKeys.variable("data.directory"))))
                        .orElse(".tallystick");
        return List.of(
                        workingDirectory.resolve(DEFAULT_FILE),
                        workingDirectory.resolve(data).resolve(DEFAULT_FILE))
                .stream()
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static Source fromFile(Path file, List<String> errors) {
        Map<String, String> values = new HashMap<>();
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
            properties
                    .stringPropertyNames()
                    .forEach(key -> values.put(key, properties.getProperty(key).strip()));
        } catch (IOException | IllegalArgumentException e) {
            errors.add(
                    "configuration file: %s: %s (expected: a readable file of key=value lines in UTF-8)"
                            .formatted(file, Unreadable.reason(e)));
        }
        return new Source(file.toString(), FILE_ORDINAL, values);
    }

    private Source fromEnvironment(List<String> errors) {
        Map<String, String> values = new HashMap<>();
        new TreeMap<>(environment)
                .forEach(
                        (variable, value) -> {
                            if (variable.startsWith("TALLYSTICK_")
                                    && !LAUNCHER_VARIABLES.contains(variable)) {
                                SettingKeys.ofVariable(variable)
                                        .ifPresentOrElse(
                                                key -> values.put(key, value),
                                                () -> errors.add(unknownVariable(variable)));
                            }
                        });
        return new Source("environment", ENVIRONMENT_ORDINAL, values);
    }

    private static String unknownVariable(String variable) {
        String expected =
                SettingKeys.all().keySet().stream()
                        .map(SettingKeys::variable)
                        .filter(known -> known.contains(variable) || variable.contains(known))
                        .findFirst()
                        .map("did you mean %s?"::formatted)
                        .orElse("a setting; `tallystick config` lists them");
        return "environment: %s is no setting (expected: %s)".formatted(variable, expected);
    }

    private static void refuseUnknown(Source source, List<String> errors) {
        for (String key : new TreeMap<>(source.values()).keySet()) {
            if (!SettingKeys.isKnown(key)) {
                String expected =
                        SettingKeys.suggestion(key)
                                .map("did you mean %s?"::formatted)
                                .orElse("a setting; `tallystick config` lists them");
                errors.add(
                        "%s: %s is no setting (expected: %s)"
                                .formatted(source.name(), key, expected));
            }
        }
    }

    /// A value that cannot be read must not hide what is wrong with the others: they are checked as if it had been left out.
    private static Optional<Settings> checked(List<Source> sources, List<String> errors) {
        Unread unread = new Unread(new HashSet<>(), new HashSet<>());
        Optional<Settings> settings =
                map(sources, unread, errors).or(() -> map(sources, unread, new ArrayList<>()));
        List<String> further = new ArrayList<>(errors);
        settings.ifPresent(found -> SettingsCheck.check(found, further));
        further.subList(errors.size(), further.size()).stream()
                .filter(error -> !unread.isAbout(error))
                .forEach(errors::add);
        return settings;
    }

    /// Keys without a value that could be used.
    ///
    /// @param absent those that must have one
    /// @param wrong those whose value is of another kind
    private record Unread(Set<String> absent, Set<String> wrong) {
        private static final int ORDINAL = FLAGS_ORDINAL + 1;

        boolean isAbout(String error) {
            return Stream.concat(absent.stream(), wrong.stream())
                    .anyMatch(key -> error.startsWith(key + ":"));
        }

        /// Something in place of what is absent, so that the rest can be mapped.
        PropertiesConfigSource standIn() {
            Map<String, String> values = new HashMap<>();
            absent.forEach(key -> values.put(key, "-"));
            return new PropertiesConfigSource(values, "absent", ORDINAL);
        }
    }

    private static Optional<Settings> map(
            List<Source> sources, Unread unread, List<String> errors) {
        try {
            var builder = new SmallRyeConfigBuilder();
            converter(builder, Duration.class, DurationText::parse);
            converter(builder, ZoneId.class, SettingsReader::zone);
            converter(builder, Integer.class, text -> (int) wholeNumber(text, Integer.MAX_VALUE));
            converter(builder, Long.class, text -> wholeNumber(text, Long.MAX_VALUE));
            converter(builder, Boolean.class, SettingsReader::isTrue);
            converter(builder, Short.class, text -> (short) wholeNumber(text, Short.MAX_VALUE));
            for (Source source : sources) {
                Map<String, String> known = new HashMap<>(source.values());
                known.keySet()
                        .removeIf(key -> !SettingKeys.isKnown(key) || unread.wrong().contains(key));
                builder.withSources(
                        new PropertiesConfigSource(known, source.name(), source.ordinal()));
            }
            builder.withSources(unread.standIn());
            SmallRyeConfig config = builder.withMapping(Settings.class).build();
            return Optional.of(config.getConfigMapping(Settings.class));
        } catch (ConfigValidationException e) {
            for (int i = 0; i < e.getProblemCount(); i++) {
                errors.add(inOurWords(e.getProblem(i).getMessage(), unread));
            }
            return Optional.empty();
        }
    }

    private static String inOurWords(String message, Unread unread) {
        Matcher missing = MISSING.matcher(message);
        if (missing.matches()) {
            unread.absent().add(missing.group(1));
            return "%s: absent (expected: a value)".formatted(missing.group(1));
        }
        Matcher notConverted = NOT_CONVERTED.matcher(message);
        if (notConverted.matches()) {
            unread.wrong().add(notConverted.group(1));
            return "%s: %s (expected: %s)"
                    .formatted(
                            notConverted.group(1),
                            ShownValue.of(notConverted.group(2)),
                            notConverted.group(3));
        }
        return message;
    }

    /// The message of what the parser throws says what was expected.
    private static <T> void converter(
            SmallRyeConfigBuilder builder, Class<T> type, Function<String, T> parser) {
        int aboveTheBuiltIn = 200;
        Converter<T> converter = text -> parser.apply(text.strip());
        builder.withConverter(type, aboveTheBuiltIn, converter);
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException("a time zone such as UTC or Europe/Berlin", e);
        }
    }

    private static boolean isTrue(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("true or false");
        };
    }

    private static long wholeNumber(String text, long max) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0 && value <= max) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Falls through to the one message.
        }
        throw new IllegalArgumentException("a whole number from 0 to " + max);
    }
}
