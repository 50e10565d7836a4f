package tallystick.reconcile;

import java.time.LocalDate;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Signing;
import tallystick.ledger.mismatch.ClosedDays;
import tallystick.ledger.mismatch.IdentityRules;

/// What a person decided about what belongs to no single item, such as a day's rounding, the ledger itself, or the report of a day.
///
/// @param reference of the mismatch or the report; also its key
/// @param decision what was decided
record GroupDecision(String reference, Decision decision) {
    private static final String ROUNDING = "rounding:";

    /// True for the references of groups, which are none of the books.
    static boolean isGroup(String reference) {
        return reference.startsWith(ROUNDING)
                || IdentityRules.isReference(reference)
                || Signing.isReference(reference);
    }

    /// @throws java.time.DateTimeException when the reference names no day
    /// @throws IllegalArgumentException when it signs what is no report
    static GroupDecision of(String reference, Decision decision) {
        if (decision.kind().isSignature()) {
            return signature(reference, decision);
        }
        if (IdentityRules.isReference(reference) || Signing.isReference(reference)) {
            return new GroupDecision(reference, decision);
        }
        return new GroupDecision(
                ROUNDING + LocalDate.parse(reference.substring(ROUNDING.length())), decision);
    }

    private static GroupDecision signature(String reference, Decision decision) {
        LocalDate day = Signing.isReference(reference) ? Signing.day(reference) : LocalDate.EPOCH;
        if (!Signing.reference(day).equals(reference)) {
            throw new IllegalArgumentException(
                    "reference: %s (expected: report:DAY, as it is a signature)"
                            .formatted(reference));
        }
        if (!Signing.subject(day).equals(decision.mismatchId())) {
            throw new IllegalArgumentException(
                    "mismatch_id: %s (expected: %s, which stands for the report of %s)"
                            .formatted(decision.mismatchId(), Signing.subject(day), day));
        }
        return new GroupDecision(reference, decision);
    }

    /// By which the group is known.
    String group() {
        if (Signing.isReference(reference)) {
            return ClosedDays.group(Signing.day(reference));
        }
        return IdentityRules.isReference(reference)
                ? IdentityRules.GROUP
                : reference.replace(':', '/');
    }

    /// Under which its evidence is kept.
    byte[] key() {
        return Digests.sha256(reference);
    }
}
