package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.Json;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.NodeRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Decider;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;
import tallystick.proto.storage.v1.StoredItem;
import tallystick.proto.storage.v1.StoredLeg;
import tallystick.proto.storage.v1.StoredMismatch;

/// One transaction: records in, items merged and decided, transfers, register and positions out.
///
/// Whatever the number of records, each kind of statement runs once. Used by one thread at a time.
final class BatchApplier {
    /// Most items decided in one transaction because their time or coverage has come.
    static final int DUE_LIMIT = 10_000;

    private final Transactions transactions;
    private final RecordCodec codec;
    private final RuleSet rules;
    private final Map<String, Topic> topicsByName;
    private final String clusterId;
    private final int partitions;
    private final CoverageBook coverageBook;

    private final PositionRepository positions = new PositionRepository();
    private final BatchRepository batches = new BatchRepository();
    private final ItemRepository items = new ItemRepository();
    private final EvidenceRepository evidence = new EvidenceRepository();
    private final TransferRepository transfers = new TransferRepository();
    private final NodeRepository nodes = new NodeRepository();
    private final GroupRepository groups = new GroupRepository();
    private final RegisterRepository register = new RegisterRepository();

    BatchApplier(
            Transactions transactions,
            RuleSet rules,
            Map<String, Topic> topicsByName,
            String clusterId,
            int partitions) {
        this.transactions = transactions;
        this.codec = new RecordCodec(partitions);
        this.rules = rules;
        this.topicsByName = topicsByName;
        this.clusterId = clusterId;
        this.partitions = partitions;
        this.coverageBook = new CoverageBook();
    }

    /// Applies the batch.
    ///
    /// @throws LostPositionException when a position is not where the batch begins; nothing was written
    void apply(Batch batch, Instant now) {
        transactions.call(
                connection -> {
                    Work work = begin(connection, batch);
                    for (ConsumerRecord<byte[], byte[]> record : batch.records()) {
                        take(work, record);
                    }
                    merge(connection, work);
                    Set<Integer> covered =
                            coverageBook.advance(
                                    connection, work.covered, batch.partitions(), batch.to());
                    addWaiting(connection, work, covered);
                    write(connection, work, "records", now);
                    return work;
                });
    }

    /// Decides items of the given partition numbers that have come due. Returns how many there were.
    int decideDue(Collection<Integer> partitionNumbers, Instant now) {
        return transactions.call(
                connection -> {
                    List<byte[]> due = items.due(connection, now, partitionNumbers, DUE_LIMIT);
                    if (due.isEmpty()) {
                        return 0;
                    }
                    positions.lock(connection, partitionNumbers);
                    Work work =
                            new Work(batches.nextBatchId(connection), Set.copyOf(partitionNumbers));
                    // Again, now under the lock: another worker may have decided them meanwhile.
                    loadByKey(
                            connection,
                            work,
                            items.due(connection, now, partitionNumbers, DUE_LIMIT));
                    work.changed.addAll(work.items.keySet());
                    write(connection, work, "due", now);
                    return due.size();
                });
    }

    /// What one transaction gathers.
    private static final class Work {
        final long batchId;
        final Set<Integer> partitions;
        final Map<ByteString, Loaded> items = new LinkedHashMap<>();
        final Map<ByteString, List<Pending>> statements = new LinkedHashMap<>();
        final Map<ByteString, ItemKey> keys = new HashMap<>();
        final Set<ByteString> changed =
                new TreeSet<>(ByteString.unsignedLexicographicalComparator());
        final List<EvidenceRepository.Row> evidence = new ArrayList<>();
        final List<EvidenceRepository.Quarantined> quarantined = new ArrayList<>();
        final List<NodeRepository.Alias> aliases = new ArrayList<>();
        final List<NodeRepository.Balance> balances = new ArrayList<>();
        final List<CoverageBook.Arrived> covered = new ArrayList<>();
        int records;

        Work(long batchId, Set<Integer> partitions) {
            this.batchId = batchId;
            this.partitions = partitions;
        }
    }

