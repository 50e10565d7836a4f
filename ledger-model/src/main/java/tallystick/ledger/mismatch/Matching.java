package tallystick.ledger.mismatch;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.match.Direction;
import tallystick.ledger.match.Keys;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// A settlement that nobody booked under its hash, and the entries without a reference that may be about it. One use.
final class Matching {
    private final PaymentFacts facts;
    private final Claims claims;
    private final RuleSet rules;
    private final Predicate<String> hasEntries;
    private final List<Contribution> toKeys = new ArrayList<>();
    private final List<Contribution> toDays = new ArrayList<>();

    /// @param hasEntries whether entries speak to a group: then it is to be heard before anything is called not booked
    Matching(PaymentFacts facts, Claims claims, RuleSet rules, Predicate<String> hasEntries) {
        this.facts = facts;
        this.claims = claims;
        this.rules = rules;
        this.hasEntries = hasEntries;
    }

    void decideReceipt(NodeId node, long received, Claim notBooked) {
        String memo = facts.receipt(node).terms().memo();
        var _ = decide(Direction.IN, node, received, 0, facts.receivedAt(node), memo, notBooked);
    }

    /// Returns what entries without a reference hold of the payment, fee included if they hold it. Unit: msat.
    ///
    /// @param fee what it cost, if that is not booked either
    long decidePayment(NodeId node, long sent, long fee, Claim notBooked) {
        return decide(Direction.OUT, node, sent, fee, facts.resolvedAt(node), "", notBooked);
    }

    private long decide(
            Direction direction,
            NodeId node,
            long amount,
            long fee,
            Instant at,
            String memo,
            Claim notBooked) {
        boolean isOne = facts.settlements() == 1;
        if (!isOne || !claims.isRipe(notBooked)) {
            claims.add(notBooked);
            return 0;
        }
        String hash =
                facts.item().key().reference() instanceof Reference.Payment(String text)
                        ? text
                        : "";
        Keys.ofSettlement(hash, memo)
                .forEach(
                        key ->
                                toKeys.add(
                                        contribution(
                                                MatchGroups.key(direction, key),
                                                node,
                                                amount,
                                                fee,
                                                at)));
        if (!isHeard()) {
            claims.await();
            return 0;
        }
        long matched =
                MatchGroups.matchedMsat(toKeys.stream().flatMap(one -> decided(one).stream()));
        if (matched == 0) {
            claims.add(notBooked);
            addDays(direction, node, amount, fee, at);
        }
        return matched;
    }

    /// Its own day and the next: entries are dated then.
    private void addDays(Direction direction, NodeId node, long amount, long fee, Instant at) {
        LocalDate day = at.atZone(rules.zone()).toLocalDate();
        for (LocalDate one : List.of(day, day.plusDays(1))) {
            toDays.add(contribution(MatchGroups.day(direction, one), node, amount, fee, at));
        }
    }

    private Contribution contribution(
            String group, NodeId node, long amount, long fee, Instant at) {
        return new Contribution(
                group,
                node.pubkey(),
                facts.referenceText(Optional.of(node)),
                at,
                "",
                amount,
                at,
                Optional.empty(),
                Optional.empty(),
                fee);
    }

    private boolean isHeard() {
        return toKeys.stream()
                .noneMatch(one -> decided(one).isEmpty() && hasEntries.test(one.group()));
    }

    private Optional<Allocation> decided(Contribution said) {
        return said.decided(facts.item());
    }

    /// False while a group has still to take back what it decided on what the item said before.
    boolean isUpToDate() {
        if (facts.item().allocations().isEmpty()) { // As nearly always.
            return true;
        }
        Set<String> stale = new HashSet<>(facts.item().allocations().keySet());
        toKeys.stream()
                .filter(one -> decided(one).isPresent())
                .forEach(one -> stale.remove(one.group()));
        return stale.isEmpty();
    }

    List<Contribution> contributions() {
        List<Contribution> all = new ArrayList<>(toKeys);
        all.addAll(toDays);
        return all;
    }
}
