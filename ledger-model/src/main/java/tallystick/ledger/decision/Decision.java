package tallystick.ledger.decision;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a person decided about a mismatch. A decision holds only while the mismatch is the one that the person saw.
///
/// @param id made by the client; the same id again has no effect
/// @param mismatchId 64 hex digits
/// @param person who decided
/// @param until of an ignored mismatch: when it comes back
/// @param seenAmountMsat the mismatch's amount as the person saw it
/// @param adjustmentMsat what is moved from clearing, signed as a residue
/// @param account the business's account that takes the adjustment; empty when nothing is moved
/// @param approves the decision that this one approves, or of a signature the digest of the report's seal; empty for other kinds
/// @param alternative of a confirmed match: which of the proposed ones; empty for other kinds
/// @param assignee who looks after it from then on; empty for all kinds but ASSIGN
/// @param ruleVersion of the rules that the person saw
public record Decision(
        String id,
        String mismatchId,
        Kind kind,
        String person,
        String reason,
        Instant decidedAt,
        Optional<Instant> until,
        long seenAmountMsat,
        long adjustmentMsat,
        String account,
        String approves,
        String alternative,
        String assignee,
        int ruleVersion) {
    /// The order in which people decided, whatever order it came in.
    public static final Comparator<Decision> DECIDED =
            Comparator.comparing(Decision::decidedAt).thenComparing(Decision::id);

    /// Who decides at a command line without having signed in. May neither approve nor countersign.
    public static final String LOCAL_OPERATOR = "local operator";

    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    /// What was decided.
    public enum Kind {
        /// It is settled, for the reason given; what it leaves on clearing goes to an account.
        RESOLVE,
        /// It is set aside until a time.
        IGNORE,
        /// Another person agrees with a decision that moves money.
        APPROVE,
        /// One of the proposed matches is the right one.
        CONFIRM_MATCH,
        /// Says something and changes nothing.
        COMMENT,
        /// Says who looks after it and changes nothing.
        ASSIGN,
        /// Stands by the report of a day, as the first programs recorded it, in whichever role; see [Signing].
        SIGN,
        /// What people wrote under the item's reference is erased for good: memos and orders.
        ERASE,
        /// Stands by the report of a day as whoever prepared it; see [Signing].
        PREPARE,
        /// Stands by the report of a day as whoever reviewed it; see [Signing].
        COUNTERSIGN;

        /// True for what is said of the report of a day.
        public boolean isSignature() {
            return this == SIGN || this == PREPARE || this == COUNTERSIGN;
        }
    }

    public Decision {
        require(!id.isBlank(), "decision_id", id, "a name");
        require(DIGEST.matcher(mismatchId).matches(), "mismatch_id", mismatchId, "64 hex digits");
        require(!person.isBlank(), "person", person, "who decided");
        require(kind != Kind.IGNORE || until.isPresent(), "until", "none", "a time");
        require(kind != Kind.RESOLVE || !reason.isBlank(), "reason", reason, "why");
        require(kind != Kind.IGNORE || !reason.isBlank(), "reason", reason, "why");
        require(kind != Kind.APPROVE || !approves.isBlank(), "approves", approves, "a decision");
        require(
                kind != Kind.APPROVE || !person.equals(LOCAL_OPERATOR),
                "person",
                person,
                "somebody who has signed in, to approve");
        require(
                kind != Kind.COUNTERSIGN || !person.equals(LOCAL_OPERATOR),
                "person",
                person,
                "somebody who has signed in, to countersign");
        require(kind != Kind.ASSIGN || !assignee.isBlank(), "assignee", assignee, "a person");
        require(
                !kind.isSignature() || DIGEST.matcher(approves).matches(),
                "approves",
                approves,
                "the digest of a report's seal, 64 hex digits");
        require(kind != Kind.ERASE || !reason.isBlank(), "reason", reason, "why");
        require(kind != Kind.COMMENT || !reason.isBlank(), "reason", reason, "what is said");
        require(
                adjustmentMsat == 0 || !account.isBlank(),
                "account",
                account,
                "the one that takes the adjustment");
        require(
                adjustmentMsat == 0 || kind == Kind.RESOLVE,
                "adjustment_msat",
                Long.toString(adjustmentMsat),
                "0 unless something is resolved");
    }

    private static void require(boolean holds, String what, String value, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: %s)".formatted(what, value, rule));
        }
    }
}
