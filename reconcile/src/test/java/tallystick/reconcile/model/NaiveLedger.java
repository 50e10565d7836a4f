package tallystick.reconcile.model;

import static java.util.stream.Collectors.joining;

import com.google.protobuf.Message;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Decider;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;

/// What the ledger must say, given what was read and when it is now: everything is put together anew, from all of the
/// evidence at once. Immutable.
///
/// @param items what is known under each reference
/// @param findings what is open, by item and by group
/// @param verdicts how each item stands
/// @param balances what the accounts hold, debits positive. Unit: msat
public record NaiveLedger(
        Map<ItemKey, Item> items,
        Map<ItemKey, Verdict> verdicts,
        Map<String, List<Finding>> groups,
        SortedMap<String, Long> balances) {

    /// @param said everything that was read, each message in the order of its partition
    /// @param coverage what is proven to have been read, as far as it counts for an item
    /// @param everywhere the same, as far as it counts for all
    public static NaiveLedger of(
            Collection<Message> said,
            Function<ItemKey, Coverage> coverage,
            Coverage everywhere,
            RuleSet rules,
            Instant now) {
        Map<ItemKey, Item> items = new LinkedHashMap<>(NaiveItems.of(said));
        Map<ItemKey, Verdict> verdicts = new LinkedHashMap<>();
        SortedMap<String, Long> balances = new TreeMap<>();
        Map<String, Map<ItemKey, Verdict.Contribution>> contributors = new TreeMap<>();
        items.forEach(
                (key, item) -> {
                    Verdict verdict = Decider.decide(item, coverage.apply(key), rules, now);
                    verdicts.put(key, verdict);
                    verdict.contributions().stream()
                            .filter(one -> GroupRules.allocates(one.group()))
                            .forEach(
                                    one ->
                                            contributors
                                                    .computeIfAbsent(
                                                            one.group(), _ -> new LinkedHashMap<>())
                                                    .put(key, one));
                });
        contributors.forEach(
                (group, some) -> {
                    List<Optional<Allocation>> decided =
                            GroupRules.decide(
                                            group,
                                            List.copyOf(some.values()),
                                            everywhere,
                                            rules,
                                            now)
                                    .allocations();
                    int next = 0;
                    for (ItemKey key : some.keySet()) {
                        items.put(key, items.get(key).withAllocation(group, decided.get(next++)));
                    }
                });
        Map<String, List<Verdict.Contribution>> contributions = new TreeMap<>();
        items.forEach(
                (key, item) -> {
                    Verdict verdict = Decider.decide(item, coverage.apply(key), rules, now);
                    verdicts.put(key, verdict);
                    NaiveBooks.add(balances, NaiveBooks.balances(item, verdict.roundingMsat()));
                    verdict.contributions()
                            .forEach(
                                    one ->
                                            contributions
                                                    .computeIfAbsent(
                                                            one.group(), _ -> new ArrayList<>())
                                                    .add(one));
                });
        Map<String, List<Finding>> groups = new TreeMap<>();
        contributions.forEach(
                (group, some) ->
                        groups.put(
                                group,
                                GroupRules.decide(group, some, everywhere, rules, now).findings()));
        return new NaiveLedger(items, verdicts, groups, balances);
    }

    /// What the register must show as open, a line each.
    public SortedSet<String> open() {
        SortedSet<String> lines = new TreeSet<>();
        verdicts.forEach(
                (key, verdict) ->
                        verdict.findings()
                                .forEach(finding -> lines.add(line(finding, residue(key)))));
        groups.values().forEach(some -> some.forEach(finding -> lines.add(line(finding, 0))));
        return lines;
    }

    /// What the items must look like, a line each.
    public SortedSet<String> itemLines() {
        SortedSet<String> lines = new TreeSet<>();
        verdicts.forEach(
                (key, verdict) ->
                        lines.add("%s|%s|%d".formatted(key.text(), verdict.state(), residue(key))));
        return lines;
    }

    /// What is open about the thing with that number, if it is one under a payment hash.
    public List<Finding> findings(int thing) {
        Verdict verdict = verdicts.get(ItemKey.ofPayment(Thing.hash(thing)));
        return verdict == null ? List.of() : verdict.findings();
    }

    /// Sum of what the item leaves on clearing, credits less debits.
    public long residue(ItemKey key) {
        return items.get(key).allocatedMsat()
                - NaiveBooks.balances(items.get(key), verdicts.get(key).roundingMsat())
                        .getOrDefault("clearing", 0L);
    }

    private static String line(Finding finding, long residue) {
        return line(
                finding.code().name(),
                finding.node().map(NodeId::pubkey).orElse(""),
                finding.reference(),
                finding.amount().value(),
                residue,
                finding.since().truncatedTo(ChronoUnit.MICROS),
                finding.sentence(),
                finding.order().orElse(""),
                finding.account().orElse(""),
                finding.nodeMsat().isPresent() ? finding.nodeMsat().getAsLong() : null,
                finding.booksMsat().isPresent() ? finding.booksMsat().getAsLong() : null);
    }

    /// One open mismatch, as a line; whoever compares must write it so.
    public static String line(@org.jspecify.annotations.Nullable Object... parts) {
        return java.util.Arrays.stream(parts)
                .map(part -> Optional.<Object>ofNullable(part).map(Object::toString).orElse("-"))
                .collect(joining("|"));
    }
}
