package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tallystick.db.write.GroupRepository;
import tallystick.ledger.mismatch.Verdict;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// What the items of one batch say to groups. One use.
final class Contributions {
    private final List<byte[]> replaced = new ArrayList<>();
    private final List<GroupRepository.Row> rows = new ArrayList<>();
    private final Set<String> touched = new TreeSet<>();

    /// @param before the groups that the item said something to until now
    void add(byte[] itemKey, List<String> before, Verdict verdict) {
        if (!before.isEmpty()) {
            replaced.add(itemKey);
        }
        touched.addAll(before);
        for (Contribution contribution : verdict.contributions()) {
            touched.add(contribution.group());
            rows.add(row(itemKey, contribution));
        }
    }

    void write(Connection connection, GroupRepository groups) throws SQLException {
        groups.replace(connection, replaced, rows, touched);
    }

    private static GroupRepository.Row row(byte[] itemKey, Contribution contribution) {
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
                contribution.account().orElse(null));
    }
}
