package tallystick.ledger.item;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// The moment from which the ledger counts. What happened before it is part of what its accounts were opened with: it posts
/// nothing and is not held against the books. Pure: what counts of an item follows from the item and the moment alone.
///
/// @param at whole seconds, as nodes tell settlements by the second; empty when all that ever happened counts
/// @param zone in which value dates are days
public record Opening(Optional<Instant> at, ZoneId zone) {
    /// All that ever happened counts.
    public static final Opening NONE = new Opening(Optional.empty(), ZoneOffset.UTC);

    /// What of the item counts. An item of which nothing is left is `isBefore`.
    public Item counted(Item item) {
        if (at.isEmpty()) {
            return item;
        }
        return switch (item.key().reference()) {
            case Reference.Payment _, Reference.AmpSet _ -> payment(item);
            case Reference.Forward _ -> forward(item);
            case Reference.ForwardsOfDay day -> day(item, day);
            case Reference.Order _, Reference.Entry _ -> withEntries(item, this::isDated);
            case Reference.Tx _ -> transaction(item);
            case Reference.Channel _ -> channel(item);
            case Reference.OfNode _, Reference.Refused _ -> item;
        };
    }

    /// True when the item lies before the opening, so that nothing is asked of it.
    ///
    /// @param counted as `counted` gave it
    @SuppressWarnings("ReferenceEquality") // What counts in full is the item itself.
    public boolean isBefore(Item item, Item counted) {
        if (at.isEmpty()) {
            return false;
        }
        if (item.facts().orElse(null) instanceof Channel channel) {
            return isEndedBefore(channel)
                    || (isOpenedBefore(channel)
                            && !channel.isEnded()
                            && counted.entries().isEmpty());
        }
        return item != counted
                && counted.receipts().isEmpty()
                && counted.payments().isEmpty()
                && counted.facts().isEmpty()
                && counted.entries().isEmpty();
    }

    /// True when the moment lies before the opening.
    public boolean isBefore(Instant moment) {
        return at.filter(moment::isBefore).isPresent();
    }

    /// True when the moment lies on that day.
    public boolean isOnItsDay(LocalDate day) {
        return at.filter(moment -> moment.atZone(zone).toLocalDate().equals(day)).isPresent();
    }

    /// True when a transaction of the wallet is part of what its wallet was opened with. What funds a channel opens it once it is
    /// in a block, and what takes another's place decides when the other ends.
    public boolean isBefore(ChainTx tx) {
        boolean isReplacedSince =
                tx.links().replacedBy().filter(by -> !isBefore(by.at())).isPresent();
        return !isReplacedSince
                && tx.looks().keySet().stream()
                        .filter(
                                look ->
                                        tx.openings().isEmpty()
                                                || look.standing() == ChainTx.Standing.CONFIRMED)
                        .anyMatch(look -> isBefore(look.time()));
    }

    /// True when the channel was there when the ledger began, open or closing.
    public boolean isOpenedBefore(Channel channel) {
        return at.isPresent()
                && channel.stage() != Channel.Stage.OPEN_FAILED
                && (channel.links().opened().isPresent()
                        || channel.openSeenAt().filter(this::isBefore).isPresent());
    }

    /// True when the channel was closing when the ledger began, or closed: what comes home of it was no channel's any more.
    public boolean isEndedBefore(Channel channel) {
        return channel.isEnded()
                && isOpenedBefore(channel)
                && channel.links().opened().filter(Channel.Opened::isOpen).isEmpty();
    }

    /// What a close cost less by the books than by the ledger, where its channel's opening leaves that open: the node tells
    /// channels in whole satoshis. Unit: msat; 0 when the books differ by more.
    ///
    /// @param item of the channel
    public static long openMsat(Item item, Channel channel) {
        if (channel.links().opened().isEmpty() || channel.costMsat().isEmpty()) {
            return 0;
        }
        Channel.Opened opened = channel.links().opened().get();
        long booked = NetBooks.of(item.entries()).sumMsat(EntryKind.CHAIN_FEE);
        long less = Math.subtractExact(channel.costMsat().getAsLong(), booked);
        boolean isLeftOpen =
                opened.msat() - less >= opened.lowMsat()
                        && opened.msat() - less <= opened.highMsat();
        return isLeftOpen ? less : 0;
    }

