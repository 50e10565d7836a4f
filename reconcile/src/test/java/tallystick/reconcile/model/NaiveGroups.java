package tallystick.reconcile.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.ItemKey;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.GroupVerdict;
import tallystick.ledger.mismatch.MatchGroups;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// What the groups that move residue decide, from all that is said to them at once.
final class NaiveGroups {
    private final Map<ItemKey, SortedMap<String, Allocation>> allocations = new HashMap<>();
    private final Set<String> withEntries = new HashSet<>();

    private NaiveGroups() {}

    static NaiveGroups of(
            Map<ItemKey, Verdict> verdicts, Coverage everywhere, RuleSet rules, Instant now) {
        NaiveGroups result = new NaiveGroups();
        SortedMap<String, Map<ItemKey, Contribution>> said = new TreeMap<>();
        verdicts.forEach(
                (key, verdict) ->
                        verdict.contributions().stream()
                                .filter(one -> GroupRules.allocates(one.group()))
                                .forEach(
                                        one ->
                                                said.computeIfAbsent(
                                                                one.group(),
                                                                _ -> new LinkedHashMap<>())
                                                        .put(key, one)));
        // Where no entry speaks there is nothing to match.
        said.entrySet()
                .removeIf(
                        group ->
                                MatchGroups.isMatching(group.getKey())
                                        && group.getValue().values().stream()
                                                .allMatch(one -> one.entryId().isEmpty()));
        SortedMap<String, List<Contribution>> keys = new TreeMap<>();
        said.forEach(
                (group, some) -> {
                    if (MatchGroups.isMatching(group)) {
                        result.withEntries.add(group);
                    }
                    if (MatchGroups.isKey(group)) {
                        keys.put(group, List.copyOf(some.values()));
                    }
                });
        Map<String, GroupVerdict> decided = new TreeMap<>(MatchGroups.decideKeys(keys, rules));
        said.forEach(
                (group, some) -> {
                    List<Contribution> all = new ArrayList<>(some.values());
                    GroupVerdict verdict =
                            decided.computeIfAbsent(
                                    group,
                                    name -> GroupRules.decide(name, all, everywhere, rules, now));
                    int next = 0;
                    for (ItemKey key : some.keySet()) {
                        Optional<Allocation> one = verdict.allocations().get(next++);
                        one.ifPresent(
                                allocation ->
                                        result.allocations
                                                .computeIfAbsent(key, _ -> new TreeMap<>())
                                                .put(group, allocation));
                    }
                });
        return result;
    }

    /// The item with what the groups decide for it, and nothing else of the kind.
    Item allocated(ItemKey key, Item item) {
        SortedMap<String, Allocation> all = allocations.getOrDefault(key, new TreeMap<>());
        return all.equals(item.allocations())
                ? item
                : new Item(
                        item.key(),
                        item.receipts(),
                        item.payments(),
                        item.facts(),
                        item.entries(),
                        item.decisions(),
                        all);
    }

    /// True when an entry without a reference speaks to the group.
    boolean hasEntries(String group) {
        return withEntries.contains(group);
    }

    boolean speaksWithEntries(Verdict verdict) {
        return verdict.contributions().stream()
                .map(Contribution::group)
                .anyMatch(withEntries::contains);
    }
}
