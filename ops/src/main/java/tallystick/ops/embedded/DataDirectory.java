package tallystick.ops.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A directory that belongs to one running Tallystick at a time. The lock is the operating system's, so it ends with the
/// process, however that dies.
public final class DataDirectory implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rwx------");

    private final Path path;
    private final FileChannel channel;

    private DataDirectory(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /// Makes the directory if absent and takes it.
    ///
    /// @throws EmbeddedException when another Tallystick has it
    public static DataDirectory take(Path directory) {
        Path path = directory.toAbsolutePath().normalize();
        try {
            make(path);
            FileChannel channel =
                    FileChannel.open(
                            path.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                channel.close();
                throw new EmbeddedException(
                        "data directory: %s is used by another running Tallystick (expected: stop that one, or choose another directory with --data)"
                                .formatted(path));
            }
            return new DataDirectory(path, channel);
        } catch (IOException e) {
            throw new EmbeddedException(
                    "data directory: %s: %s (expected: a directory that can be written)"
                            .formatted(path, e),
                    e);
        }
    }

    /// True when a running Tallystick has it at this moment.
    public static boolean isTaken(Path directory) {
        Path lock = directory.toAbsolutePath().normalize().resolve("lock");
        if (!Files.exists(lock)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
            return lock(channel) == null;
        } catch (IOException _) {
            return false; // Taking it will say what is the matter.
        }
    }

    public Path path() {
        return path;
    }

    /// Gives the directory free.
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new EmbeddedException("data directory: %s: %s".formatted(path, e), e);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null; // This very program has it already.
        }
    }

    /// Makes it if absent, readable by nobody else on the machine: what is in it is money.
    public static void make(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
    }

    /// A folder in it that is ours alone: closes it to others even where somebody had made the data directory, or an
    /// earlier version the folder, open to them.
    static Path makePrivate(Path folder) throws IOException {
        make(folder);
        Files.setPosixFilePermissions(folder, OWNER_ONLY);
        return folder;
    }
}
