package tallystick.serve.books;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import tallystick.proto.v1.BookEntry;

/// Where book entries go. Any thread.
public interface Entries {
    /// Every rule that it breaks, in words; empty when it is good.
    Optional<String> fault(BookEntry entry);

    /// Completes once it is safe in Kafka; with a failure when nobody knows whether it is.
    CompletionStage<Void> post(BookEntry entry);
}
