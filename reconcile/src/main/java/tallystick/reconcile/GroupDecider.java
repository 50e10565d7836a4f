package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.IntStream;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.DecisionRepository;
import tallystick.db.write.DueRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.GroupVerdict;
import tallystick.ledger.mismatch.MatchGroups;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Decides groups of items that have become dirty, each under its own lock, in transactions of their own. A group that moves
/// residue between its items is decided under the position locks of their partition numbers too, as their owners would.
final class GroupDecider {
    /// Most groups in one transaction.
    private static final int GROUPS_MAX = 1_000;

    /// A group can make others dirty, which make none dirty themselves; more rounds are left to the next call.
    private static final int ROUNDS_MAX = 1_000;

    private final Transactions transactions;
    private final RuleSet rules;
    private final List<Integer> partitions;
    private final DueRepository dueItems = new DueRepository();
    private final GroupRepository groups = new GroupRepository();
    private final BatchRepository batches = new BatchRepository();
    private final DecisionRepository decisions = new DecisionRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final PositionRepository positions = new PositionRepository();
    private final ItemRepository items = new ItemRepository();
    private final ItemLoader loader = new ItemLoader(items);
    private final TransferRepository transfers = new TransferRepository();
    private final Accounts.Known accounts = new Accounts.Known();
    private final CoverageBook coverageBook = new CoverageBook();

    /// @param partitions how many partition numbers there are
    GroupDecider(Transactions transactions, RuleSet rules, int partitions) {
        this.transactions = transactions;
        this.rules = rules;
        this.partitions = IntStream.range(0, partitions).boxed().toList();
    }

