package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.GroupRepository;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// What the items of one batch say to groups. One use.
final class Contributions {
    private final RuleSet rules;
    private final List<byte[]> replaced = new ArrayList<>();
    private final List<GroupRepository.Row> rows = new ArrayList<>();
    private final Map<String, GroupRepository.Dirty> touched = new TreeMap<>();
    private final Set<String> heard = new HashSet<>();

    private boolean isAtOnce;

    Contributions(RuleSet rules) {
        this.rules = rules;
    }

    /// Contributions that their groups know: they are being decided.
    void isHeard(Collection<GroupRepository.Row> rows) {
        rows.forEach(row -> heard.add(identity(row)));
    }

    /// Groups are to be decided whether they are due or not.
    void decideAtOnce() {
        isAtOnce = true;
    }

    /// Returns the names of the groups that hold something of the item from now on.
    ///
    /// @param before the same until now
    List<String> add(
            byte[] itemKey, int partition, List<String> before, Item item, Verdict verdict) {
        if (before.isEmpty() && verdict.contributions().isEmpty() && item.allocations().isEmpty()) {
            return List.of(); // As nearly all.
        }
        Map<String, Allocation> ofGroups = new TreeMap<>(item.allocations());
        ofGroups.keySet().removeIf(ChainLinker::decidesAllocation);
        if (!before.isEmpty()) {
            replaced.add(itemKey);
        }
        Set<String> silent = new TreeSet<>(before);
        Set<String> groups = new TreeSet<>();
        for (Contribution contribution : verdict.contributions()) {
            String group = contribution.group();
            GroupRepository.Row row = row(itemKey, partition, contribution, ofGroups.get(group));
            rows.add(row);
            groups.add(group);
            silent.remove(group);
            if (heard.isEmpty() || !heard.contains(identity(row))) {
                touch(group);
            }
        }
        ofGroups.forEach(
                (group, allocation) -> {
                    if (groups.add(group)) {
                        rows.add(withdrawn(itemKey, partition, group, allocation));
                    }
                });
        for (String group : silent) {
            if (heard.isEmpty() || !heard.contains(withdrawal(group, itemKey))) {
                touch(group);
            }
        }
        return List.copyOf(groups);
    }

    void write(Connection connection, GroupRepository groups) throws SQLException {
        groups.replace(connection, replaced, rows, touched.values());
    }

    /// A group that is dirty for another reason.
    void touch(GroupRepository.Dirty dirty) {
        touched.putIfAbsent(dirty.group(), dirty);
    }

    private void touch(String group) {
        touched.computeIfAbsent(
                group,
                name ->
                        new GroupRepository.Dirty(
                                name,
                                isAtOnce ? Instant.EPOCH : GroupRules.dueAt(name, rules),
                                null,
                                null));
    }

    /// Two contributions of the same identity mean the same to their group.
    private static String identity(GroupRepository.Row row) {
        return row.isWithdrawn()
                ? withdrawal(row.group(), row.itemKey())
                : String.join(
                        "\n",
                        row.group(),
                        Digests.hex(row.itemKey()),
                        row.node(),
                        row.reference(),
                        String.valueOf(row.amountMsat()),
                        row.entryId(),
                        String.valueOf(row.feeMsat()),
                        String.valueOf(Times.nanos(row.bookedAt()) / 1_000),
                        String.valueOf(Times.nanos(row.knownAt()) / 1_000));
    }

    private static String withdrawal(String group, byte[] itemKey) {
        return group + "\n" + Digests.hex(itemKey);
    }

    private static GroupRepository.Row row(
            byte[] itemKey,
            int partition,
            Contribution contribution,
            @Nullable Allocation allocation) {
        return new GroupRepository.Row(
                contribution.group(),
                itemKey,
                contribution.node(),
                contribution.reference(),
                contribution.bookedAt(),
                contribution.entryId(),
                contribution.amountMsat(),
                contribution.knownAt(),
                contribution.order().orElse(null),
                contribution.account().orElse(null),
                partition,
                false,
                allocation == null ? null : decision(allocation),
                contribution.feeMsat());
    }

    private static GroupRepository.Row withdrawn(
            byte[] itemKey, int partition, String group, Allocation allocation) {
        return new GroupRepository.Row(
                group,
                itemKey,
                "",
                "",
                Instant.EPOCH,
                "",
                0,
                Instant.EPOCH,
                null,
                null,
                partition,
                true,
                decision(allocation),
                0);
    }

    static GroupRepository.Decision decision(Allocation allocation) {
        return new GroupRepository.Decision(
                allocation.contributedMsat(),
                allocation.residueMsat(),
                allocation.isOpen(),
                allocation.proposal().orElse(null));
    }
}
