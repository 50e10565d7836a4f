package tallystick.ledger.mismatch;

import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.StandingEntry;

/// Entry numbers that came again with other content.
final class EntryNumberRule {
    private final Item item;
    private final Optional<NodeId> holder;
    private final Claims claims;

    /// @param holder the node that is named where the entry names none
    EntryNumberRule(Item item, Optional<NodeId> holder, Claims claims) {
        this.item = item;
        this.holder = holder;
        this.claims = claims;
    }

    void decide() {
        for (StandingEntry standing : item.entries().values()) {
            if (!standing.reusedAmounts().isEmpty()) {
                claims.add(reused(standing));
            }
        }
    }

    private Claim reused(StandingEntry standing) {
        BookEntry entry = standing.entry();
        long difference =
                standing.reusedAmounts().stream()
                        .mapToLong(amount -> amount.distanceTo(entry.amount()).value())
                        .max()
                        .orElse(0);
        return Claim.of(
                        Code.REUSED_ENTRY_ID,
                        entry.node().or(() -> holder),
                        difference,
                        entry.bookedAt())
                .saying(
                        "%s came twice with other content; the first stands."
                                .formatted(entry.entryId()))
                .booksSay(entry.amount().value());
    }
}
