package tallystick.ops.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// The programs of Postgres, unpacked once per user from the class path into a cache folder.
final class PostgresPrograms {
    /// Names the folder, so that another version never meets this one's files.
    private static final String VERSION = "18.6.0";

    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";

    private static final int OWNER_EXECUTE = 0100;

    private PostgresPrograms() {}

    /// The folder with `bin`, `lib` and `share`. Any number of programs may ask at once: each unpacks beside the others,
    /// and the first to be done gives the folder its name.
    static Path unpacked(Path cache) {
        Path home = cache.resolve("postgres-" + VERSION);
        if (Files.isDirectory(home)) {
            return home;
        }
        requirePlatform();
        try {
            Files.createDirectories(cache);
            Path unpacking = Files.createTempDirectory(cache, "postgres-unpacking-");
            unpack(unpacking);
            moveInPlace(unpacking, home);
            return home;
        } catch (IOException e) {
            throw new EmbeddedException(
                    "embedded Postgres: cannot unpack its programs into %s: %s (expected: a folder that can be written)"
                            .formatted(cache, e.getMessage()),
                    e);
        }
    }

    private static void requirePlatform() {
        String system = System.getProperty("os.name", "");
        String machine = System.getProperty("os.arch", "");
        boolean fits =
                system.toLowerCase(Locale.ROOT).startsWith("linux")
                        && List.of("amd64", "x86_64").contains(machine);
        if (!fits) {
            throw new EmbeddedException(
                    "embedded Postgres: %s on %s (expected: Linux on amd64; elsewhere name a Postgres with database.url)"
                            .formatted(system, machine));
        }
    }

    private static void unpack(Path target) throws IOException {
        try (InputStream packed = PostgresPrograms.class.getResourceAsStream(ARCHIVE)) {
            if (packed == null) {
                throw new IOException("%s is not on the class path".formatted(ARCHIVE));
            }
            var tar = new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(packed)));
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpackEntry(tar, entry, target);
            }
        }
    }

    private static void unpackEntry(TarArchiveInputStream tar, TarArchiveEntry entry, Path target)
            throws IOException {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
            throw new IOException("%s would lie outside the folder".formatted(entry.getName()));
        }
        if (entry.isDirectory()) {
            Files.createDirectories(file);
            return;
        }
        Files.createDirectories(file.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            Files.createLink(file, target.resolve(entry.getLinkName()));
        } else {
            Files.copy(tar, file);
            if ((entry.getMode() & OWNER_EXECUTE) != 0) {
                Set<PosixFilePermission> permissions =
                        new HashSet<>(Files.getPosixFilePermissions(file));
                permissions.add(PosixFilePermission.OWNER_EXECUTE);
                Files.setPosixFilePermissions(file, permissions);
            }
        }
    }

    private static void moveInPlace(Path unpacked, Path home) throws IOException {
        try {
            Files.move(unpacked, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            // Another program was faster: its folder is as good as ours.
            if (!Files.isDirectory(home)) {
                throw e;
            }
            Trees.delete(unpacked);
        }
    }
}
