package tallystick.ledger.item;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Decision.Kind;

/// All that is known under one reference: each node's half, the books' half, what people and what its groups decided.
/// Immutable.
///
/// @param decisions by id
/// @param allocations by the name of the group
public record Item(
        ItemKey key,
        SortedMap<NodeId, Receipt> receipts,
        SortedMap<NodeId, Payment> payments,
        Optional<NodeFacts> facts,
        SortedMap<EntryKey, StandingEntry> entries,
        SortedMap<String, Decision> decisions,
        SortedMap<String, Allocation> allocations) {
    public Item {
        boolean isErased = isErased(decisions);
        receipts = Joins.frozen(isErased ? mapped(receipts, Receipt::withoutTexts) : receipts);
        payments = Joins.frozen(payments);
        entries = Joins.frozen(isErased ? mapped(entries, StandingEntry::withoutTexts) : entries);
        decisions = Joins.frozen(decisions);
        allocations = Joins.frozen(allocations);
    }

    private static boolean isErased(SortedMap<String, Decision> decisions) {
        return !decisions.isEmpty() // As seldom.
                && decisions.values().stream().anyMatch(one -> one.kind() == Kind.ERASE);
    }

    private static <K, V> SortedMap<K, V> mapped(SortedMap<K, V> all, UnaryOperator<V> change) {
        SortedMap<K, V> result = new TreeMap<>(all);
        result.replaceAll((_, one) -> change.apply(one));
        return result;
    }

    /// Whether what people wrote is erased: memos and orders, those that came and those that come.
    public boolean isErased() {
        return isErased(decisions);
    }

    /// Whether it holds anything that people wrote.
    public boolean hasTexts() {
        return receipts.values().stream().anyMatch(one -> !one.terms().memo().isEmpty())
                || entries.values().stream().anyMatch(one -> one.entry().hasTexts());
    }

    public static Item empty(ItemKey key) {
        return new Item(
                key,
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Optional.empty(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap());
    }

    public Item with(NodeId node, Receipt receipt) {
        return new Item(
                key,
                Joins.with(receipts, node, receipt, Receipt::join),
                payments,
                facts,
                entries,
                decisions,
                allocations);
    }

    public Item with(NodeId node, Payment payment) {
        return new Item(
                key,
                receipts,
                Joins.with(payments, node, payment, Payment::join),
                facts,
                entries,
                decisions,
                allocations);
    }

    public Item with(NodeFacts more) {
        return new Item(
                key,
                receipts,
                payments,
                Joins.either(facts, Optional.of(more), NodeFacts::join),
                entries,
                decisions,
                allocations);
    }

    /// With other facts instead of its own.
    public Item replacing(NodeFacts other) {
        return new Item(
                key, receipts, payments, Optional.of(other), entries, decisions, allocations);
    }

    /// With what was told of a node's stream.
    public Item with(String stream, Gaps.Told told) {
        NodeFacts.Followed present =
                facts.orElse(NodeFacts.Followed.NOTHING) instanceof NodeFacts.Followed one
                        ? one
                        : NodeFacts.Followed.NOTHING;
        return new Item(
                key,
                receipts,
                payments,
                Optional.of(present.with(stream, told)),
                entries,
                decisions,
                allocations);
    }

    /// Entries must be given in the order of their partition: the first of several with one number stands.
    public Item with(BookEntry told) {
        BookEntry entry = isErased() ? told.withoutTexts() : told;
        EntryKey entryKey = new EntryKey(entry.source(), entry.entryId());
        return new Item(
                key,
                receipts,
                payments,
                facts,
                Joins.with(
                        entries,
                        entryKey,
                        StandingEntry.of(entry),
                        (present, _) -> present.withLater(entry)),
                decisions,
                allocations);
    }

    /// A decision that comes again, under its id, changes nothing.
    public Item with(Decision decision) {
        return new Item(
                key,
                receipts,
                payments,
                facts,
                entries,
                Joins.with(decisions, decision.id(), decision, (present, _) -> present),
                allocations);
    }

    /// With what the group decided; empty takes back what it had decided before.
    public Item withAllocation(String group, Optional<Allocation> allocation) {
        SortedMap<String, Allocation> more = new TreeMap<>(allocations);
        more.remove(group);
        allocation.ifPresent(one -> more.put(group, one));
        return new Item(key, receipts, payments, facts, entries, decisions, more);
    }

    /// The residue that it takes over from other items. Unit: msat.
    public long allocatedMsat() {
        long sum = 0;
        for (Allocation allocation : allocations.values()) {
            sum = Math.addExact(sum, allocation.residueMsat());
        }
        return sum;
    }
}
