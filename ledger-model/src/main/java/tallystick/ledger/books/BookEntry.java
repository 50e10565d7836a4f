package tallystick.ledger.books;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;

/// One line of the business's accounting about Lightning money, under one reference.
///
/// @param entryId unique within `source`
/// @param source the system it comes from
/// @param node empty means "any node of the fleet"
/// @param amount more than zero
/// @param reverses the entry of the same source that a reversal takes back
/// @param feeLimit highest fee allowed, on a hold
public record BookEntry(
        String entryId,
        String source,
        Instant bookedAt,
        LocalDate valueDate,
        EntryKind kind,
        Optional<NodeId> node,
        Reference reference,
        Msat amount,
        String account,
        Optional<String> order,
        Optional<String> reverses,
        String memo,
        Optional<Msat> feeLimit) {
    public BookEntry {
        if (!reference.isBookable()) {
            throw new IllegalArgumentException(
                    "reference: %s (expected: one that can be booked)".formatted(reference.text()));
        }
        if (entryId.isBlank()) {
            throw new IllegalArgumentException("entry_id: empty (expected: a text)");
        }
        if (source.isBlank()) {
            throw new IllegalArgumentException("source: empty (expected: a text)");
        }
        if (account.isBlank()) {
            throw new IllegalArgumentException("account: empty (expected: an account)");
        }
        if (amount.isZero()) {
            throw new IllegalArgumentException("amount_msat: 0 (expected: more than 0)");
        }
        if (reference.isPerNode() && node.isEmpty()) {
            throw new IllegalArgumentException(
                    "node: empty (expected: the node, as %s exists once per node)"
                            .formatted(reference.text()));
        }
        if (reference instanceof Reference.Entry && !isFoundByItself(kind)) {
            throw new IllegalArgumentException(
                    "reference: empty (expected: one, as kind is %s)".formatted(kind.text()));
        }
        if (kind == EntryKind.REVERSAL && reverses.isEmpty()) {
            throw new IllegalArgumentException(
                    "reverses: empty (expected: the entry_id that is taken back)");
        }
        if (kind != EntryKind.REVERSAL && reverses.isPresent()) {
            throw new IllegalArgumentException(
                    "reverses: %s (expected: empty, as kind is %s)"
                            .formatted(reverses.get(), kind.text()));
        }
        if (feeLimit.isPresent() && kind != EntryKind.HOLD) {
            throw new IllegalArgumentException(
                    "fee_limit_msat: %d (expected: empty, as kind is %s)"
                            .formatted(feeLimit.get().value(), kind.text()));
        }
    }

    /// Its number alone: entries are looked up much more often than two share one.
    @Override
    public int hashCode() {
        return 31 * source.hashCode() + entryId.hashCode();
    }

    /// True for kinds that may come without a reference: what they are about can be looked for.
    private static boolean isFoundByItself(EntryKind kind) {
        return switch (kind) {
            case RECEIPT, PAYMENT, ROUTING_FEE, REVERSAL -> true;
            case ROUTING_INCOME,
                    REBALANCE_FEE,
                    HOLD,
                    HOLD_RELEASE,
                    CHAIN_RECEIPT,
                    CHAIN_PAYMENT,
                    CHAIN_FEE,
                    CHANNEL_OPEN,
                    CHANNEL_CLOSE,
                    ADJUSTMENT_IN,
                    ADJUSTMENT_OUT ->
                    false;
        };
    }

    /// The item that this entry belongs to.
    public ItemKey itemKey() {
        return ItemKey.of(reference, node);
    }
}
