package tallystick.simulator.replay;

import java.nio.file.Path;
import java.util.List;

/// What one node said. Immutable.
///
/// @param alias the file's name without its extensions
/// @param lines in the order observed; their times never go back
/// @param checkpoints in the order observed
record NodeRecording(String alias, Path file, List<Line> lines, List<Checkpoint> checkpoints) {
    NodeRecording {
        lines = List.copyOf(lines);
        checkpoints = List.copyOf(checkpoints);
    }
}
