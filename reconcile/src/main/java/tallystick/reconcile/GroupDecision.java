package tallystick.reconcile;

import java.time.LocalDate;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.mismatch.IdentityRules;

/// What a person decided about a mismatch that belongs to no single item, such as a day's rounding, or of the ledger itself.
///
/// @param reference of the mismatch; also its key
/// @param decision what was decided
record GroupDecision(String reference, Decision decision) {
    private static final String ROUNDING = "rounding:";

    /// True for the references of groups, which are none of the books.
    static boolean isGroup(String reference) {
        return reference.startsWith(ROUNDING) || IdentityRules.isReference(reference);
    }

    /// @throws java.time.DateTimeException when the reference names no day
    static GroupDecision of(String reference, Decision decision) {
        if (IdentityRules.isReference(reference)) {
            return new GroupDecision(reference, decision);
        }
        return new GroupDecision(
                ROUNDING + LocalDate.parse(reference.substring(ROUNDING.length())), decision);
    }

    /// By which the group is known.
    String group() {
        return IdentityRules.isReference(reference)
                ? IdentityRules.GROUP
                : reference.replace(':', '/');
    }

    /// Under which its evidence is kept.
    byte[] key() {
        return Digests.sha256(reference);
    }
}
