package tallystick.ledger.mismatch;

import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.StandingEntry;

/// Entry numbers that came again with other content.
final class EntryNumberRule {
    /// So many amounts are named; more are counted.
    private static final int NAMED_MAX = 5;

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
            if (!standing.reused().isEmpty()) {
                claims.add(reused(standing));
            }
        }
    }

    private static String amounts(Collection<Msat> amounts) {
        String more =
                amounts.size() <= NAMED_MAX
                        ? ""
                        : " and %d others".formatted(amounts.size() - NAMED_MAX);
        return amounts.stream()
                        .limit(NAMED_MAX)
                        .map(amount -> Sats.text(amount.value()))
                        .collect(joining(", "))
                + more;
    }

    private Claim reused(StandingEntry standing) {
        BookEntry entry = standing.entry();
        Instant again = Collections.min(standing.reused().values());
        long difference =
                standing.reused().keySet().stream()
                        .mapToLong(amount -> amount.distanceTo(entry.amount()).value())
                        .max()
                        .orElse(0);
        return Claim.of(
                        Code.REUSED_ENTRY_ID,
                        entry.node().or(() -> holder),
                        difference,
                        Entries.bothKnown(again, List.of(entry)))
                .saying(
                        "Entry %s over %s came again with other content, over %s; the first stands."
                                .formatted(
                                        entry.entryId(),
                                        Sats.text(entry.amount().value()),
                                        amounts(standing.reused().keySet())))
                .booksSay(entry.amount().value());
    }
}
