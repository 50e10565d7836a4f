package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Optional;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;

/// Records that were refused: open until they are applied. One use.
final class RefusedDecision {
    /// A reason quotes what came; people need its beginning.
    private static final int REASON_MAX = 300;

    private final PlainSubject subject;
    private final Reference.Refused reference;
    private final Claims claims;

    RefusedDecision(Item item, Reference.Refused reference, Coverage coverage, Instant now) {
        this.subject = new PlainSubject(item);
        this.reference = reference;
        this.claims = new Claims(subject, coverage, now);
    }

    Verdict verdict() {
        refused().filter(one -> !one.isApplied()).ifPresent(one -> claims.add(claim(one)));
        return subject.verdict(claims);
    }

    private Optional<NodeFacts.Refused> refused() {
        return subject.item()
                .facts()
                .flatMap(
                        facts ->
                                facts instanceof NodeFacts.Refused one
                                        ? Optional.of(one)
                                        : Optional.empty());
    }

    private Claim claim(NodeFacts.Refused refused) {
        String reason = refused.reason();
        return Claim.of(
                        refused.isUnknown() ? Code.SCHEMA_UNKNOWN : Code.RECORD_QUARANTINED,
                        refused.node(),
                        0,
                        refused.seenAt())
                .saying(
                        "Record %s was not applied: %s."
                                .formatted(
                                        reference.inLog(),
                                        reason.length() <= REASON_MAX
                                                ? reason
                                                : reason.substring(0, REASON_MAX) + "…"));
    }
}
