package tallystick.reconcile;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.write.EvidenceRepository.Quarantined;
import tallystick.db.write.QuarantineRepository;
import tallystick.db.write.QuarantineRepository.Redriven;
import tallystick.db.write.QuarantineRepository.Waiting;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;

/// Records that could not be applied: shows them, and applies their stored bytes again once what was wrong is mended. Workers
/// may run meanwhile: the positions' locks keep them apart.
public final class Quarantine {
    /// Most records in one transaction.
    private static final int RECORDS_MAX = 1_000;

    private static final String OF_INGESTORS =
            "kept by an ingestor, which reads a node again by itself; send a book entry anew, then resolve the mismatch";

    private final Transactions transactions;
    private final TopicSettings topics;
    private final RuleSet rules;
    private final QuarantineRepository repository = new QuarantineRepository();

    /// @param rules that hold
    public Quarantine(DataSource dataSource, TopicSettings topics, RuleSet rules) {
        this.transactions = new Transactions(dataSource);
        this.topics = topics;
        this.rules = rules;
    }

    /// The records that wait, the first quarantined first.
    public List<Waiting> waiting(int limit) {
        return transactions.read(connection -> repository.waiting(connection, 0, limit));
    }

    /// Tries all that wait once more.
    ///
    /// @return each with what became of it
    public List<Redriven> redrive(Instant now) {
        List<Redriven> result = new ArrayList<>();
        Map<String, List<Quarantined>> byCluster = new TreeMap<>();
        String ofIngestors = topics.name(Topic.QUARANTINE);
        for (Waiting one : waiting(Integer.MAX_VALUE)) {
            if (one.record().topic().equals(ofIngestors)) {
                result.add(new Redriven(one.record(), OF_INGESTORS));
                continue;
            }
            byCluster
                    .computeIfAbsent(one.record().clusterId(), _ -> new ArrayList<>())
                    .add(one.record());
        }
        byCluster.forEach(
                (cluster, records) -> {
                    BatchApplier applier =
                            new BatchApplier(
                                    transactions,
                                    rules,
                                    Reconciler.reconciled(topics),
                                    cluster,
                                    topics.partitions(),
                                    new Awaited());
                    for (int from = 0; from < records.size(); from += RECORDS_MAX) {
                        int to = Math.min(records.size(), from + RECORDS_MAX);
                        result.addAll(applier.redrive(records.subList(from, to), now));
                    }
                });
        return result;
    }
}
