package tallystick.reconcile;

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
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.DecisionRepository;
import tallystick.db.write.DueRepository;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.GapRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.HeightRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.NodeRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.QuarantineRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.CoverageRecord;

/// One transaction: records in, items merged and decided, transfers, register and positions out.
///
/// Whatever the number of records, each kind of statement runs once. Used by one thread at a time.
final class BatchApplier {
    private final Transactions transactions;
    private final Intake intake;
    private final RuleSet rules;
    private final int partitions;
    private final Awaited awaited;
    private final CoverageBook coverageBook = new CoverageBook();
    private final Accounts.Known accounts = new Accounts.Known();

    /// Partition numbers in which no item waits for what their coverage reaches. Coverage that grows takes one out.
    private final Set<Integer> settled = new HashSet<>();

    private final PositionRepository positions = new PositionRepository();
    private final BatchRepository batches = new BatchRepository();
    private final ItemRepository items = new ItemRepository();
    private final ItemLoader loader = new ItemLoader(items);
    private final DueRepository due = new DueRepository();
    private final HeightRepository heights = new HeightRepository();
    private final GapRepository gaps = new GapRepository();
    private final EvidenceRepository evidence = new EvidenceRepository();
    private final EvidenceTexts texts = new EvidenceTexts();
    private final QuarantineRepository quarantine = new QuarantineRepository();
    private final DecisionRepository decisions = new DecisionRepository();
    private final NodeRepository nodes = new NodeRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final TransferRepository transfers = new TransferRepository();
    private final ChainLinker chainLinker;

    BatchApplier(
            Transactions transactions,
            RuleSet rules,
            Map<String, Topic> topicsByName,
            String clusterId,
            int partitions,
            Awaited awaited) {
        this.transactions = transactions;
        this.intake = new Intake(new RecordCodec(partitions), topicsByName, clusterId);
        this.rules = rules;
        this.partitions = partitions;
        this.awaited = awaited;
        this.chainLinker = new ChainLinker(loader, partitions, rules.opening());
    }

    /// Applies the batch.
    ///
    /// @throws LostPositionException when a position is not where the batch begins; nothing was written
    void apply(Batch batch, Instant now) {
        awaited.call(
                transactions,
                connection -> {
                    advancePositions(connection, batch);
                    Work work =
                            new Work(
                                    batches.nextBatchId(connection),
                                    "records",
                                    now,
                                    batch.partitions());
                    batch.records().forEach(record -> intake.take(work, record));
                    loader.loadStated(connection, work);
                    merge(work);
                    follow(connection, work);
                    addCovered(connection, work, batch.to());
                    write(connection, work);
                    return work;
                });
    }

    /// Applies records that were quarantined once more, from their stored bytes. Positions stay where they are.
    List<QuarantineRepository.Redriven> redrive(
            List<EvidenceRepository.Quarantined> records, Instant now) {
        Set<Integer> numbers = new TreeSet<>();
        records.forEach(record -> numbers.add(record.partition()));
        return awaited.call(
                transactions,
                connection -> {
                    Map<TopicPartition, Long> reached = new HashMap<>();
                    positions
                            .lock(connection, numbers)
                            .forEach(
                                    one ->
                                            reached.put(
                                                    new TopicPartition(
                                                            one.topic(), one.partition()),
                                                    one.nextOffset()));
                    Work work = new Work(batches.nextBatchId(connection), "redrive", now, numbers);
                    records.forEach(record -> intake.take(work, read(record)));
                    loader.loadStated(connection, work);
                    merge(work);
                    follow(connection, work);
                    addCovered(connection, work, reached);
                    work.redriven.addAll(records);
                    write(connection, work);
                    List<QuarantineRepository.Redriven> outcome = outcome(work);
                    quarantine.add(connection, work.batchId, outcome);
                    return outcome;
                });
    }

