package tallystick.ledger.mismatch;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// How an item stands in the groups that allocate residue. Only a group decides; the item reads here what was decided.
final class Groups {
    private Groups() {}

    /// False while a group has yet to decide on what the item says now, or to take back what it decided on what the item
    /// said before.
    static boolean isSettled(Item item, List<Contribution> toGroups) {
        Set<String> heard = new HashSet<>(item.allocations().keySet());
        for (Contribution one : toGroups) {
            if (one.decided(item).isEmpty()) {
                return false;
            }
            heard.remove(one.group());
        }
        return heard.isEmpty();
    }

    /// What the group decided on a contribution that it has heard.
    static Allocation decided(Item item, Contribution heard) {
        return Objects.requireNonNull(item.allocations().get(heard.group()), "allocation");
    }

    /// True when the group leaves it unexplained.
    static boolean isOpen(Item item, Contribution heard) {
        return decided(item, heard).isOpen();
    }
}
