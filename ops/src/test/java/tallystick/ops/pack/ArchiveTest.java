package tallystick.ops.pack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTest {
    @TempDir Path directory;

    @BeforeEach
    void write() throws IOException {
        Archive.write(folder("first", 1), file());
    }

    private Path file() {
        return directory.resolve("pack.zip");
    }

    private Path folder(String name, long time) throws IOException {
        Path folder = directory.resolve(name);
        Files.createDirectories(folder.resolve("b"));
        for (String one : new String[] {"b/1.txt", "a.txt", "README.txt"}) {
            Path file = Files.writeString(folder.resolve(one), "what " + one + " holds\n");
            Files.setLastModifiedTime(file, FileTime.fromMillis(time * 100_000_000));
        }
        return folder;
    }

    @Test
    void isTheSameWheneverItIsMade() throws IOException {
        assertThat(Archive.write(folder("again", 7), directory.resolve("again.zip"))).isEqualTo(4);

        assertThat(directory.resolve("again.zip")).hasSameBinaryContentAs(file());
        assertThat(Archive.differences(file(), List.of())).isEmpty();
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).noneMatch(path -> path.toString().endsWith(".part"));
        }
    }

    @Test
    void listsSumsAsTheUsualToolsReadThem() throws IOException {
        try (FileSystem zip = open()) {
            assertThat(Files.readString(zip.getPath(Archive.SUMS)).lines())
                    .allMatch(line -> line.matches("[0-9a-f]{64} {2}(README.txt|a.txt|b/1.txt)"))
                    .hasSize(3)
                    // printf 'what a.txt holds\n' | sha256sum
                    .contains(
                            "6cbccb2036dba27645cfb5f08c16d08af070d9a9d09bdc1051c8b8884474fd14  a.txt");
        }
    }

    @Test
    void tellsWhatIsNotAsItWas() throws IOException {
        try (FileSystem zip = open()) {
            Files.writeString(zip.getPath("a.txt"), "something else");
            Files.delete(zip.getPath("b/1.txt"));
            Files.writeString(zip.getPath("more.txt"), "more");
        }

        assertThat(Archive.differences(file(), List.of()))
                .hasSize(3)
                .anyMatch(line -> line.startsWith("a.txt: SHA-256 "))
                .anyMatch(line -> line.startsWith("b/1.txt: missing"))
                .anyMatch(line -> line.startsWith("more.txt: not in SHA256SUMS"));
    }

    @Test
    void tellsOfAListThatIsNoneOrNotThere() throws IOException {
        try (FileSystem zip = open()) {
            Files.writeString(zip.getPath(Archive.SUMS), "nothing\n");
        }
        assertThat(Archive.differences(file(), List.of()))
                .contains("SHA256SUMS: nothing (expected: a sum and a name on each line)");

        try (FileSystem zip = open()) {
            Files.delete(zip.getPath(Archive.SUMS));
        }
        assertThat(Archive.differences(file(), List.of()))
                .hasSize(1)
                .allMatch(line -> line.contains("no SHA256SUMS in it"));
    }

    private FileSystem open() throws IOException {
        return FileSystems.newFileSystem(URI.create("jar:" + file().toUri()), Map.of());
    }
}