    private static ConsumerRecord<byte[], byte[]> read(EvidenceRepository.Quarantined record) {
        return new ConsumerRecord<>(
                record.topic(), record.partition(), record.offset(), record.key(), record.value());
    }

    private static List<QuarantineRepository.Redriven> outcome(Work work) {
        Map<String, String> refused = new HashMap<>();
        work.quarantined.forEach(one -> refused.put(place(one), one.reason()));
        return work.redriven.stream()
                .map(one -> new QuarantineRepository.Redriven(one, refused.get(place(one))))
                .toList();
    }

    /// Last of all: an item can refuse what it should take until it was decided.
    private void decideRefused(Connection connection, Settlement settlement, Work work)
            throws SQLException {
        outcome(work).stream()
                .filter(one -> one.reason() == null)
                .map(QuarantineRepository.Redriven::record)
                .forEach(
                        one ->
                                work.refused.put(
                                        intake.key(one.topic(), one.partition(), one.offset()),
                                        RefusedRecords.applied(work.now)));
        if (work.refused.isEmpty()) {
            return;
        }
        loader.loadNamed(connection, work, work.refused.keySet());
        work.refused.forEach(
                (key, facts) -> {
                    ByteString bytes = ByteString.copyFrom(Digests.itemKey(key));
                    Work.Loaded loaded = work.item(bytes);
                    work.put(bytes, loaded.with(loaded.item().with(facts)));
                    decide(settlement, work, bytes);
                });
    }

    private static String place(EvidenceRepository.Quarantined record) {
        return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
    }

    /// Decides items of the given partition numbers that have come due. Returns how many there were.
    int decideDue(Collection<Integer> partitionNumbers, Instant now) {
        int decided = 0;
        Sweep sweep;
        do {
            sweep = sweep(partitionNumbers, now);
            decided += sweep.decided();
        } while (sweep.mayBeMore());
        return decided;
    }

    /// What one transaction decided of what has come due.
    ///
    /// @param mayBeMore whether to sweep again
    record Sweep(int decided, boolean mayBeMore) {}

    /// Decides some of the items that have come due, so that what arrives meanwhile need not wait for all of them.
    Sweep sweep(Collection<Integer> partitionNumbers, Instant now) {
        Set<Integer> covered = new TreeSet<>(partitionNumbers);
        covered.removeAll(settled);
        Set<Integer> done = new TreeSet<>();
        Sweep sweep =
                awaited.call(
                        transactions,
                        connection -> sweep(connection, partitionNumbers, covered, done, now));
        settled.addAll(done);
        return sweep;
    }

    /// @param covered partition numbers in which items may wait for what coverage reaches
    /// @param done those of them in which none does any more
    private Sweep sweep(
            Connection connection,
            Collection<Integer> partitionNumbers,
            Collection<Integer> covered,
            Collection<Integer> done,
            Instant now)
            throws SQLException {
        if (covered.isEmpty() && !due.isAnyDue(connection, now, partitionNumbers)) {
            return new Sweep(0, false);
        }
        // Looked up under the lock: until then another worker may decide them.
        positions.lock(connection, partitionNumbers);
        DueRepository.Due found =
                due.take(
                        connection,
                        partitionNumbers,
                        DueRepository.For.MOMENT,
                        now,
                        awaited::mayWait);
        List<byte[]> keys = new ArrayList<>(found.keys());
        if (!covered.isEmpty()) {
            coverageBook.load(connection, covered);
        }
        for (int partition : covered) {
            DueRepository.Due reached = takeReached(connection, partition);
            keys.addAll(reached.keys());
            if (reached.mayBeMore()) {
                break;
            }
            done.add(partition);
        }
        if (!keys.isEmpty()) {
            Work work = new Work(batches.nextBatchId(connection), "due", now, partitionNumbers);
            loader.loadTaken(connection, work, keys);
            write(connection, work);
        }
        return new Sweep(keys.size(), found.mayBeMore() || done.size() < covered.size());
    }

    /// Another may have held these partitions since, and have left items that wait for what is reached by now.
    void lookAgain() {
        settled.clear();
    }

