package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.DecisionRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.ProofRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.mismatch.ClosedDays;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.GroupVerdict;
import tallystick.ledger.mismatch.IdentityRules;
import tallystick.ledger.mismatch.MatchGroups;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Decides groups of items that have become dirty, each under its own lock, in transactions of their own. A group that moves
/// residue between its items is decided under the position locks of their partition numbers too, as their owners would.
final class GroupDecider {
    private static final Logger log = LoggerFactory.getLogger(GroupDecider.class);

    /// Most groups in one transaction.
    private static final int GROUPS_MAX = 1_000;

    /// Most contributions in one transaction: what is loaded of each item makes a few kilobytes.
    private static final long ROWS_MAX = 10_000;

    /// A group of more contributions is not decided, and said to be too large. No node has forwarded so much on a day.
    private static final long GROUP_ROWS_MAX = 50_000;

    /// A group can make others dirty, which make none dirty themselves; more rounds are left to the next call.
    private static final int ROUNDS_MAX = 1_000;

    private final Transactions transactions;
    private final RuleSet rules;
    private final List<Integer> partitions;
    private final Awaited awaited;
    private final GroupRepository groups = new GroupRepository();
    private final BatchRepository batches = new BatchRepository();
    private final DecisionRepository decisions = new DecisionRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final PositionRepository positions = new PositionRepository();
    private final ItemLoader loader = new ItemLoader(new ItemRepository());
    private final TransferRepository transfers = new TransferRepository();
    private final Accounts.Known accounts = new Accounts.Known();
    private final CoverageBook coverageBook = new CoverageBook();
    private final EndedChannels endedChannels;
    private final ProofRepository proofs = new ProofRepository();
    private final Prover prover;
    private final OpenedNodes openedNodes;
    private final IdentityCheck identityCheck;
    private final SignedDays signedDays = new SignedDays(groups, decisions);

    /// @param partitions how many partition numbers there are
    GroupDecider(Transactions transactions, RuleSet rules, int partitions, Awaited awaited) {
        this.transactions = transactions;
        this.rules = rules;
        this.partitions = IntStream.range(0, partitions).boxed().toList();
        this.awaited = awaited;
        this.endedChannels = new EndedChannels(rules, this.partitions, awaited, accounts);
        this.prover = new Prover(transactions, partitions, rules.opening());
        this.identityCheck = new IdentityCheck(transactions, rules);
        this.openedNodes = new OpenedNodes(rules, this.partitions, awaited, accounts);
    }

    /// Decides all dirty groups whose time has come and that no other worker holds, and then checks the ledger.
    void decideDirty(Instant now) {
        for (int round = 0; round < ROUNDS_MAX && decideSome(now); round++) {
            // Decided above.
        }
        checkLedger(now);
    }

    /// Checks whether the ledger holds together in itself, if a node's reading has asked for that and it is time. It may take
    /// half a minute in a large ledger.
    void checkLedger(Instant now) {
        if (identityCheck.isTime(now)
                && transactions.call(
                        connection -> groups.isDue(connection, IdentityRules.GROUP, now))) {
            identityCheck.read(now);
            var _ =
                    transactions.call(
                            connection ->
                                    decideReporting(connection, List.of(IdentityRules.GROUP), now));
        }
    }

    /// Decides some of them, without the check of the ledger. Returns whether there may be more.
    boolean decideSome(Instant now) {
        List<String> due =
                transactions.call(
                        connection -> groups.due(connection, now, partitions.size(), GROUPS_MAX));
        if (due.isEmpty()) {
            return false;
        }
        List<String> ended = due.stream().filter(EndedChannels::isOne).toList();
        List<String> matching = due.stream().filter(MatchGroups::isMatching).toList();
        List<String> unbounded =
                due.stream()
                        .filter(
                                group ->
                                        !MatchGroups.isMatching(group)
                                                && !EndedChannels.isOne(group)
                                                && !ClosedDays.isOne(group))
                        .toList();
        List<String> others =
                unbounded.isEmpty()
                        ? unbounded
                        : transactions.call(connection -> bounded(connection, unbounded));
        List<String> allocating = others.stream().filter(GroupRules::allocates).toList();
        List<String> reporting =
                Stream.concat(
                                others.stream().filter(group -> !GroupRules.allocates(group)),
                                due.stream().filter(ClosedDays::isOne))
                        .filter(group -> !IdentityCheck.isOne(group))
                        .toList();
        int decided = 0;
        List<NodeId> proven = reporting.stream().filter(Prover::isProof).map(Prover::node).toList();
        if (rules.opening().at().isPresent() && !proven.isEmpty()) {
            // First what their accounts were opened with.
            awaited.call(
                    transactions,
                    connection -> {
                        openedNodes.decide(connection, proven, now);
                        return proven;
                    });
        }
        if (!reporting.isEmpty()) {
            decided += transactions.call(connection -> decideReporting(connection, reporting, now));
        }
        if (!allocating.isEmpty()) {
            decided +=
                    awaited.call(
                            transactions,
                            connection -> decideAllocating(connection, allocating, now));
        }
        if (!matching.isEmpty()) {
            decided += decideMatching(matching, now);
        }
        if (!ended.isEmpty()) {
            decided +=
                    awaited.call(
                            transactions,
                            connection -> endedChannels.decide(connection, ended, now));
        }
        return decided > 0;
    }

