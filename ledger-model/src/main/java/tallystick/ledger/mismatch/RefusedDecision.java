package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// Records that were refused: open until they are applied. One use.
final class RefusedDecision implements Subject {
    /// A reason quotes what came; people need its beginning.
    private static final int REASON_MAX = 300;

    private final Item item;
    private final Reference.Refused reference;
    private final Claims claims;

    RefusedDecision(Item item, Reference.Refused reference, Coverage coverage, Instant now) {
        this.item = item;
        this.reference = reference;
        this.claims = new Claims(this, coverage, now);
    }

    Verdict verdict() {
        refused().filter(one -> !one.isApplied()).ifPresent(one -> claims.add(claim(one)));
        return Verdicts.of(
                item, books(), Optional.empty(), claims, new Rounding(), true, List.of());
    }

    private Optional<NodeFacts.Refused> refused() {
        return item.facts()
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

    @Override
    public NetBooks books() {
        return NetBooks.of(item.entries());
    }

    @Override
    public String referenceText(Optional<tallystick.ledger.NodeId> node) {
        return reference.text();
    }

    @Override
    public List<HalfLine> nodeHalf() {
        return List.of();
    }

    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return true;
    }
}