    /// First of all, and under the lock of all positions of these partition numbers: no two workers ever hold the same item.
    private void advancePositions(Connection connection, Batch batch) throws SQLException {
        positions.lock(connection, batch.partitions());
        Map<TopicPartition, ConsumerRecord<byte[], byte[]>> last = new HashMap<>();
        batch.records().forEach(r -> last.put(new TopicPartition(r.topic(), r.partition()), r));
        List<PositionRepository.Step> steps = new ArrayList<>();
        batch.to()
                .forEach(
                        (partition, to) -> {
                            ConsumerRecord<byte[], byte[]> mark = last.get(partition);
                            steps.add(
                                    new PositionRepository.Step(
                                            partition.partition(),
                                            partition.topic(),
                                            batch.from(partition),
                                            to,
                                            mark == null ? null : Digests.mark(mark),
                                            mark == null ? null : mark.offset()));
                        });
        if (!positions.advance(connection, steps)) {
            throw new LostPositionException(
                    "positions of partitions %s: moved by another (expected: %s)"
                            .formatted(batch.partitions(), batch.from()));
        }
    }

    private static void merge(Work work) {
        work.statements.forEach(
                (key, pending) -> {
                    Work.Loaded loaded = work.item(key);
                    Item item = loaded.item();
                    List<Work.Pending> changing = new ArrayList<>();
                    for (Work.Pending one : pending) {
                        Item merged = one.statement().merge().apply(item);
                        if (!merged.equals(item)) {
                            changing.add(one);
                            item = merged;
                        }
                    }
                    if (!changing.isEmpty()) {
                        work.put(key, loaded.with(item));
                        work.evidence.put(key, changing);
                        work.changed.add(key);
                    }
                });
    }

    /// What is told of nodes themselves is no evidence of an item that money belongs to; it is kept as coverage.
    private void follow(Connection connection, Work work) throws SQLException {
        if (work.followed.isEmpty()) {
            return;
        }
        loader.loadNamed(connection, work, work.followed.keySet());
        work.followed.forEach(
                (key, told) -> {
                    ByteString bytes = ByteString.copyFrom(Digests.itemKey(key));
                    Work.Loaded loaded = work.item(bytes);
                    Item item = loaded.item();
                    for (CoverageRecord record : told) {
                        item = item.with(CoverageBook.stream(record), GapsCodec.told(record));
                    }
                    if (!item.equals(loaded.item())) {
                        work.put(bytes, loaded.with(item));
                        work.changed.add(bytes);
                    }
                });
    }

    /// Items that are to be decided again because coverage reached them, or because there is a node more that may know them.
    private void addCovered(Connection connection, Work work, Map<TopicPartition, Long> reached)
            throws SQLException {
        CoverageBook.Growth growth =
                coverageBook.advance(
                        connection, work.batchId, work.covered, work.partitions, reached);
        // Many may wait for the same, and one transaction holds only so many: sweeps take the rest.
        for (int partition : growth.grown()) {
            settled.remove(partition);
            loader.loadTaken(connection, work, takeReached(connection, partition).keys());
        }
        work.seen.addAll(growth.heights());
        for (HeightRepository.Height height : growth.heights()) {
            addWaiting(connection, work, height);
        }
        if (!growth.withNewGaps().isEmpty()) {
            loader.loadToDecide(connection, work, gaps.missing(connection, growth.withNewGaps()));
        }
        if (!growth.withNewNode().isEmpty()) {
            loader.loadToDecide(
                    connection, work, nodes.restingOnCoverage(connection, growth.withNewNode()));
        }
    }