    /// A statement that waits to be merged, with the record it came in.
    private record Pending(Statement statement, ConsumerRecord<byte[], byte[]> record) {}

    /// An item with what the database holds of it.
    private record Loaded(Item item, StoredItem stored, int version) {
        Loaded with(Item changed) {
            return new Loaded(changed, stored, version);
        }
    }

    // ---- positions and decoding

    private Work begin(Connection connection, Batch batch) throws SQLException {
        positions.lock(connection, batch.partitions());
        List<PositionRepository.Step> steps = new ArrayList<>();
        Map<TopicPartition, ConsumerRecord<byte[], byte[]>> last = new HashMap<>();
        batch.records().forEach(r -> last.put(new TopicPartition(r.topic(), r.partition()), r));
        batch.to()
                .forEach(
                        (partition, to) -> {
                            ConsumerRecord<byte[], byte[]> mark = last.get(partition);
                            steps.add(
                                    new PositionRepository.Step(
                                            partition.partition(),
                                            partition.topic(),
                                            batch.from().getOrDefault(partition, 0L),
                                            to,
                                            mark == null ? null : mark(mark),
                                            mark == null ? null : mark.offset()));
                        });
        if (!positions.advance(connection, steps)) {
            throw new LostPositionException(
                    "positions of partitions %s: moved by another (expected: %s)"
                            .formatted(batch.partitions(), batch.from()));
        }
        return new Work(batches.nextBatchId(connection), batch.partitions());
    }

    static byte[] mark(ConsumerRecord<byte[], byte[]> record) {
        return Digests.sha256(record.value() == null ? new byte[0] : record.value());
    }

    private void take(Work work, ConsumerRecord<byte[], byte[]> record) {
        work.records++;
        try {
            Topic topic = topicsByName.get(record.topic());
            if (topic == null) {
                throw new UndecodableException(
                        "topic: %s (expected: one of the ledger's)".formatted(record.topic()));
            }
            switch (codec.decode(topic, record)) {
                case Decoded.Statements(var statements, var aliases) -> {
                    work.aliases.addAll(aliases);
                    for (Statement statement : statements) {
                        ByteString key = key(statement.key());
                        work.keys.put(key, statement.key());
                        work.statements
                                .computeIfAbsent(key, _ -> new ArrayList<>())
                                .add(new Pending(statement, record));
                    }
                }
                case Decoded.Balances(var balance) -> work.balances.add(balance);
                case Decoded.Covered(var coverage) ->
                        work.covered.add(new CoverageBook.Arrived(coverage, record.offset()));
            }
        } catch (UndecodableException e) {
            work.quarantined.add(
                    new EvidenceRepository.Quarantined(
                            record.topic(),
                            record.partition(),
                            record.offset(),
                            clusterId,
                            record.key(),
                            record.value(),
                            String.valueOf(e.getMessage())));
        }
    }

    // ---- merging

    private void merge(Connection connection, Work work) throws SQLException {
        load(connection, work, work.keys);
        for (Map.Entry<ByteString, List<Pending>> entry : work.statements.entrySet()) {
            Loaded loaded = requireNonNull(work.items.get(entry.getKey()));
            Item item = loaded.item();
            for (Pending pending : entry.getValue()) {
                Item merged = pending.statement().merge().apply(item);
                if (!merged.equals(item)) {
                    work.evidence.add(evidenceRow(entry.getKey(), pending));
                    item = merged;
                }
            }
            if (!item.equals(loaded.item())) {
                work.items.put(entry.getKey(), loaded.with(item));
                work.changed.add(entry.getKey());
            }
        }
    }

    private static EvidenceRepository.Row evidenceRow(ByteString key, Pending pending) {
        ConsumerRecord<byte[], byte[]> record = pending.record();
        return new EvidenceRepository.Row(
                key.toByteArray(),
                record.topic(),
                record.partition(),
                record.offset(),
                pending.statement().node(),
                pending.statement().observedAt(),
                Digests.sha256(record.value()),
                record.value());
    }

