package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.GroupRepository.Decision;
import tallystick.db.write.TransferRepository;
import tallystick.db.write.TransferRepository.AllocationRow;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.GroupVerdict;
import tallystick.ledger.mismatch.MatchGroups;

/// What groups decided otherwise than before: the new allocations of their items, and the transfers that lead there. One use.
final class Allocations {
    /// By item, then by group; empty to take back.
    private final Map<ByteString, Map<String, Optional<Allocation>>> changed = new HashMap<>();

    private final Map<ByteString, Integer> partitions = new HashMap<>();
    private final List<Move> moves = new ArrayList<>();

    /// Residue that goes from one item to another.
    private record Move(String group, Share from, Share to, long msat) {}

    /// By how much an item's allocation changes; more than zero always.
    private record Share(byte[] itemKey, int partition, long msat) {
        Share less(long taken) {
            return new Share(itemKey, partition, msat - taken);
        }
    }

    /// @param rows the group's contributions, withdrawn ones too
    /// @param verdict on those that are not withdrawn, in their order
    void add(String group, List<GroupRepository.Row> rows, GroupVerdict verdict) {
        Deque<Share> givers = new ArrayDeque<>();
        Deque<Share> takers = new ArrayDeque<>();
        boolean isQuiet =
                MatchGroups.isKey(group) && rows.stream().allMatch(row -> row.entryId().isEmpty());
        int next = 0;
        for (GroupRepository.Row row : rows) {
            if (isQuiet && !row.isWithdrawn()) {
                // It may have waited for an entry that has gone.
                decideAgain(row);
            }
            Optional<Allocation> should =
                    row.isWithdrawn() ? Optional.empty() : verdict.allocations().get(next++);
            Decision before = row.decision();
            if (Objects.equals(before, should.map(Contributions::decision).orElse(null))) {
                continue;
            }
            decideAgain(row).put(group, should);
            long more = Math.subtractExact(residue(should), residue(before));
            if (more > 0) {
                takers.add(new Share(row.itemKey(), row.partition(), more));
            } else if (more < 0) {
                givers.add(new Share(row.itemKey(), row.partition(), -more));
            }
        }
        pair(group, givers, takers);
    }

    /// Returns what changes of the item.
    private Map<String, Optional<Allocation>> decideAgain(GroupRepository.Row row) {
        ByteString key = ByteString.copyFrom(row.itemKey());
        partitions.put(key, row.partition());
        return changed.computeIfAbsent(key, _ -> new TreeMap<>());
    }

    /// Both sides sum to the same, since allocations sum to zero before and after.
    private void pair(String group, Deque<Share> givers, Deque<Share> takers) {
        while (!givers.isEmpty() && !takers.isEmpty()) {
            Share from = givers.remove();
            Share to = takers.remove();
            long msat = Math.min(from.msat(), to.msat());
            moves.add(new Move(group, from, to, msat));
            if (from.msat() > msat) {
                givers.addFirst(from.less(msat));
            }
            if (to.msat() > msat) {
                takers.addFirst(to.less(msat));
            }
        }
        if (!givers.isEmpty() || !takers.isEmpty()) {
            throw new IllegalStateException(
                    "group %s: allocations do not foot (expected: sum 0)".formatted(group));
        }
    }

    private static long residue(Optional<Allocation> allocation) {
        return allocation.map(Allocation::residueMsat).orElse(0L);
    }

    private static long residue(@Nullable Decision decision) {
        return decision == null ? 0 : decision.allocatedMsat();
    }

    /// The items that change, or may.
    Collection<byte[]> itemKeys() {
        return changed.keySet().stream().map(ByteString::toByteArray).toList();
    }

    int partition(ByteString key) {
        return requireNonNull(partitions.get(key), "partition");
    }

    Item apply(ByteString key, Item item) {
        Item result = item;
        for (Map.Entry<String, Optional<Allocation>> one :
                requireNonNull(changed.get(key), "item").entrySet()) {
            result = result.withAllocation(one.getKey(), one.getValue());
        }
        return result;
    }

    List<AllocationRow> rows(Connection connection, TransferRepository transfers)
            throws SQLException {
        if (moves.isEmpty()) {
            return List.of();
        }
        long clearing = Accounts.clearing(connection, transfers);
        return moves.stream()
                .map(
                        move ->
                                new AllocationRow(
                                        move.from().itemKey(),
                                        move.from().partition(),
                                        move.to().itemKey(),
                                        move.to().partition(),
                                        "allocation/" + move.group(),
                                        clearing,
                                        move.msat()))
                .toList();
    }
}
