package tallystick.simulator.replay;

import java.time.Instant;

/// How far a replay is.
///
/// @param lines lines of the recording that are done, of `totalLines`
/// @param at the replay's clock
/// @param checkpoints checkpoints that all nodes have done, of `totalCheckpoints`
public record Progress(
        int lines, int totalLines, Instant at, int checkpoints, int totalCheckpoints) {}