    private void load(Connection connection, Work work, Map<ByteString, ItemKey> keys)
            throws SQLException {
        List<byte[]> wanted =
                keysInOrder(keys).keySet().stream().map(ByteString::toByteArray).toList();
        Map<ByteString, ItemRepository.StoredBody> stored = new HashMap<>();
        if (!wanted.isEmpty()) {
            items.load(connection, wanted)
                    .forEach(body -> stored.put(ByteString.copyFrom(body.key()), body));
        }
        keys.forEach(
                (bytes, key) -> {
                    ItemRepository.StoredBody body = stored.get(bytes);
                    if (body == null) {
                        work.items.put(
                                bytes,
                                new Loaded(Item.empty(key), StoredItem.getDefaultInstance(), 0));
                    } else {
                        StoredItem parsed = ItemCodec.parse(body.body());
                        work.items.put(
                                bytes,
                                new Loaded(ItemCodec.decode(key, parsed), parsed, body.version()));
                    }
                });
    }

    private static Map<ByteString, ItemKey> keysInOrder(Map<ByteString, ItemKey> keys) {
        Map<ByteString, ItemKey> ordered =
                new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        ordered.putAll(keys);
        return ordered;
    }

    /// Items whose key is known from the database only: those that wait have a payment hash as key.
    private void loadByKey(Connection connection, Work work, Collection<byte[]> keys)
            throws SQLException {
        Map<ByteString, ItemKey> missing = new HashMap<>();
        for (byte[] key : keys) {
            ByteString bytes = ByteString.copyFrom(key);
            if (!work.items.containsKey(bytes)) {
                missing.put(bytes, ItemKey.ofPayment(Digests.hex(key)));
            }
        }
        work.keys.putAll(missing);
        load(connection, work, missing);
    }

    private void addWaiting(Connection connection, Work work, Set<Integer> covered)
            throws SQLException {
        for (int partition : new TreeSet<>(covered)) {
            var until = coverageBook.of(partition).fleetUntil();
            if (until.isPresent()) {
                List<byte[]> waiting = items.waiting(connection, partition, until.get());
                loadByKey(connection, work, waiting);
                waiting.forEach(key -> work.changed.add(ByteString.copyFrom(key)));
            }
        }
    }

    // ---- deciding and writing

    private void write(Connection connection, Work work, String cause, Instant now)
            throws SQLException {
        coverageBook.loadMissing(connection, work.partitions);
        Map<ByteString, Decision> decisions = new LinkedHashMap<>();
        Set<Long> accountIds = new HashSet<>();
        Set<String> accountNames = new TreeSet<>();
        for (ByteString key : work.changed) {
            Loaded loaded = requireNonNull(work.items.get(key));
            int partition = RecordKeys.partition(RecordKeys.of(loaded.item().key()), partitions);
            Coverage coverage = coverageBook.of(partition);
            Verdict verdict = Decider.decide(loaded.item(), coverage, rules, now);
            Map<String, Transfer> should = Postings.of(loaded.item(), verdict.roundingMsat());
            decisions.put(key, new Decision(loaded, partition, verdict, should));
            loaded.stored().getLegsList().forEach(leg -> addIds(accountIds, leg));
            should.values()
                    .forEach(
                            transfer -> {
                                accountNames.add(transfer.debit().name());
                                accountNames.add(transfer.credit().name());
                            });
        }
        Accounts accounts = accounts(connection, accountIds, accountNames);
        RegisterUpdate update = new RegisterUpdate(register);
        List<TransferRepository.Row> postings = new ArrayList<>();
        List<ItemRepository.Row> rows = new ArrayList<>();
        Contributions contributions = new Contributions();
        decisions.forEach(
                (key, decision) ->
                        rows.add(
                                settle(
                                        work,
                                        key,
                                        decision,
                                        accounts,
                                        postings,
                                        update,
                                        contributions)));

        evidence.insert(connection, work.batchId, work.evidence);
        evidence.quarantine(connection, work.batchId, work.quarantined);
        items.write(connection, rows);
        transfers.post(connection, work.batchId, postings);
        nodes.addAliases(connection, work.aliases);
        nodes.addBalances(connection, work.balances);
        List<RegisterRepository.Change> changes = update.write(connection, work.batchId, cause);
        contributions.write(connection, groups);
        if (work.records > 0 || !rows.isEmpty()) {
            batches.append(
                    connection,
                    work.batchId,
                    cause,
                    now,
                    work.records,
                    digest(work.evidence, postings, changes));
        }
    }

