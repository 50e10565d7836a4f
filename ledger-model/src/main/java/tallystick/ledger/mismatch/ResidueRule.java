package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;
import tallystick.ledger.account.Postings;
import tallystick.ledger.books.BookEntry;

/// What no narrower rule explains: the two halves of the whole item leave something on clearing.
final class ResidueRule {
    private final PaymentFacts facts;
    private final Claims claims;
    private final Rounding rounding;

    ResidueRule(PaymentFacts facts, Claims claims, Rounding rounding) {
        this.facts = facts;
        this.claims = claims;
        this.rounding = rounding;
    }

    long residueMsat() {
        return Math.addExact(
                Postings.ownResidueMsat(facts.item(), facts.books(), rounding.residueMsat()),
                facts.item().allocatedMsat());
    }

    void amountDiffers(long amount, Optional<NodeId> node) {
        long nodeSays = facts.receivedMsat() - facts.sentMsat() - facts.feeMsat();
        long booksSay = nodeSays - residueMsat();
        claims.add(
                Claim.of(Code.AMOUNT_DIFFERS, node, amount, allKnown())
                        .saying(
                                "%s says %s, the books say %s."
                                        .formatted(
                                                node.map(Sats::text).orElse("The fleet"),
                                                Sats.text(nodeSays),
                                                Sats.text(booksSay)))
                        .nodeSays(nodeSays)
                        .booksSay(booksSay));
    }

    private Instant allKnown() {
        Stream<Instant> booked = facts.books().net().stream().map(BookEntry::bookedAt);
        Stream<Instant> arrived =
                facts.settledReceipts().flatMap(receipt -> receipt.settledAt().stream());
        Stream<Instant> left =
                facts.succeededPayments().flatMap(payment -> payment.resolvedAt().stream());
        return Stream.of(booked, arrived, left)
                .flatMap(moments -> moments)
                .max(naturalOrder())
                .orElse(Instant.EPOCH);
    }
}
