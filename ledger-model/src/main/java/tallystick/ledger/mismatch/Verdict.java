package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Heights.Height;

/// What the rules say about one item at one moment.
///
/// @param roundingMsat the residue that the rounding rule accepts; 0 for none
/// @param dueAt when the item is to be decided again though nothing came
/// @param waitsForCoverage the fleet's coverage with which it is to be decided again
/// @param contributions what it says to groups of items
/// @param waitsForHeights heights with which it is to be decided again; also those that were seen, as it may become known that
///     they were seen sooner
public record Verdict(
        State state,
        List<Finding> findings,
        long roundingMsat,
        Optional<Instant> dueAt,
        Optional<Instant> waitsForCoverage,
        List<PairVerdict> pairs,
        List<Contribution> contributions,
        SortedSet<Height> waitsForHeights) {
    public Verdict {
        findings = List.copyOf(findings);
        pairs = List.copyOf(pairs);
        contributions = List.copyOf(contributions);
        waitsForHeights =
                waitsForHeights.isEmpty()
                        ? Collections.emptySortedSet()
                        : Collections.unmodifiableSortedSet(new TreeSet<>(waitsForHeights));
    }

    /// The same with another state.
    Verdict with(State other, List<PairVerdict> otherPairs) {
        return new Verdict(
                other,
                findings,
                roundingMsat,
                dueAt,
                waitsForCoverage,
                otherPairs,
                contributions,
                waitsForHeights);
    }

    /// The same, saying this to groups too.
    Verdict saying(List<Contribution> more) {
        return new Verdict(
                state,
                findings,
                roundingMsat,
                dueAt,
                waitsForCoverage,
                pairs,
                Stream.concat(contributions.stream(), more.stream()).toList(),
                waitsForHeights);
    }

    /// The same, to be decided again at the given moment at the latest.
    public Verdict dueBy(Instant moment) {
        return new Verdict(
                state,
                findings,
                roundingMsat,
                Optional.of(dueAt.filter(at -> at.isBefore(moment)).orElse(moment)),
                waitsForCoverage,
                pairs,
                contributions,
                waitsForHeights);
    }

    /// How an item stands.
    public enum State {
        /// There is nothing to agree on: no money moved and nothing is booked.
        IDLE,
        AGREED,
        AGREED_BY_RULE,
        WAITING,
        OPEN,
        /// Every mismatch of it was settled by a person.
        RESOLVED,
        /// Set aside by a person until a time.
        IGNORED,
        /// It lies before the moment from which the ledger counts.
        BEFORE_OPENING,
        /// Its rules are not part of this version.
        NOT_DECIDED_YET
    }

    /// How the entries under one (node, reference) stand.
    ///
    /// @param node empty when the entries name none and no node holds it
    /// @param bookedMsat sum of the net entries that move value
    public record PairVerdict(String node, String reference, State state, long bookedMsat) {}

    /// What an item says to a group: one order, one day's rounding, one day's forwards. Evidence alone decides it, never
    /// what a group decided.
    ///
    /// @param group name of the group
    /// @param node the node that holds the money
    /// @param reference in the books' form
    /// @param bookedAt of the entry that counts
    /// @param entryId of that entry
    /// @param amountMsat what it brings to the group
    /// @param knownAt when both halves were known
    /// @param feeMsat of a payment that nobody booked, what it cost; otherwise 0
    public record Contribution(
            String group,
            String node,
            String reference,
            Instant bookedAt,
            String entryId,
            long amountMsat,
            Instant knownAt,
            Optional<String> order,
            Optional<String> account,
            long feeMsat) {
        public Contribution(
                String group,
                String node,
                String reference,
                Instant bookedAt,
                String entryId,
                long amountMsat,
                Instant knownAt,
                Optional<String> order,
                Optional<String> account) {
            this(group, node, reference, bookedAt, entryId, amountMsat, knownAt, order, account, 0);
        }

        /// What the group decided on it for the item that says it; empty while it has yet to, or has decided on another amount.
        public Optional<Allocation> decided(Item item) {
            return Optional.ofNullable(item.allocations().get(group))
                    .filter(one -> one.contributedMsat() == amountMsat);
        }
    }
}
