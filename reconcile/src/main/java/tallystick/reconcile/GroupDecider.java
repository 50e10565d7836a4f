package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.DecisionRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Decides groups of items that have become dirty, each under its own lock, in transactions of their own.
final class GroupDecider {
    /// Most groups in one transaction.
    private static final int GROUPS_MAX = 1_000;

    private final Transactions transactions;
    private final RuleSet rules;
    private final GroupRepository groups = new GroupRepository();
    private final BatchRepository batches = new BatchRepository();
    private final DecisionRepository decisions = new DecisionRepository();
    private final RegisterRepository register = new RegisterRepository();

    GroupDecider(Transactions transactions, RuleSet rules) {
        this.transactions = transactions;
        this.rules = rules;
    }

    /// Decides all dirty groups that no other worker holds.
    void decideDirty(Instant now) {
        while (transactions.call(connection -> decideSome(connection, now)) == GROUPS_MAX) {
            // Until fewer than the limit were dirty.
        }
    }

    private int decideSome(Connection connection, Instant now) throws SQLException {
        List<String> dirty = groups.takeDirty(connection, GROUPS_MAX);
        if (dirty.isEmpty()) {
            return 0;
        }
        Map<String, List<GroupRepository.Row>> contributions = new TreeMap<>();
        dirty.forEach(group -> contributions.put(group, new ArrayList<>()));
        for (GroupRepository.Row row : groups.load(connection, dirty)) {
            requireNonNull(contributions.get(row.group())).add(row);
        }
        Map<ByteString, RegisterRepository.Row> open = new HashMap<>();
        register.standingByOwner(connection, dirty)
                .forEach(row -> open.put(ByteString.copyFrom(row.mismatchId()), row));
        Map<String, List<Decision>> decided = decided(connection, dirty);
        RegisterUpdate update = new RegisterUpdate(register);
        Set<ByteString> found = new HashSet<>();
        contributions.forEach(
                (group, rows) -> decide(group, rows, now, decided, open, update, found));
        open.forEach(
                (id, row) -> {
                    if (!found.contains(id)) {
                        update.close(row.mismatchId());
                    }
                });
        long batchId = batches.nextBatchId(connection);
        List<RegisterRepository.Change> changes = update.write(connection, batchId, "group");
        if (!changes.isEmpty()) {
            byte[] digest = new BatchDigest().changes(changes).bytes();
            batches.append(connection, batchId, "group", now, 0, digest);
        }
        return dirty.size();
    }

    private void decide(
            String group,
            List<GroupRepository.Row> rows,
            Instant now,
            Map<String, List<Decision>> decided,
            Map<ByteString, RegisterRepository.Row> open,
            RegisterUpdate update,
            Set<ByteString> found) {
        Map<String, byte[]> itemKeys = new HashMap<>();
        List<Contribution> contributions = new ArrayList<>();
        for (GroupRepository.Row row : rows) {
            itemKeys.put(row.reference(), row.itemKey());
            contributions.add(contribution(row));
        }
        for (Finding finding : GroupRules.decide(group, contributions, rules)) {
            String mismatchId = MismatchMessages.id(finding);
            Outcome.Judged judged =
                    Outcome.judge(
                            finding, mismatchId, decided.getOrDefault(mismatchId, List.of()), now);
            RegisterRepository.Row row =
                    MismatchMessages.row(
                            judged, group, itemKeys.get(finding.reference()), 0, rules, now);
            ByteString id = ByteString.copyFrom(row.mismatchId());
            found.add(id);
            RegisterRepository.Row present = open.get(id);
            if (present == null || !MismatchMessages.readAlike(present, row)) {
                update.report(row);
            }
        }
    }

    /// What people decided about what these groups found, by mismatch id.
    private Map<String, List<Decision>> decided(Connection connection, List<String> groupNames)
            throws SQLException {
        Map<String, List<Decision>> result = new HashMap<>();
        for (byte[] bytes : decisions.ofOwners(connection, groupNames)) {
            Decision decision = DecisionCodec.parse(bytes);
            result.computeIfAbsent(decision.mismatchId(), _ -> new ArrayList<>()).add(decision);
        }
        return result;
    }

    private static Contribution contribution(GroupRepository.Row row) {
        return new Contribution(
                row.group(),
                row.node(),
                row.reference(),
                row.bookedAt(),
                row.entryId(),
                row.amountMsat(),
                row.knownAt(),
                Optional.ofNullable(row.order()),
                Optional.ofNullable(row.account()));
    }
}
