package tallystick.ops.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import tallystick.db.report.LedgerReading;
import tools.jackson.databind.json.JsonMapper;

/// What the ledger said at each checkpoint of a replay, kept in files: a replay that goes on after a sudden death still
/// tells of the checkpoints before it.
final class CheckpointReadings {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path directory;

    CheckpointReadings(Path directory) {
        this.directory = directory;
    }

    /// The first reading stays: when all is published again, the ledger is ahead of the nodes that are at this checkpoint.
    void keep(int checkpoint, LedgerReading reading) {
        Path kept = directory.resolve("%06d.json".formatted(checkpoint));
        if (Files.exists(kept)) {
            return;
        }
        try {
            Files.createDirectories(directory);
            Path unfinished = directory.resolve(".unfinished");
            Files.write(unfinished, JSON.writeValueAsBytes(reading));
            Files.move(unfinished, kept, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// In the order of the checkpoints.
    List<LedgerReading> all() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<LedgerReading> readings = new ArrayList<>();
        try (var files = Files.newDirectoryStream(directory, "*.json")) {
            List<Path> sorted = new ArrayList<>();
            files.forEach(sorted::add);
            sorted.sort(null);
            for (Path file : sorted) {
                readings.add(JSON.readValue(Files.readAllBytes(file), LedgerReading.class));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return readings;
    }
}