    /// Some of the items that waited for what the partition's coverage reaches; it must be loaded.
    private DueRepository.Due takeReached(Connection connection, int partition)
            throws SQLException {
        Coverage coverage = coverageBook.of(partition);
        DueRepository.Due fleet =
                take(connection, partition, DueRepository.For.FLEET, coverage.fleetUntil());
        DueRepository.Due forwards =
                take(connection, partition, DueRepository.For.FORWARDS, coverage.someNodeUntil());
        List<byte[]> keys = new ArrayList<>(fleet.keys());
        keys.addAll(forwards.keys());
        return new DueRepository.Due(keys, fleet.mayBeMore() || forwards.mayBeMore());
    }

    private DueRepository.Due take(
            Connection connection,
            int partition,
            DueRepository.For waitsFor,
            Optional<Instant> until)
            throws SQLException {
        return until.isPresent()
                ? due.take(connection, List.of(partition), waitsFor, until.get(), awaited::mayWait)
                : new DueRepository.Due(List.of(), false);
    }

    private void addWaiting(Connection connection, Work work, HeightRepository.Height height)
            throws SQLException {
        HeightRepository.Due found;
        do {
            found = heights.take(connection, height);
            loader.loadToDecide(connection, work, found.keys());
        } while (found.mayBeMore());
    }

    private void write(Connection connection, Work work) throws SQLException {
        coverageBook.load(connection, work.partitions);
        Settlement settlement =
                new Settlement(rules, work.batchId, work.now, register, accounts, awaited);
        ChainLinker.Found linked = chainLinker.link(connection, work);
        work.changed.forEach(key -> decide(settlement, work, key));
        decideRefused(connection, settlement, work);
        settlement.complete(connection, work);

        List<Work.OfGroup> ofGroups = notKnown(connection, work.groupDecisions);
        List<EvidenceRepository.Row> evidenceRows = evidenceRows(work);
        for (Work.OfGroup one : ofGroups) {
            GroupDecision decision = one.decision();
            Instant at = decision.decision().decidedAt();
            evidenceRows.add(evidenceRow(decision.key(), one.record(), "", at));
        }
        evidence.insert(connection, work.batchId, evidenceRows);
        evidence.quarantine(connection, work.batchId, work.quarantined);
        List<DecisionRepository.Row> decided = decisionRows(work);
        ofGroups.forEach(one -> decided.add(decisionRow(one.decision().decision())));
        decisions.insert(connection, work.batchId, decided);
        nodes.addAliases(connection, work.aliases);
        nodes.addBalances(connection, work.balances);
        nodes.noteTransactions(connection, WalletTransactions.asTheyStand(work));
        settlement.touch(dirty(ofGroups));
        settlement.touch(linked.ended());
        settlement.touch(toProve(work));
        var _ = settlement.write(connection, work);
        erase(connection, work);
        List<TransferRepository.AllocationRow> moved = moved(connection, linked);
        transfers.allocate(connection, work.batchId, settlement.postings().size(), moved);
        if (work.records > 0 || !settlement.isEmpty()) {
            batches.append(connection, work.batchId, work.cause, work.now, work.records);
        }
    }

    /// Of items whose texts are erased those that came before, and those that come.
    private void erase(Connection connection, Work work) throws SQLException {
        List<byte[]> erased = new ArrayList<>();
        for (ByteString key : work.evidence.keySet()) {
            if (work.item(key).item().isErased()) {
                erased.add(key.toByteArray());
            }
        }
        if (!erased.isEmpty()) {
            evidence.erase(connection, erased);
        }
    }

    /// Residue that goes from one transaction to another, as allocations.
    private List<TransferRepository.AllocationRow> moved(
            Connection connection, ChainLinker.Found linked) throws SQLException {
        if (linked.moves().isEmpty()) {
            return List.of();
        }
        long clearing = Accounts.clearing(connection, transfers);
        return linked.moves().stream().map(move -> row(move, clearing)).toList();
    }

    private static TransferRepository.AllocationRow row(ChainLinker.Move move, long clearing) {
        boolean isLess = move.msat() > 0;
        return new TransferRepository.AllocationRow(
                (isLess ? move.from() : move.to()).toByteArray(),
                move.partition(),
                (isLess ? move.to() : move.from()).toByteArray(),
                move.partition(),
                "allocation/" + move.group(),
                clearing,
                Math.abs(move.msat()));
    }

