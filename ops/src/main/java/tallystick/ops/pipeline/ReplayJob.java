package tallystick.ops.pipeline;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A recording to be replayed, and the books that go with it.
///
/// @param recording a directory with one `<node>.jsonl` or `<node>.jsonl.gz` for each node
/// @param asOf the moment for which the register is decided at the end
/// @param openAt the moment from which the ledger counts; empty when all that was recorded does
/// @param directory where certificates and the replay's place are kept
public record ReplayJob(
        Path recording, List<Books> books, Instant asOf, Optional<Instant> openAt, Path directory) {
    public ReplayJob {
        books = List.copyOf(books);
    }

    /// One in which all that was recorded counts.
    public ReplayJob(Path recording, List<Books> books, Instant asOf, Path directory) {
        this(recording, books, asOf, Optional.empty(), directory);
    }

    /// A file of book entries.
    ///
    /// @param source the system that they come from
    public record Books(Path file, String source) {}
}