    /// As many of these groups as one transaction can hold.
    private List<String> bounded(Connection connection, Collection<String> some)
            throws SQLException {
        Map<String, Long> sizes = groups.sizes(connection, some);
        List<String> result = new ArrayList<>();
        long sum = 0;
        for (String group : some) {
            long size = sizes.getOrDefault(group, 0L);
            if (size > GROUP_ROWS_MAX) {
                leaveOut(connection, group, size);
                continue;
            }
            sum += size;
            if (!result.isEmpty() && sum > ROWS_MAX) {
                break;
            }
            result.add(group);
        }
        return result;
    }

    /// It comes again when something of it changes.
    private void leaveOut(Connection connection, String group, long size) throws SQLException {
        if (!groups.take(connection, List.of(group)).isEmpty()) {
            log.atError()
                    .addKeyValue("group", group)
                    .addKeyValue("items", size)
                    .addKeyValue("limit", GROUP_ROWS_MAX)
                    .log("group too large to be decided; its items wait");
        }
    }

    /// Groups of matching. Where no entry speaks there is nothing to decide, and nothing is locked for it.
    private int decideMatching(List<String> due, Instant now) {
        Looked looked = transactions.call(connection -> dropQuiet(connection, due));
        if (looked.busy().isEmpty()) {
            return looked.quiet();
        }
        int decided =
                awaited.call(
                        transactions,
                        connection -> {
                            List<String> busy = bounded(connection, looked.busy());
                            return busy.isEmpty()
                                    ? 0
                                    : decideAllocating(
                                            connection, groups.linked(connection, busy), now);
                        });
        return looked.quiet() + decided;
    }

    /// @param busy groups in which there may be something to decide
    private record Looked(int quiet, SortedSet<String> busy) {}

