package tallystick.serve.web.decision;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import tallystick.proto.v1.DecisionKind;

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
    public record Kind(String value, String label, Set<DecisionKind> kinds) {
        public Kind {
            kinds = Set.copyOf(kinds);
        }
    }

    /// By which people stand by a report.
    static final Set<DecisionKind> SIGNATURES =
            Set.of(
                    DecisionKind.DECISION_KIND_SIGN,
                    DecisionKind.DECISION_KIND_PREPARE,
                    DecisionKind.DECISION_KIND_COUNTERSIGN);

    private static final List<Kind> KINDS =
            List.of(
                    kind("resolve", "Resolved, adjusted", DecisionKind.DECISION_KIND_RESOLVE),
                    kind("ignore", "Ignored", DecisionKind.DECISION_KIND_IGNORE),
                    kind("approve", "Approved", DecisionKind.DECISION_KIND_APPROVE),
                    kind(
                            "confirm_match",
                            "Confirmed a match",
                            DecisionKind.DECISION_KIND_CONFIRM_MATCH),
                    kind("assign", "Assigned", DecisionKind.DECISION_KIND_ASSIGN),
                    kind("comment", "Note", DecisionKind.DECISION_KIND_COMMENT),
                    new Kind("sign", "Signed", SIGNATURES));

    private static Kind kind(String value, String label, DecisionKind kind) {
        return new Kind(value, label, Set.of(kind));
    }

    public List<Kind> kinds() {
        return KINDS;
    }

    /// Whether a decision is of the kind that is asked for.
    ///
    /// @param asked empty for all
    static boolean isOf(String asked, DecisionKind kind) {
        return asked.isEmpty()
                || KINDS.stream()
                        .anyMatch(one -> one.value().equals(asked) && one.kinds().contains(kind));
    }

    public boolean isNarrowed() {
        return !person.isEmpty() || !kind.isEmpty();
    }

    public String first() {
        return DecisionPages.path(person, kind, "");
    }
}
