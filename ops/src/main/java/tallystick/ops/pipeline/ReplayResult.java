package tallystick.ops.pipeline;

import java.util.List;
import tallystick.db.report.LedgerReading;

/// What a replay came to.
///
/// @param reading ledger and register at the end
/// @param checkpoints the same at each checkpoint of the recording, also those that an earlier replay here passed
/// @param path which way everything went
/// @param entries book entries imported
public record ReplayResult(
        LedgerReading reading, List<LedgerReading> checkpoints, PathReport path, int entries) {
    public ReplayResult {
        checkpoints = List.copyOf(checkpoints);
    }
}