    /// Taken first and looked at then: an entry that speaks meanwhile makes its group dirty again.
    private Looked dropQuiet(Connection connection, List<String> due) throws SQLException {
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
        return new Looked(taken.size() - busy.size(), busy);
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
        Prover.Result proven =
                prover.prove(connection, taken.stream().filter(Prover::isProof).toList(), now);
        if (taken.stream().anyMatch(IdentityCheck::isOne)) {
            proven.verdicts()
                    .put(IdentityRules.GROUP, identityCheck.verdict(connection, register, now));
        }
        SignedDays.Found signed =
                signedDays.find(connection, taken.stream().filter(ClosedDays::isOne).toList());
        proven.verdicts().putAll(signed.verdicts());
        SortedMap<String, List<GroupRepository.Row>> contributions =
                load(connection, taken.stream().filter(one -> !ClosedDays.isOne(one)).toList());
        contributions.putAll(signed.contributions());
        Decided decided =
                decide(connection, contributions, proven.verdicts(), nothingNeeded, now, update);
        long batchId = batches.nextBatchId(connection);
        List<RegisterRepository.Change> changes = update.write(connection, batchId);
        proofs.add(connection, batchId, proven.proven());
        // One that waits for coverage is decided with it, and need not come for its age.
        Set<String> waiting = new HashSet<>();
        proven.later().forEach(one -> waiting.add(one.group()));
        List<GroupRepository.Dirty> later = new ArrayList<>(proven.later());
        decided.later().stream().filter(one -> !waiting.contains(one.group())).forEach(later::add);
        groups.markDirty(connection, later);
        if (!changes.isEmpty() || !proven.proven().isEmpty()) {
            batches.append(connection, batchId, "group", now, 0);
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
        Settlement settlement =
                new Settlement(rules, work.batchId, now, register, accounts, awaited);
        contributions.values().forEach(settlement::isHeard);
        Map<String, GroupVerdict> verdicts =
                decide(
                                connection,
                                contributions,
                                Map.of(),
                                coverageBook.everywhere(partitions),
                                now,
                                settlement.update())
                        .verdicts();
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
        settlement.complete(connection, work);
        List<RegisterRepository.Change> changes = settlement.write(connection, work);
        List<TransferRepository.AllocationRow> moved = allocations.rows(connection, transfers);
        transfers.allocate(connection, work.batchId, settlement.postings().size(), moved);
        groups.markDirty(connection, waiting(verdicts, now));
        if (!settlement.isEmpty() || !changes.isEmpty()) {
            batches.append(connection, work.batchId, work.cause, now, 0);
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
        try {
            return MatchGroups.decideKeys(keys, rules);
        } catch (IllegalArgumentException | ArithmeticException e) {
            SortedMap<String, GroupVerdict> nothing = new TreeMap<>();
            keys.forEach((group, said) -> nothing.put(group, cannotBe(group, said.size(), e)));
            return nothing;
        }
    }

    private static List<Contribution> said(List<GroupRepository.Row> rows) {
        return rows.stream()
                .filter(row -> !row.isWithdrawn())
                .map(GroupDecider::contribution)
                .toList();
    }

    /// Amounts that together cannot be, such as more than all bitcoin: it would fail again and again.
    private static GroupVerdict cannotBe(String group, int contributions, RuntimeException reason) {
        log.atError()
                .setCause(reason)
                .addKeyValue("group", group)
                .addKeyValue("items", contributions)
                .log("group cannot be decided, its amounts together cannot be; its items wait");
        return GroupVerdict.ofNothing(contributions);
    }

    /// What groups came to.
    ///
    /// @param later those that are to be decided again when time alone changes what they found
    private record Decided(Map<String, GroupVerdict> verdicts, List<GroupRepository.Dirty> later) {}

    /// Decides each group, and brings what the groups report themselves into the update.
    ///
    /// @param known verdicts that are known already
    private Decided decide(
            Connection connection,
            SortedMap<String, List<GroupRepository.Row>> contributions,
            Map<String, GroupVerdict> known,
            Coverage coverage,
            Instant now,
            RegisterUpdate update)
            throws SQLException {
        Map<ByteString, RegisterRepository.Row> open = new HashMap<>();
        register.standingByOwner(connection, contributions.keySet())
                .forEach(row -> open.put(ByteString.copyFrom(row.mismatchId()), row));
        Map<String, GroupVerdict> verdicts = new TreeMap<>(decideKeys(contributions));
        verdicts.putAll(known);
        contributions.forEach(
                (group, rows) ->
                        verdicts.computeIfAbsent(group, _ -> verdict(group, rows, coverage, now)));
        Map<String, List<Decision>> decided = decided(connection, verdicts.values());
        Set<ByteString> found = new HashSet<>();
        List<GroupRepository.Dirty> later = new ArrayList<>();
        contributions.forEach(
                (group, rows) -> {
                    GroupVerdict verdict = requireNonNull(verdicts.get(group));
                    Optional<Instant> due = verdict.dueAt();
                    if (!verdict.findings().isEmpty()) {
                        Outcome.OfGroup outcome =
                                Outcome.ofGroup(
                                        verdict.findings(),
                                        decided,
                                        MismatchMessages::id,
                                        rules,
                                        now);
                        report(group, rows, outcome.findings(), now, open, update, found);
                        due =
                                Stream.concat(due.stream(), outcome.dueAt().stream())
                                        .min(Comparator.naturalOrder());
                    }
                    due.ifPresent(
                            at -> later.add(new GroupRepository.Dirty(group, at, null, null)));
                });
        open.forEach(
                (id, row) -> {
                    if (!found.contains(id)) {
                        update.close(row.mismatchId(), Cause.of("group"));
                    }
                });
        return new Decided(verdicts, later);
    }

    private GroupVerdict verdict(
            String group, List<GroupRepository.Row> rows, Coverage coverage, Instant now) {
        List<Contribution> said = said(rows);
        try {
            return GroupRules.decide(group, said, coverage, rules, now);
        } catch (IllegalArgumentException | ArithmeticException e) {
            return cannotBe(group, said.size(), e);
        }
    }

    private void report(
            String group,
            List<GroupRepository.Row> rows,
            List<Outcome.Judged> findings,
            Instant now,
            Map<ByteString, RegisterRepository.Row> open,
            RegisterUpdate update,
            Set<ByteString> found) {
        Map<String, byte[]> itemKeys = new HashMap<>();
        rows.forEach(row -> itemKeys.put(row.reference(), row.itemKey()));
        for (Outcome.Judged judged : findings) {
            RegisterRepository.Row row =
                    MismatchMessages.row(
                            judged,
                            group,
                            itemKeys.get(judged.finding().reference()),
                            0,
                            rules,
                            now);
            ByteString id = ByteString.copyFrom(row.mismatchId());
            found.add(id);
            RegisterRepository.Row present = open.get(id);
            if (present == null || !MismatchMessages.readAlike(present, row)) {
                update.report(row, cause(judged, present));
            }
        }
    }

    /// A person's decision, when the mismatch stands otherwise by it; else what the items came to together.
    private static Cause cause(Outcome.Judged judged, RegisterRepository.@Nullable Row present) {
        String state = judged.standing().name();
        boolean isDecided = present == null || !present.state().equals(state);
        return judged.by()
                .filter(_ -> isDecided)
                .map(one -> new Cause("decision", List.of(), one.person(), one.id()))
                .orElseGet(() -> Cause.of("group"));
    }

    /// What people decided about what these groups found, by mismatch id.
    private Map<String, List<Decision>> decided(
            Connection connection, Collection<GroupVerdict> verdicts) throws SQLException {
        List<byte[]> ids =
                verdicts.stream()
                        .flatMap(verdict -> verdict.findings().stream())
                        .flatMap(Outcome::decidable)
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

    static Contribution contribution(GroupRepository.Row row) {
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
