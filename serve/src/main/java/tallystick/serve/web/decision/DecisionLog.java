package tallystick.serve.web.decision;

import java.util.List;
import java.util.Optional;

/// What the template of the log prints.
///
/// @param person whose decisions are wanted; empty for everybody's
/// @param kind which are wanted; empty for all
/// @param rows the newest first
/// @param count on all pages
/// @param next address of the page after this one; empty on the last
public record DecisionLog(
        String person,
        String kind,
        List<DecisionLine> rows,
        long count,
        boolean isFirst,
        Optional<String> next) {
    public DecisionLog {
        rows = List.copyOf(rows);
    }

    /// A kind that can be asked for.
    ///
    /// @param value as addresses have it
    public record Kind(String value, String label) {}

    private static final List<Kind> KINDS =
            List.of(
                    new Kind("resolve", "Resolved, adjusted"),
                    new Kind("ignore", "Ignored"),
                    new Kind("approve", "Approved"),
                    new Kind("confirm_match", "Confirmed a match"),
                    new Kind("assign", "Assigned"),
                    new Kind("comment", "Note"),
                    new Kind("sign", "Signed"));

    public List<Kind> kinds() {
        return KINDS;
    }

    public boolean isNarrowed() {
        return !person.isEmpty() || !kind.isEmpty();
    }

    public String first() {
        return DecisionPages.path(person, kind, "");
    }
}