    /// What is to be written of one item.
    private record Decision(
            Loaded loaded, int partition, Verdict verdict, Map<String, Transfer> should) {}

    private ItemRepository.Row settle(
            Work work,
            ByteString key,
            Decision decision,
            Accounts accounts,
            List<TransferRepository.Row> postings,
            RegisterUpdate update,
            Contributions contributions) {
        Loaded loaded = decision.loaded();
        Item item = loaded.item();
        byte[] keyBytes = key.toByteArray();
        for (Postings.Posting posting :
                Postings.difference(posted(loaded.stored(), accounts), decision.should())) {
            postings.add(
                    new TransferRepository.Row(
                            keyBytes,
                            decision.partition(),
                            posting.leg(),
                            accounts.id(posting.transfer().debit()),
                            accounts.id(posting.transfer().credit()),
                            posting.transfer().amount().value()));
        }
        long residue = Postings.residueMsat(decision.should());
        StoredItem.Builder stored = ItemCodec.encode(item);
        decision.should()
                .forEach(
                        (leg, transfer) ->
                                stored.addLegs(
                                        StoredLeg.newBuilder()
                                                .setLeg(leg)
                                                .setDebitId(accounts.id(transfer.debit()))
                                                .setCreditId(accounts.id(transfer.credit()))
                                                .setAmountMsat(transfer.amount().value())));
        reportFindings(decision.verdict(), loaded.stored(), stored, key, residue, update);
        contributions.add(keyBytes, ItemCodec.groups(loaded.stored()), decision.verdict(), stored);
        return row(work, keyBytes, decision, residue, stored.build());
    }

    private void reportFindings(
            Verdict verdict,
            StoredItem before,
            StoredItem.Builder after,
            ByteString key,
            long residue,
            RegisterUpdate update) {
        Map<ByteString, ByteString> reported = new HashMap<>(ItemCodec.reported(before));
        for (Finding finding : verdict.findings()) {
            RegisterRepository.Row row =
                    MismatchMessages.row(
                            finding,
                            Digests.hex(key.toByteArray()),
                            key.toByteArray(),
                            residue,
                            rules.version());
            ByteString id = ByteString.copyFrom(row.mismatchId());
            ByteString digest = ByteString.copyFrom(MismatchMessages.digest(row));
            if (!digest.equals(reported.remove(id))) {
                update.report(row);
            }
            after.addMismatches(StoredMismatch.newBuilder().setMismatchId(id).setDigest(digest));
        }
        reported.keySet().forEach(id -> update.close(id.toByteArray()));
    }

    private static ItemRepository.Row row(
            Work work, byte[] key, Decision decision, long residue, StoredItem stored) {
        Item item = decision.loaded().item();
        Verdict verdict = decision.verdict();
        Set<String> knowing = new TreeSet<>();
        item.receipts().keySet().forEach(node -> knowing.add(node.pubkey()));
        item.payments().keySet().forEach(node -> knowing.add(node.pubkey()));
        if (item.facts().isPresent()) {
            item.key().node().ifPresent(node -> knowing.add(node.pubkey()));
        }
        return new ItemRepository.Row(
                key,
                item.key().text(),
                kind(item.key().reference()),
                decision.partition(),
                verdict.state().name(),
                residue,
                verdict.dueAt(),
                verdict.waitsForCoverage(),
                !item.receipts().isEmpty(),
                !item.payments().isEmpty(),
                String.join(",", knowing),
                Json.pairs(
                        verdict.pairs().stream()
                                .map(
                                        pair ->
                                                new Json.StoredPair(
                                                        pair.node(),
                                                        pair.reference(),
                                                        pair.state().name(),
                                                        pair.bookedMsat()))
                                .toList()),
                decision.loaded().version() + 1,
                work.batchId,
                stored.toByteArray());
    }