    private Item payment(Item item) {
        boolean isReceived = item.receipts().values().stream().anyMatch(Receipt::isSettled);
        boolean isSent = item.payments().values().stream().anyMatch(Payment::isSucceeded);
        SortedMap<NodeId, Receipt> receipts = new TreeMap<>();
        SortedMap<NodeId, Payment> payments = new TreeMap<>();
        boolean isSettledBefore = false;
        boolean isLive = false;
        boolean isGrown = false;
        for (var one : item.receipts().entrySet()) {
            Receipt receipt = one.getValue();
            if (!receipt.isSettled()) {
                if (!isOver(receipt)) {
                    receipts.put(one.getKey(), receipt);
                }
            } else if (isBefore(receipt.settledAt().orElse(receipt.terms().createdAt()))) {
                isSettledBefore = true;
                Optional<Receipt> later = later(receipt);
                later.ifPresent(grown -> receipts.put(one.getKey(), grown));
                isGrown |= later.isPresent();
            } else {
                receipts.put(one.getKey(), receipt);
                isLive = true;
            }
        }
        for (var one : item.payments().entrySet()) {
            Payment payment = one.getValue();
            if (payment.isTerminal()
                    && isBefore(payment.resolvedAt().orElse(payment.createdAt()))) {
                isSettledBefore |= payment.isSucceeded();
            } else {
                payments.put(one.getKey(), payment);
                isLive = true;
            }
        }
        // What both was received and sent within the fleet nets: it is taken as one, and what of
        // it moved before is opened with less.
        if ((isLive && !isSettledBefore) || (isReceived && isSent && isLive)) {
            return withHalves(item, receipts, payments, item.entries(), isReceived && isSent);
        }
        if (isSettledBefore) {
            boolean isAny = isLive || isGrown;
            return withHalves(
                    item,
                    receipts,
                    payments,
                    kept(item, entry -> isAny && !isBefore(entry.bookedAt())),
                    false);
        }
        SortedMap<EntryKey, StandingEntry> entries = kept(item, this::isDated);
        // Booked since, though it ended before: the books contradict the node now.
        return withHalves(item, receipts, payments, entries, !entries.isEmpty());
    }

    private static Item withHalves(
            Item item,
            SortedMap<NodeId, Receipt> receipts,
            SortedMap<NodeId, Payment> payments,
            SortedMap<EntryKey, StandingEntry> entries,
            boolean isWhole) {
        boolean isSame =
                isWhole || (receipts.equals(item.receipts()) && payments.equals(item.payments()));
        if (isSame && entries.equals(item.entries())) {
            return item;
        }
        return new Item(
                item.key(),
                isWhole ? item.receipts() : receipts,
                isWhole ? item.payments() : payments,
                item.facts(),
                entries,
                item.decisions(),
                item.allocations());
    }

    /// An invoice that nobody paid in time, or that was given up.
    private boolean isOver(Receipt receipt) {
        return receipt.state() != ReceiptState.ACCEPTED
                && (receipt.canceledSeenAt().filter(this::isBefore).isPresent()
                        || receipt.terms().expiresAt().filter(this::isBefore).isPresent());
    }

    /// What came since on a hash that had been paid before; empty when nothing did.
    private Optional<Receipt> later(Receipt receipt) {
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>(receipt.htlcs());
        htlcs.values()
                .removeIf(
                        htlc ->
                                htlc.state() != HtlcState.SETTLED
                                        || isBefore(Instant.ofEpochSecond(htlc.resolvedAt())));
        Msat sum = Msat.ZERO;
        Instant first = Instant.MAX;
        for (Receipt.Htlc htlc : htlcs.values()) {
            sum = sum.plus(htlc.amount());
            Instant at = Instant.ofEpochSecond(htlc.resolvedAt());
            first = at.isBefore(first) ? at : first;
        }
        if (sum.isZero() || !sum.equals(receipt.receivedLater())) {
            return Optional.empty();
        }
        return Optional.of(
                new Receipt(
                        receipt.state(),
                        receipt.terms(),
                        sum,
                        Optional.of(sum),
                        Optional.of(first),
                        receipt.isAmpSet(),
                        receipt.isSpontaneous(),
                        receipt.settledSets(),
                        receipt.canceledSeenAt(),
                        htlcs));
    }

    private Item forward(Item item) {
        if (item.facts().orElse(null) instanceof NodeFacts.Forward forward) {
            return isBefore(forward.settledAt()) ? nothing(item) : item;
        }
        return withEntries(item, this::isDated);
    }

