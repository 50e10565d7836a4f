package tallystick.ops.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import tallystick.report.TimelessEntry;

/// A folder as one file that is the same whenever and wherever it is made: names in their order, one time for all. `SHA256SUMS`
/// lists every other file, as `sha256sum --check` reads it.
final class Archive {
    static final String SUMS = "SHA256SUMS";

    private static final String BETWEEN = "  ";
    private static final int SUM_LENGTH = 64;

    private Archive() {}

    /// Adds the sums to the folder and writes it; a file that was there is replaced as a whole.
    ///
    /// @return how many files it has
    static int write(Path folder, Path file) throws IOException {
        SortedMap<String, Path> files = files(folder);
        StringBuilder sums = new StringBuilder();
        for (Map.Entry<String, Path> one : files.entrySet()) {
            sums.append(Sums.of(Files.newInputStream(one.getValue())))
                    .append(BETWEEN)
                    .append(one.getKey())
                    .append('\n');
        }
        files.put(SUMS, Files.writeString(folder.resolve(SUMS), sums));
        if (Files.isDirectory(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            writeZip(files, part);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
        return files.size();
    }

    private static void writeZip(SortedMap<String, Path> files, Path part) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part));
                ZipOutputStream zip = new ZipOutputStream(out, UTF_8)) {
            for (Map.Entry<String, Path> one : files.entrySet()) {
                zip.putNextEntry(TimelessEntry.of(one.getKey()));
                Files.copy(one.getValue(), zip);
                zip.closeEntry();
            }
        }
    }

    /// By name, as sorted as bytes are.
    private static SortedMap<String, Path> files(Path folder) throws IOException {
        SortedMap<String, Path> result = new TreeMap<>();
        try (Stream<Path> tree = Files.walk(folder)) {
            tree.filter(Files::isRegularFile)
                    .forEach(
                            file ->
                                    result.put(
                                            folder.relativize(file).toString().replace('\\', '/'),
                                            file));
        }
        return result;
    }

    /// What is not as its list of sums says; empty when all is.
    ///
    /// @param needed names that must be in it
    static List<String> differences(Path file, List<String> needed) throws IOException {
        List<String> result = new ArrayList<>();
        try (ZipFile zip = new ZipFile(file.toFile(), UTF_8)) {
            ZipEntry list = zip.getEntry(SUMS);
            if (list == null) {
                return List.of(
                        "%s: no %s in it (expected: a file of `tallystick pack`)"
                                .formatted(file, SUMS));
            }
            SortedSet<String> others = names(zip, result);
            others.remove(SUMS);
            for (String name : needed) {
                if (!others.contains(name)) {
                    result.add("%s: missing (expected: in every pack)".formatted(name));
                }
            }
            try (InputStream in = zip.getInputStream(list)) {
                for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
                    if (line.length() <= SUM_LENGTH + BETWEEN.length()) {
                        result.add(
                                "%s: %s (expected: a sum and a name on each line)"
                                        .formatted(SUMS, line));
                        continue;
                    }
                    String name = line.substring(SUM_LENGTH + BETWEEN.length());
                    others.remove(name);
                    check(zip, name, line.substring(0, SUM_LENGTH), result);
                }
            }
            others.forEach(
                    name ->
                            result.add(
                                    "%s: not in %s (expected: each file)".formatted(name, SUMS)));
        }
        return result;
    }

    /// A name that is there twice is read by some programs as the first, by others as the second.
    private static SortedSet<String> names(ZipFile zip, List<String> result) {
        SortedSet<String> names = new TreeSet<>();
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
            String name = all.nextElement().getName();
            if (!names.add(name)) {
                result.add("%s: there twice (expected: once)".formatted(name));
            }
        }
        return names;
    }

    private static void check(ZipFile zip, String name, String expected, List<String> result)
            throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            result.add("%s: missing (expected: as %s lists it)".formatted(name, SUMS));
            return;
        }
        try {
            String sum = Sums.of(zip.getInputStream(entry));
            if (!sum.equals(expected)) {
                result.add("%s: SHA-256 %s (expected: %s)".formatted(name, sum, expected));
            }
        } catch (ZipException | EOFException e) {
            result.add("%s: %s (expected: SHA-256 %s)".formatted(name, e.getMessage(), expected));
        }
    }
}