    private static String kind(Reference reference) {
        return switch (reference) {
            case Reference.Payment _, Reference.AmpSet _ -> "payment";
            case Reference.Forward _ -> "forward";
            case Reference.Tx _ -> "chain";
            case Reference.Channel _ -> "channel";
            case Reference.ForwardsOfDay _ -> "forwards of a day";
            case Reference.Order _ -> "order";
        };
    }

    // ---- accounts

    /// Ids by name and names by id, for one batch.
    private record Accounts(Map<String, Long> ids, Map<Long, String> names) {
        long id(Account account) {
            return requireNonNull(ids.get(account.name()), account.name());
        }

        Account account(long id) {
            return new Account(requireNonNull(names.get(id), "account"));
        }
    }

    private Accounts accounts(Connection connection, Set<Long> ids, Set<String> names)
            throws SQLException {
        Map<String, Long> byName = new HashMap<>();
        if (!names.isEmpty()) {
            byName.putAll(transfers.accountIds(connection, names));
        }
        Set<Long> unknown = new HashSet<>(ids);
        unknown.removeAll(byName.values());
        if (!unknown.isEmpty()) {
            byName.putAll(transfers.accountsById(connection, unknown));
        }
        Map<Long, String> byId = new HashMap<>();
        byName.forEach((name, id) -> byId.put(id, name));
        return new Accounts(byName, byId);
    }

    private static void addIds(Set<Long> ids, StoredLeg leg) {
        ids.add(leg.getDebitId());
        ids.add(leg.getCreditId());
    }

    private static Map<String, Transfer> posted(StoredItem stored, Accounts accounts) {
        Map<String, Transfer> result = new TreeMap<>();
        for (StoredLeg leg : stored.getLegsList()) {
            result.put(
                    leg.getLeg(),
                    new Transfer(
                            accounts.account(leg.getDebitId()),
                            accounts.account(leg.getCreditId()),
                            Msat.of(leg.getAmountMsat())));
        }
        return result;
    }

    // ---- groups

    /// What the items of a batch say to groups.
    private static final class Contributions {
        private final List<byte[]> replaced = new ArrayList<>();
        private final List<GroupRepository.Row> rows = new ArrayList<>();
        private final Set<String> touched = new TreeSet<>();

        void add(byte[] key, List<String> before, Verdict verdict, StoredItem.Builder stored) {
            if (before.isEmpty() && verdict.contributions().isEmpty()) {
                return;
            }
            if (!before.isEmpty()) {
                replaced.add(key);
            }
            touched.addAll(before);
            for (Verdict.Contribution contribution : verdict.contributions()) {
                stored.addGroups(contribution.group());
                touched.add(contribution.group());
                rows.add(
                        new GroupRepository.Row(
                                contribution.group(),
                                key,
                                contribution.node(),
                                contribution.reference(),
                                contribution.bookedAt(),
                                contribution.entryId(),
                                contribution.amountMsat(),
                                contribution.knownAt(),
                                contribution.order().orElse(null),
                                contribution.account().orElse(null)));
            }
        }

        void write(Connection connection, GroupRepository groups) throws SQLException {
            groups.replace(connection, replaced, rows, touched);
        }
    }

    private static byte[] digest(
            List<EvidenceRepository.Row> evidence,
            List<TransferRepository.Row> postings,
            List<RegisterRepository.Change> changes) {
        MessageDigest digest = Digests.sha256();
        evidence.forEach(row -> digest.update(row.digest()));
        postings.forEach(
                row -> {
                    digest.update(row.itemKey());
                    digest.update(
                            "%s|%d|%d|%d"
                                    .formatted(
                                            row.leg(),
                                            row.debitId(),
                                            row.creditId(),
                                            row.amountMsat())
                                    .getBytes(UTF_8));
                });
        changes.forEach(change -> digest.update(change.after()));
        return digest.digest();
    }

    private static ByteString key(ItemKey key) {
        return ByteString.copyFrom(Digests.itemKey(key));
    }
}
