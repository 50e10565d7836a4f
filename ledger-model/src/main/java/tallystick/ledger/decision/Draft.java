package tallystick.ledger.decision;

import java.time.Instant;
import java.util.Optional;
import tallystick.ledger.decision.Decision.Kind;

/// A decision before it is known what is decided. Each of its methods is one kind of decision.
///
/// @param id made by the client; the same id again has no effect
/// @param mismatchId 64 hex digits
/// @param seenAmountMsat the mismatch's amount as the person saw it
/// @param person who decides
/// @param ruleVersion of the rules that the person saw
public record Draft(
        String id,
        String mismatchId,
        long seenAmountMsat,
        String person,
        Instant at,
        int ruleVersion) {
    /// It is settled; nothing is left on clearing.
    public Decision resolve(String reason) {
        return adjust(reason, 0, "");
    }

    /// It is settled, and what is left on clearing goes to an account, once another person approves.
    ///
    /// @param adjustmentMsat signed as a residue
    /// @param account the business's; empty when nothing is moved
    public Decision adjust(String reason, long adjustmentMsat, String account) {
        return of(Kind.RESOLVE, reason, Optional.empty(), adjustmentMsat, account, "", "", "");
    }

    /// It is set aside until then.
    public Decision ignore(String reason, Instant until) {
        return of(Kind.IGNORE, reason, Optional.of(until), 0, "", "", "", "");
    }

    /// @param decision that moves money
    public Decision approve(String decision) {
        return of(Kind.APPROVE, "", Optional.empty(), 0, "", decision, "", "");
    }

    /// @param alternative one of the proposed matches
    public Decision confirm(String alternative) {
        return of(Kind.CONFIRM_MATCH, "", Optional.empty(), 0, "", "", alternative, "");
    }

    public Decision comment(String text) {
        return of(Kind.COMMENT, text, Optional.empty(), 0, "", "", "", "");
    }

    public Decision assign(String assignee) {
        return of(Kind.ASSIGN, "", Optional.empty(), 0, "", "", "", assignee);
    }

    /// @param report digest of its seal, 64 hex digits
    public Decision prepare(String report, String comment) {
        return of(Kind.PREPARE, comment, Optional.empty(), 0, "", report, "", "");
    }

    /// @param report digest of its seal, 64 hex digits
    public Decision countersign(String report, String comment) {
        return of(Kind.COUNTERSIGN, comment, Optional.empty(), 0, "", report, "", "");
    }

    /// What people wrote is erased.
    public Decision erase(String reason) {
        return of(Kind.ERASE, reason, Optional.empty(), 0, "", "", "", "");
    }

    private Decision of(
            Kind kind,
            String reason,
            Optional<Instant> until,
            long adjustmentMsat,
            String account,
            String approves,
            String alternative,
            String assignee) {
        return new Decision(
                id,
                mismatchId,
                kind,
                person,
                reason,
                at,
                until,
                seenAmountMsat,
                adjustmentMsat,
                account,
                approves,
                alternative,
                assignee,
                ruleVersion);
    }
}
