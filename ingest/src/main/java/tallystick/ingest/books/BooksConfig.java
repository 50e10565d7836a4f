package tallystick.ingest.books;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// By which ways book entries come in besides files.
///
/// @param inbox whether the inbox topic is read
/// @param pulls databases that are read
public record BooksConfig(boolean inbox, List<PullConfig> pulls) {
    public BooksConfig {
        pulls = List.copyOf(pulls);
        Set<String> sources = new HashSet<>();
        for (PullConfig pull : pulls) {
            if (!sources.add(pull.source())) {
                throw new IllegalArgumentException(
                        "source: %s (expected: each source in one pull)".formatted(pull.source()));
            }
        }
    }
}