    private Item day(Item item, Reference.ForwardsOfDay reference) {
        Instant end = reference.day().plusDays(1).atStartOfDay(zone).toInstant();
        boolean isOver = !end.isAfter(from());
        return withEntries(item, entry -> !isOver && !isBefore(entry.bookedAt()));
    }

    private Item transaction(Item item) {
        if (item.facts().orElse(null) instanceof ChainTx tx && tx.isKnown()) {
            return isBefore(tx) ? nothing(item) : item;
        }
        return withEntries(item, this::isDated);
    }

    private Item channel(Item item) {
        if (!(item.facts().orElse(null) instanceof Channel channel)) {
            return withEntries(item, this::isDated);
        }
        if (!isOpenedBefore(channel)) {
            return item;
        }
        boolean isEndedBefore = isEndedBefore(channel);
        return withEntries(
                item.replacing(channel.withoutOpening()),
                entry -> !isEndedBefore && isOfEnd(entry) && (channel.isEnded() || isDated(entry)));
    }

    /// What was booked of the channel's opening is about what was before.
    private boolean isOfEnd(BookEntry entry) {
        return switch (entry.kind()) {
            case CHANNEL_CLOSE, CHAIN_FEE, REVERSAL -> true;
            case CHANNEL_OPEN, PAYMENT, RECEIPT -> false;
            default -> isDated(entry);
        };
    }

    private static Item nothing(Item item) {
        return new Item(
                item.key(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Optional.empty(),
                Collections.emptySortedMap(),
                item.decisions(),
                item.allocations());
    }

    /// An entry of something that no node tells of: booked since, and about a day that is not over before.
    private boolean isDated(BookEntry entry) {
        return !isBefore(entry.bookedAt())
                && !entry.valueDate().isBefore(from().atZone(zone).toLocalDate());
    }

    private Item withEntries(Item item, Predicate<BookEntry> counts) {
        SortedMap<EntryKey, StandingEntry> entries = kept(item, counts);
        return entries.size() == item.entries().size()
                ? item
                : new Item(
                        item.key(),
                        item.receipts(),
                        item.payments(),
                        item.facts(),
                        entries,
                        item.decisions(),
                        item.allocations());
    }

    /// A reversal goes with what it takes back, the end of a hold with the hold.
    private static SortedMap<EntryKey, StandingEntry> kept(Item item, Predicate<BookEntry> counts) {
        SortedMap<EntryKey, StandingEntry> kept = new TreeMap<>(item.entries());
        kept.values().removeIf(one -> !counts.test(one.entry()));
        if (kept.size() == item.entries().size()) {
            return kept;
        }
        boolean isHoldGone = isAny(item.entries(), EntryKind.HOLD) && !isAny(kept, EntryKind.HOLD);
        kept.values().removeIf(one -> isHoldGone && one.entry().kind() == EntryKind.HOLD_RELEASE);
        int size;
        do {
            size = kept.size();
            kept.values().removeIf(one -> isOfGone(one.entry(), item.entries(), kept));
        } while (kept.size() < size);
        return kept;
    }

    private static boolean isAny(SortedMap<EntryKey, StandingEntry> entries, EntryKind kind) {
        return entries.values().stream().anyMatch(one -> one.entry().kind() == kind);
    }

    private static boolean isOfGone(
            BookEntry entry,
            SortedMap<EntryKey, StandingEntry> all,
            SortedMap<EntryKey, StandingEntry> kept) {
        return entry.reverses()
                .map(id -> new EntryKey(entry.source(), id))
                .filter(key -> all.containsKey(key) && !kept.containsKey(key))
                .isPresent();
    }

    private Instant from() {
        return requireNonNull(at.orElse(null));
    }

    /// What of a payment or a forward had moved by a moment: all that a node's balances can hold of it then. What is told by the
    /// second counts by its second. Empty when nothing had.
    ///
    /// @param counted as `counted` gave it
    public static Item until(Item counted, Instant moment) {
        SortedMap<NodeId, Receipt> receipts = new TreeMap<>(counted.receipts());
        receipts.replaceAll((_, receipt) -> receipt.until(moment));
        SortedMap<NodeId, Payment> payments = new TreeMap<>(counted.payments());
        payments.replaceAll((_, payment) -> payment.until(moment));
        return new Item(
                counted.key(),
                receipts,
                payments,
                counted.facts()
                        .filter(
                                facts ->
                                        !(facts instanceof NodeFacts.Forward forward
                                                && forward.settledAt().isAfter(moment))),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap());
    }
}
