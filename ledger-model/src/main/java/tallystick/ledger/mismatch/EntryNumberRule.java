package tallystick.ledger.mismatch;

import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.StandingEntry;

/// Entry numbers that came again with other content.
final class EntryNumberRule {
    private final PaymentFacts facts;
    private final Claims claims;

    EntryNumberRule(PaymentFacts facts, Claims claims) {
        this.facts = facts;
        this.claims = claims;
    }

    void decide() {
        facts.item().entries().values().stream()
                .filter(standing -> !standing.reusedAmounts().isEmpty())
                .map(this::reused)
                .forEach(claims::add);
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
                        entry.node().or(facts::holder),
                        difference,
                        entry.bookedAt())
                .saying(
                        "%s came twice with other content; the first stands."
                                .formatted(entry.entryId()))
                .booksSay(entry.amount().value());
    }
}
