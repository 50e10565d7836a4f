package tallystick.reconcile;

import java.time.LocalDate;
import tallystick.ledger.decision.Decision;

/// What a person decided about a mismatch that belongs to no single item, such as a day's rounding.
///
/// @param reference of the mismatch; also its key
/// @param decision what was decided
record GroupDecision(String reference, Decision decision) {
    private static final String ROUNDING = "rounding:";

    /// True for the references of groups, which are none of the books.
    static boolean isGroup(String reference) {
        return reference.startsWith(ROUNDING);
    }

    /// @throws java.time.DateTimeException when the reference names no day
    static GroupDecision of(String reference, Decision decision) {
        return new GroupDecision(
                ROUNDING + LocalDate.parse(reference.substring(ROUNDING.length())), decision);
    }

    /// By which the group is known.
    String group() {
        return reference.replace(':', '/');
    }

    /// Under which its evidence is kept.
    byte[] key() {
        return Digests.sha256(reference);
    }
}