    /// Records that leave an item with amounts that cannot be, such as more than all bitcoin, are poison too: the item stays
    /// as it was, the records go to quarantine.
    private void decide(Settlement settlement, Work work, ByteString key) {
        Work.Loaded loaded = work.item(key);
        int partition = RecordKeys.partition(RecordKeys.of(loaded.item().key()), partitions);
        try {
            settlement.decide(key, loaded, partition, coverageBook.of(partition), work);
        } catch (IllegalArgumentException | ArithmeticException e) {
            List<Work.Pending> pending = work.evidence.remove(key);
            if (pending == null) {
                throw e;
            }
            pending.forEach(one -> intake.quarantine(work, one.record(), e));
        }
    }

    private static List<DecisionRepository.Row> decisionRows(Work work) {
        List<DecisionRepository.Row> rows = new ArrayList<>();
        for (List<Work.Pending> ofItem : work.evidence.values()) {
            for (Work.Pending one : ofItem) {
                one.statement().decision().ifPresent(decision -> rows.add(decisionRow(decision)));
            }
        }
        return rows;
    }

    private static DecisionRepository.Row decisionRow(Decision decision) {
        return new DecisionRepository.Row(
                decision.id(),
                HexFormat.of().parseHex(decision.mismatchId()),
                DecisionCodec.encode(decision).toByteArray());
    }

    /// Each once; one that was applied before has no effect.
    private List<Work.OfGroup> notKnown(Connection connection, List<Work.OfGroup> some)
            throws SQLException {
        if (some.isEmpty()) {
            return some;
        }
        Set<String> seen =
                new HashSet<>(
                        decisions.known(
                                connection,
                                some.stream().map(one -> one.decision().decision().id()).toList()));
        return some.stream().filter(one -> seen.add(one.decision().decision().id())).toList();
    }

    private EvidenceRepository.Row evidenceRow(
            byte[] key, ConsumerRecord<byte[], byte[]> record, String node, Instant observedAt) {
        EvidenceTexts.Parts parts = texts.apart(intake.topic(record), record.value());
        return new EvidenceRepository.Row(
                key,
                record.topic(),
                record.partition(),
                record.offset(),
                node,
                observedAt,
                parts.rest(),
                parts.texts());
    }

    private static List<GroupRepository.Dirty> dirty(List<Work.OfGroup> some) {
        return some.stream()
                .map(one -> one.decision().group())
                .distinct()
                .map(group -> new GroupRepository.Dirty(group, Instant.EPOCH, null, null))
                .toList();
    }

    /// Groups that prove balances: of nodes that told theirs, and those about which people decided, which do not wait.
    private static Collection<GroupRepository.Dirty> toProve(Work work) {
        Map<String, GroupRepository.Dirty> result = new TreeMap<>();
        Prover.dirty(work.balances).forEach(one -> result.put(one.group(), one));
        if (!work.balances.isEmpty()) {
            GroupRepository.Dirty check = IdentityCheck.dirty();
            result.put(check.group(), check);
        }
        work.evidence.forEach(
                (key, pending) -> {
                    if (pending.stream().anyMatch(one -> one.statement().decision().isPresent())) {
                        Prover.dirty(work.item(key).item())
                                .ifPresent(one -> result.put(one.group(), one));
                    }
                });
        return result.values();
    }

    private List<EvidenceRepository.Row> evidenceRows(Work work) {
        List<EvidenceRepository.Row> rows = new ArrayList<>();
        work.changed.forEach(
                key -> {
                    for (Work.Pending one : work.evidence.getOrDefault(key, List.of())) {
                        rows.add(
                                evidenceRow(
                                        key.toByteArray(),
                                        one.record(),
                                        one.statement().node(),
                                        one.statement().observedAt()));
                    }
                });
        return rows;
    }
}
