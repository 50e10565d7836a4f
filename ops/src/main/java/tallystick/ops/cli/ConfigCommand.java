package tallystick.ops.cli;

import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tallystick.ops.config.SettingKeys;
import tallystick.ops.config.SettingsReader;

@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = {
            "Checks the settings and prints those in effect.",
            "The content of secret files is never printed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick config > tallystick.properties     a file to begin with",
            "  ./tallystick config --set kafka.partitions=12",
            "  TALLYSTICK_LEDGER_NAME=shop ./tallystick config"
        })
final class ConfigCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Override
    public Integer call() {
        SettingsReader.Read read = common.read();
        Map<String, String> defaults = SettingKeys.defaults();
        PrintWriter out = common.out();
        SettingKeys.all()
                .forEach(
                        (key, meaning) -> {
                            out.printf("# %s%n", meaning);
                            if (key.contains("*")) {
                                printNamed(out, key, read);
                            } else {
                                print(out, key, read, defaults.get(key));
                            }
                        });
        out.flush();
        return ExitCode.OK;
    }

    private static void printNamed(PrintWriter out, String general, SettingsReader.Read read) {
        var pattern = general.replace(".", "\\.").replace("*", "[^.]+");
        var found = new TreeMap<>(read.values());
        found.keySet().removeIf(key -> !key.matches(pattern));
        if (found.isEmpty()) {
            out.printf("#%s=%n", general.replace("*", SettingKeys.placeholder(general)));
        }
        found.keySet().forEach(key -> print(out, key, read, null));
    }

    private static boolean isSecret(String key) {
        return key.endsWith("password-file") || key.endsWith("secret-file");
    }

    private static void print(
            PrintWriter out, String key, SettingsReader.Read read, @Nullable String byDefault) {
        String value = read.values().get(key);
        if (value != null) {
            String masked = isSecret(key) ? "   (content: ***)" : "";
            out.printf("# from %s%s%n%s=%s%n", read.origins().get(key), masked, key, value);
        } else if (byDefault != null) {
            out.printf("%s=%s%n", key, byDefault);
        } else {
            out.printf("#%s=%n", key);
        }
    }
}
