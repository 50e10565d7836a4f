package tallystick.ledger.books;

import static java.util.stream.Collectors.joining;
import static tallystick.ledger.books.EntryKind.ADJUSTMENT_IN;
import static tallystick.ledger.books.EntryKind.ADJUSTMENT_OUT;
import static tallystick.ledger.books.EntryKind.CHAIN_FEE;
import static tallystick.ledger.books.EntryKind.CHAIN_PAYMENT;
import static tallystick.ledger.books.EntryKind.CHAIN_RECEIPT;
import static tallystick.ledger.books.EntryKind.CHANNEL_CLOSE;
import static tallystick.ledger.books.EntryKind.CHANNEL_OPEN;
import static tallystick.ledger.books.EntryKind.HOLD;
import static tallystick.ledger.books.EntryKind.HOLD_RELEASE;
import static tallystick.ledger.books.EntryKind.PAYMENT;
import static tallystick.ledger.books.EntryKind.REBALANCE_FEE;
import static tallystick.ledger.books.EntryKind.RECEIPT;
import static tallystick.ledger.books.EntryKind.REVERSAL;
import static tallystick.ledger.books.EntryKind.ROUTING_FEE;
import static tallystick.ledger.books.EntryKind.ROUTING_INCOME;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
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
    private static final Set<EntryKind> OF_PAYMENTS =
            kinds(
                    RECEIPT,
                    PAYMENT,
                    ROUTING_FEE,
                    REBALANCE_FEE,
                    HOLD,
                    HOLD_RELEASE,
                    ADJUSTMENT_IN,
                    ADJUSTMENT_OUT,
                    REVERSAL);
    private static final Set<EntryKind> OF_FORWARDS =
            kinds(ROUTING_INCOME, ADJUSTMENT_IN, ADJUSTMENT_OUT, REVERSAL);
    private static final Set<EntryKind> OF_CHANNELS =
            kinds(
                    CHANNEL_OPEN,
                    CHANNEL_CLOSE,
                    RECEIPT,
                    PAYMENT,
                    CHAIN_FEE,
                    ADJUSTMENT_IN,
                    ADJUSTMENT_OUT,
                    REVERSAL);
    private static final Set<EntryKind> OF_TRANSACTIONS =
            kinds(CHAIN_RECEIPT, CHAIN_PAYMENT, CHAIN_FEE, ADJUSTMENT_IN, ADJUSTMENT_OUT, REVERSAL);
    private static final Set<EntryKind> TO_BE_FOUND =
            kinds(RECEIPT, PAYMENT, ROUTING_FEE, REVERSAL);

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
        if (kind == REVERSAL && reverses.isEmpty()) {
            throw new IllegalArgumentException(
                    "reverses: empty (expected: the entry_id that is taken back)");
        }
        if (kind != REVERSAL && reverses.isPresent()) {
            throw new IllegalArgumentException(
                    "reverses: %s (expected: empty, as kind is %s)"
                            .formatted(reverses.get(), kind.text()));
        }
        if (feeLimit.isPresent() && kind != HOLD) {
            throw new IllegalArgumentException(
                    "fee_limit_msat: %d (expected: empty, as kind is %s)"
                            .formatted(feeLimit.get().value(), kind.text()));
        }
    }

    /// Whether people wrote anything in it.
    public boolean hasTexts() {
        return order.isPresent() || !memo.isEmpty();
    }

    /// Without what people wrote.
    public BookEntry withoutTexts() {
        return !hasTexts()
                ? this
                : new BookEntry(
                        entryId,
                        source,
                        bookedAt,
                        valueDate,
                        kind,
                        node,
                        reference,
                        amount,
                        account,
                        Optional.empty(),
                        reverses,
                        "",
                        feeLimit);
    }

    /// Its number alone: entries are looked up much more often than two share one.
    @Override
    public int hashCode() {
        return 31 * source.hashCode() + entryId.hashCode();
    }

    /// Refuses what no rule could decide: a kind that the nodes know nothing of under such a reference, a day of forwards under
    /// another node than its own. For what comes in; what is stored was checked then.
    ///
    /// @throws IllegalArgumentException the message begins with the column
    public BookEntry requireFitting() {
        if (reference instanceof Reference.ForwardsOfDay day
                && node.isPresent()
                && !node.get().equals(day.node())) {
            throw new IllegalArgumentException(
                    "node: %s (expected: empty or %s, as reference is %s)"
                            .formatted(node.get(), day.node(), day.text()));
        }
        Set<EntryKind> kinds = kinds(reference);
        if (kinds.contains(kind)) {
            return this;
        }
        if (reference instanceof Reference.Entry) {
            throw new IllegalArgumentException(
                    "reference: empty (expected: one, as kind is %s)".formatted(kind.text()));
        }
        throw new IllegalArgumentException(
                "kind: %s (expected: one of %s, as reference is %s)"
                        .formatted(
                                kind.text(),
                                kinds.stream().map(EntryKind::text).collect(joining(", ")),
                                reference.text()));
    }

    private static Set<EntryKind> kinds(EntryKind first, EntryKind... rest) {
        return Collections.unmodifiableSet(EnumSet.of(first, rest));
    }

    /// What may be booked under such a reference: of anything else no rule could say what the nodes should have.
    private static Set<EntryKind> kinds(Reference reference) {
        return switch (reference) {
            case Reference.Payment _, Reference.AmpSet _ -> OF_PAYMENTS;
            case Reference.Forward _, Reference.ForwardsOfDay _ -> OF_FORWARDS;
            case Reference.Channel _ -> OF_CHANNELS;
            case Reference.Tx _ -> OF_TRANSACTIONS;
            // What they are about can be looked for.
            case Reference.Order _, Reference.Entry _ -> TO_BE_FOUND;
            case Reference.Refused _, Reference.OfNode _ -> Set.of();
        };
    }

    /// What it brings in; negative when it takes out, 0 when it moves nothing by itself. Unit: msat.
    public long incomeMsat() {
        return Math.multiplyExact(kind.effect().sign(), amount.value());
    }

    /// The item that this entry belongs to.
    public ItemKey itemKey() {
        return ItemKey.of(reference, node);
    }
}