    /// Decides all dirty groups whose time has come and that no other worker holds.
    void decideDirty(Instant now) {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            List<String> due =
                    transactions.call(
                            connection ->
                                    groups.due(connection, now, partitions.size(), GROUPS_MAX));
            List<String> matching = due.stream().filter(MatchGroups::isMatching).toList();
            List<String> others =
                    due.stream().filter(group -> !MatchGroups.isMatching(group)).toList();
            List<String> allocating = others.stream().filter(GroupRules::allocates).toList();
            List<String> reporting =
                    others.stream().filter(group -> !GroupRules.allocates(group)).toList();
            int decided = 0;
            if (!reporting.isEmpty()) {
                decided +=
                        transactions.call(
                                connection -> decideReporting(connection, reporting, now));
            }
            if (!allocating.isEmpty()) {
                decided +=
                        transactions.call(
                                connection -> decideAllocating(connection, allocating, now));
            }
            if (!matching.isEmpty()) {
                decided += decideMatching(matching, now);
            }
            if (decided == 0) {
                return;
            }
        }
    }

    /// Groups of matching. Where no entry speaks there is nothing to decide, and nothing is locked for it.
    private int decideMatching(List<String> due, Instant now) {
        int quiet = transactions.call(connection -> dropQuiet(connection, due));
        int decided =
                transactions.call(
                        connection -> {
                            SortedSet<String> busy = groups.busy(connection, due);
                            return busy.isEmpty()
                                    ? 0
                                    : decideAllocating(
                                            connection, groups.linked(connection, busy), now);
                        });
        return quiet + decided;
    }

    /// Taken first and looked at then: an entry that speaks meanwhile makes its group dirty again.
    private int dropQuiet(Connection connection, List<String> due) throws SQLException {
        List<String> taken = groups.take(connection, due);
        SortedSet<String> busy = groups.busy(connection, taken);
        groups.markDirty(
                connection,
                busy.stream()
                        .map(
                                name ->
                                        new GroupRepository.Dirty(
                                                name, GroupRules.dueAt(name, rules), null, null))
                        .toList());
        return taken.size() - busy.size();
    }

    /// Groups that only report: what they find, and nothing of their items, changes.
    private int decideReporting(Connection connection, List<String> due, Instant now)
            throws SQLException {
        List<String> taken = groups.take(connection, due);
        if (taken.isEmpty()) {
            return 0;
        }
        RegisterUpdate update = new RegisterUpdate(register);
        Coverage nothingNeeded = Coverage.least(List.of());
        decide(connection, load(connection, taken), nothingNeeded, now, update);
        long batchId = batches.nextBatchId(connection);
        List<RegisterRepository.Change> changes = update.write(connection, batchId, "group");
        if (!changes.isEmpty()) {
            byte[] digest = new BatchDigest().changes(changes).bytes();
            batches.append(connection, batchId, "group", now, 0, digest);
        }
        return taken.size();
    }

    /// Groups that move residue: their items change with them, in the same transaction.
    private int decideAllocating(Connection connection, Collection<String> due, Instant now)
            throws SQLException {
        SortedSet<Integer> held = groups.partitions(connection, due);
        positions.lock(connection, held);
        Collection<String> taken = groups.take(connection, due);
        if (taken.stream().anyMatch(MatchGroups::isMatching)) {
            // Also those that are linked to a dirty one; what they hold cannot change under our
            // locks.
            taken = groups.linked(connection, taken);
        }
        // Read before the contributions: what it covers is then among them.
        coverageBook.load(connection, partitions);
        SortedMap<String, List<GroupRepository.Row>> contributions =
                withinHeld(connection, load(connection, taken), held);
        if (contributions.isEmpty()) {
            return 0;
        }
        Work work = new Work(batches.nextBatchId(connection), "group", now, held);
        Settlement settlement = new Settlement(rules, work.batchId, now, register, accounts);
        contributions.values().forEach(settlement::isHeard);
        Map<String, GroupVerdict> verdicts =
                decide(
                        connection,
                        contributions,
                        coverageBook.everywhere(partitions),
                        now,
                        settlement.update());
        Allocations allocations = new Allocations();
        contributions.forEach(
                (group, rows) -> allocations.add(group, rows, requireNonNull(verdicts.get(group))));
        loader.loadToDecide(connection, work, allocations.itemKeys());
        for (ByteString key : work.changed) {
            Work.Loaded loaded = work.item(key);
            loaded = loaded.with(allocations.apply(key, loaded.item()));
            work.put(key, loaded);
            int partition = allocations.partition(key);
            settlement.decide(key, loaded, partition, coverageBook.of(partition), work);
        }
        settlement.complete(connection, groups, work);
        List<RegisterRepository.Change> changes =
                settlement.write(connection, items, transfers, groups, dueItems, work.cause);
        List<TransferRepository.AllocationRow> moved = allocations.rows(connection, transfers);
        transfers.allocate(connection, work.batchId, settlement.postings().size(), moved);
        groups.markDirty(connection, waiting(verdicts, now));
        if (!settlement.isEmpty() || !changes.isEmpty()) {
            byte[] digest =
                    new BatchDigest()
                            .transfers(settlement.postings())
                            .allocations(moved)
                            .changes(changes)
                            .bytes();
            batches.append(connection, work.batchId, work.cause, now, 0, digest);
        }
        return contributions.size();
    }

    private SortedMap<String, List<GroupRepository.Row>> load(
            Connection connection, Collection<String> taken) throws SQLException {
        SortedMap<String, List<GroupRepository.Row>> result = new TreeMap<>();
        taken.forEach(group -> result.put(group, new ArrayList<>()));
        for (GroupRepository.Row row : groups.load(connection, taken)) {
            requireNonNull(result.get(row.group())).add(row);
        }
        return result;
    }

    /// Without the groups that got an item from elsewhere before the locks were ours: they stay dirty.
    private SortedMap<String, List<GroupRepository.Row>> withinHeld(
            Connection connection,
            SortedMap<String, List<GroupRepository.Row>> contributions,
            Set<Integer> held)
            throws SQLException {
        List<GroupRepository.Dirty> left = new ArrayList<>();
        boolean areKeysHeld =
                contributions.entrySet().stream()
                        .filter(group -> MatchGroups.isKey(group.getKey()))
                        .allMatch(group -> isHeld(group.getValue(), held));
        contributions
                .entrySet()
                .removeIf(
                        group -> {
                            // Keys are decided together, or not at all.
                            boolean isHeld =
                                    MatchGroups.isKey(group.getKey())
                                            ? areKeysHeld
                                            : isHeld(group.getValue(), held);
                            if (!isHeld) {
                                String name = group.getKey();
                                left.add(
                                        new GroupRepository.Dirty(
                                                name, GroupRules.dueAt(name, rules), null, null));
                            }
                            return !isHeld;
                        });
        groups.markDirty(connection, left);
        return contributions;
    }

    private static boolean isHeld(List<GroupRepository.Row> rows, Set<Integer> held) {
        return rows.stream().allMatch(row -> held.contains(row.partition()));
    }

    /// What the keys come to together.
    private SortedMap<String, GroupVerdict> decideKeys(
            SortedMap<String, List<GroupRepository.Row>> contributions) {
        SortedMap<String, List<Contribution>> keys = new TreeMap<>();
        contributions.forEach(
                (group, rows) -> {
                    if (MatchGroups.isKey(group)) {
                        keys.put(group, said(rows));
                    }
                });
        return MatchGroups.decideKeys(keys, rules);
    }

    private static List<Contribution> said(List<GroupRepository.Row> rows) {
        return rows.stream()
                .filter(row -> !row.isWithdrawn())
                .map(GroupDecider::contribution)
                .toList();
    }

    /// Decides each group, and brings what the groups report themselves into the update.
    private Map<String, GroupVerdict> decide(
            Connection connection,
            SortedMap<String, List<GroupRepository.Row>> contributions,
            Coverage coverage,
            Instant now,
            RegisterUpdate update)
            throws SQLException {
        Map<ByteString, RegisterRepository.Row> open = new HashMap<>();
        register.standingByOwner(connection, contributions.keySet())
                .forEach(row -> open.put(ByteString.copyFrom(row.mismatchId()), row));
        Set<ByteString> found = new HashSet<>();
        List<GroupRepository.Dirty> changing = new ArrayList<>();
        Map<String, GroupVerdict> verdicts = new TreeMap<>(decideKeys(contributions));
        contributions.forEach(
                (group, rows) ->
                        verdicts.computeIfAbsent(
                                group,
                                name -> GroupRules.decide(name, said(rows), coverage, rules, now)));
        Map<String, List<Decision>> decided = decided(connection, verdicts.values());
        contributions.forEach(
                (group, rows) -> {
                    List<Finding> findings = requireNonNull(verdicts.get(group)).findings();
                    report(group, rows, findings, now, decided, open, update, found)
                            .ifPresent(
                                    moment ->
                                            changing.add(
                                                    new GroupRepository.Dirty(
                                                            group, moment, null, null)));
                });
        open.forEach(
                (id, row) -> {
                    if (!found.contains(id)) {
                        update.close(row.mismatchId());
                    }
                });
        groups.markDirty(connection, changing);
        return verdicts;
    }

    /// Returns when something of it reads otherwise though nothing comes.
    private Optional<Instant> report(
            String group,
            List<GroupRepository.Row> rows,
            List<Finding> findings,
            Instant now,
            Map<String, List<Decision>> decided,
            Map<ByteString, RegisterRepository.Row> open,
            RegisterUpdate update,
            Set<ByteString> found) {
        Map<String, byte[]> itemKeys = new HashMap<>();
        rows.forEach(row -> itemKeys.put(row.reference(), row.itemKey()));
        List<Instant> changes = new ArrayList<>();
        for (Finding finding : findings) {
            String mismatchId = MismatchMessages.id(finding);
            Outcome.Judged judged =
                    Outcome.judge(
                            finding, mismatchId, decided.getOrDefault(mismatchId, List.of()), now);
            judged.changesAt(rules, now).ifPresent(changes::add);
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
        return changes.stream().min(Instant::compareTo);
    }

    /// What people decided about what these groups find, by mismatch id.
    private Map<String, List<Decision>> decided(
            Connection connection, Collection<GroupVerdict> verdicts) throws SQLException {
        List<byte[]> ids =
                verdicts.stream()
                        .flatMap(verdict -> verdict.findings().stream())
                        .map(finding -> HexFormat.of().parseHex(MismatchMessages.id(finding)))
                        .toList();
        Map<String, List<Decision>> result = new HashMap<>();
        for (byte[] bytes : decisions.ofMismatches(connection, ids)) {
            Decision decision = DecisionCodec.parse(bytes);
            result.computeIfAbsent(decision.mismatchId(), _ -> new ArrayList<>()).add(decision);
        }
        return result;
    }

    private static Collection<GroupRepository.Dirty> waiting(
            Map<String, GroupVerdict> verdicts, Instant now) {
        List<GroupRepository.Dirty> result = new ArrayList<>();
        verdicts.forEach(
                (group, verdict) -> {
                    verdict.dueAt()
                            .ifPresent(
                                    due ->
                                            result.add(
                                                    new GroupRepository.Dirty(
                                                            group, due, null, null)));
                    verdict.waitsFor()
                            .ifPresent(
                                    reading ->
                                            result.add(
                                                    new GroupRepository.Dirty(
                                                            group,
                                                            now,
                                                            reading.node().pubkey(),
                                                            reading.until())));
                });
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
                Optional.ofNullable(row.account()),
                row.feeMsat());
    }
}
