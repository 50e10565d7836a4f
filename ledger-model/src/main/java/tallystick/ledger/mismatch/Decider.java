package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.Opening;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Decides items. Pure: the same item, coverage, rules and moment always give the same verdict.
public final class Decider {
    private Decider() {}

    /// As if no entry without a reference could be about it.
    public static Verdict decide(Item item, Coverage coverage, RuleSet rules, Instant now) {
        return decide(item, coverage, rules, now, _ -> false);
    }

    /// @param hasEntries whether entries without a reference speak to a group that the item speaks to
    public static Verdict decide(
            Item whole,
            Coverage coverage,
            RuleSet rules,
            Instant now,
            Predicate<String> hasEntries) {
        Opening opening = rules.opening();
        Item item = opening.counted(whole);
        if (opening.isBefore(whole, item)) {
            return BeforeOpening.verdict(whole, rules);
        }
        Verdict verdict = verdict(item, coverage, rules, now, hasEntries);
        List<Contribution> late = ClosedDays.contributions(item, rules);
        return late.isEmpty() ? verdict : verdict.saying(late);
    }

    private static Verdict verdict(
            Item item,
            Coverage coverage,
            RuleSet rules,
            Instant now,
            Predicate<String> hasEntries) {
        return switch (item.key().reference()) {
            case Reference.Payment _, Reference.AmpSet _ ->
                    new PaymentDecision(item, coverage, rules, now, hasEntries).verdict();
            case Reference.Forward _ -> new ForwardDecision(item, coverage, rules, now).verdict();
            case Reference.ForwardsOfDay day ->
                    new DayDecision(item, day, coverage, rules, now).verdict();
            case Reference.Order _, Reference.Entry _ ->
                    new EntryDecision(item, coverage, rules, now).verdict();
            case Reference.Channel _ -> new ChannelDecision(item, coverage, rules, now).verdict();
            case Reference.Tx _ -> new TransactionDecision(item, coverage, rules, now).verdict();
            case Reference.OfNode node ->
                    new NodeDecision(item, node, coverage, rules, now).verdict();
            case Reference.Refused refused ->
                    new RefusedDecision(item, refused, coverage, now).verdict();
        };
    }

    /// A (node, reference) under which entries stand.
    record PairKey(String node, String reference) {}

    /// Every pair that has entries, with the net sum that moves value.
    ///
    /// @param holder the node that stands in where entries name none
    static Map<PairKey, Long> pairs(Item item, NetBooks books, Optional<NodeId> holder) {
        Map<PairKey, Long> result = new LinkedHashMap<>();
        for (BookEntry entry : books.all()) {
            String node =
                    entry.node()
                            .or(() -> dayNode(item.key()))
                            .or(() -> holder)
                            .map(NodeId::pubkey)
                            .orElse("");
            boolean counts = books.isLeft(entry) && entry.kind().movesValue();
            result.merge(
                    new PairKey(node, entry.reference().text()),
                    counts ? entry.amount().value() : 0L,
                    Math::addExact);
        }
        return result;
    }

    private static Optional<NodeId> dayNode(ItemKey key) {
        return key.reference() instanceof Reference.ForwardsOfDay(NodeId node, var _)
                ? Optional.of(node)
                : Optional.empty();
    }
}
