package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the model test is worth: each planted bug, in a process of its own with the changed classes first on its class path,
/// must fail most seeds. Not part of the suite, for its time:
///
/// ```
/// ./tallystick test -pl reconcile -am -Dtest=none -Dit.test=PlantedBugs -Dseeds=6 \
///     -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false
/// ```
class PlantedBugs {
    private static final Logger LOG = LoggerFactory.getLogger(PlantedBugs.class);
    private static final int SEEDS = 6;

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void isCaught(PlantedBug bug, @TempDir Path folder) throws Exception {
        long first = Long.getLong("firstSeed", 1);
        int seeds = Integer.getInteger("seeds", SEEDS);

        List<String> told = run(bug, folder, first, seeds);

        long caught = told.stream().filter(line -> line.startsWith(Seeds.CAUGHT)).count();
        LOG.atInfo().log("{}: caught by {} of {} seeds", bug, caught, seeds);
        told.forEach(line -> LOG.atInfo().log("  {}", line));
        assertThat(told).as("seeds that were run").hasSize(seeds);
        assertThat(3 * caught)
                .as("caught, by two thirds of the seeds")
                .isGreaterThanOrEqualTo(2L * seeds);
    }

    private static List<String> run(PlantedBug bug, Path folder, long first, int seeds)
            throws IOException, InterruptedException {
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        Path classes = Files.createDirectory(folder.resolve("classes"));
        List<String> compile =
                new ArrayList<>(
                        List.of(
                                "-proc:none",
                                "-nowarn",
                                "-cp",
                                classPath,
                                "-d",
                                classes.toString()));
        bug.plant(PlantedBug.root(), folder).forEach(file -> compile.add(file.toString()));
        int result =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, compile.toArray(String[]::new));
        assertThat(result).as("compiled").isZero();

        Process process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                classes + java.io.File.pathSeparator + classPath,
                                Seeds.class.getName(),
                                Long.toString(first),
                                Integer.toString(seeds))
                        .redirectErrorStream(true)
                        .start();
        List<String> told = new ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines()
                    .filter(line -> line.startsWith(Seeds.CAUGHT) || line.startsWith(Seeds.MISSED))
                    .forEach(told::add);
        }
        process.waitFor();
        return told;
    }

    /// The other process: runs seeds, and says a line for each.
    static final class Seeds {
        static final String CAUGHT = "caught: ";
        static final String MISSED = "missed: ";
        private static final int WORDS_MAX = 200;

        private Seeds() {}

        public static void main(String[] arguments) {
            long first = Long.parseLong(arguments[0]);
            for (long seed = first; seed < first + Long.parseLong(arguments[1]); seed++) {
                System.out.println(said(seed));
            }
            System.exit(0); // Whatever threads there are.
        }

        private static String said(long seed) {
            try {
                HistoryModelIT.run(seed);
                return MISSED + "seed " + seed;
            } catch (AssertionError | RuntimeException e) {
                String words = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
                return CAUGHT
                        + "seed "
                        + seed
                        + ", "
                        + words.substring(0, Math.min(words.length(), WORDS_MAX));
            }
        }
    }
}
