package tallystick.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Compares with a file of the repository. `-Dgolden.update=true` writes the file instead; what then changed is seen in
/// the diff.
public final class Golden {
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    private Golden() {}

    public static void assertEqual(String name, String actual) throws IOException {
        Path file = FOLDER.resolve(name);
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(FOLDER);
            Files.write(file, actual.getBytes(UTF_8));
        }
        assertThat(actual)
                .as("%s (expected: as before; -Dgolden.update=true takes it over)", name)
                .isEqualTo(Files.readString(file, UTF_8));
    }
}
