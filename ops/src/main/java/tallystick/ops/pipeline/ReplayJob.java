package tallystick.ops.pipeline;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// A recording to be replayed, and the books that go with it.
///
/// @param recording a directory with one `<node>.jsonl` or `<node>.jsonl.gz` for each node
/// @param asOf the moment for which the register is decided at the end
/// @param directory where certificates and the replay's place are kept
public record ReplayJob(Path recording, List<Books> books, Instant asOf, Path directory) {
    public ReplayJob {
        books = List.copyOf(books);
    }

    /// A file of book entries.
    ///
    /// @param source the system that they come from
    public record Books(Path file, String source) {}
}
