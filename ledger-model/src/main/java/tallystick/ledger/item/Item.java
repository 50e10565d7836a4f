package tallystick.ledger.item;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.decision.Decision;

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
        receipts = Joins.frozen(receipts);
        payments = Joins.frozen(payments);
        entries = Joins.frozen(entries);
        decisions = Joins.frozen(decisions);
        allocations = Joins.frozen(allocations);
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
    public Item with(BookEntry entry) {
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
