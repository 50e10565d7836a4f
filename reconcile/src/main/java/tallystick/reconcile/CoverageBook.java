package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.write.CoverageRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Coverage;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Stream;
import tallystick.proto.v1.TopicOffset;

/// What is proven to have been read, per partition number. Coverage that arrives waits in the database until the positions
/// are past all that it covers. Read anew in each transaction; one thread at a time.
final class CoverageBook {
    private final CoverageRepository repository = new CoverageRepository();
    private final Map<Integer, Coverage> present = new HashMap<>();

    /// A coverage record and where it lies.
    record Arrived(CoverageRecord coverage, long offset) {}

    Coverage of(int partition) {
        return present.getOrDefault(partition, new Coverage(Collections.emptySortedMap()));
    }

    /// Reads what the database holds for the given partition numbers.
    void loadMissing(Connection connection, Collection<Integer> partitions) throws SQLException {
        present.clear();
        Map<Integer, List<CoverageRepository.Row>> rows = new HashMap<>();
        repository
                .load(connection, partitions)
                .forEach(
                        row ->
                                rows.computeIfAbsent(row.partition(), p -> new ArrayList<>())
                                        .add(row));
        rows.forEach((partition, some) -> present.put(partition, coverage(some)));
    }

    /// Takes in what arrived, and applies what no longer has to wait. Returns the partition numbers whose coverage grew.
    ///
    /// @param positions of all topics after this batch
    Set<Integer> advance(
            Connection connection,
            List<Arrived> arrived,
            Collection<Integer> partitions,
            Map<TopicPartition, Long> positions)
            throws SQLException {
        List<CoverageRepository.Pending> candidates = new ArrayList<>();
        for (Arrived one : arrived) {
            candidates.add(
                    new CoverageRepository.Pending(
                            one.coverage().getPartition(),
                            one.offset(),
                            one.coverage().toByteArray()));
        }
        repository.addPending(connection, candidates);
        List<CoverageRepository.Pending> ready = new ArrayList<>();
        Map<String, CoverageRepository.Row> rows = new TreeMap<>();
        for (CoverageRepository.Pending pending : repository.loadPending(connection, partitions)) {
            CoverageRecord record = parse(pending);
            if (isPast(record, positions)) {
                ready.add(pending);
                CoverageRepository.Row row = row(record);
                rows.merge(
                        "%d/%s/%s".formatted(row.partition(), row.node(), row.stream()),
                        row,
                        CoverageBook::later);
            }
        }
        repository.save(connection, rows.values());
        repository.deletePending(connection, ready);
        loadMissing(connection, partitions);
        Set<Integer> grown = new HashSet<>();
        ready.forEach(pending -> grown.add(pending.partition()));
        return grown;
    }

    private static boolean isPast(CoverageRecord record, Map<TopicPartition, Long> positions) {
        for (TopicOffset below : record.getBelowList()) {
            Long position =
                    positions.get(new TopicPartition(below.getTopic(), record.getPartition()));
            // Topics that this version does not read hold nothing that could matter to it.
            if (position != null && position < below.getEndOffset()) {
                return false;
            }
        }
        return true;
    }

    private static CoverageRecord parse(CoverageRepository.Pending pending) {
        try {
            return CoverageRecord.parseFrom(pending.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "coverage_pending %d/%d: unreadable (expected: a CoverageRecord)"
                            .formatted(pending.partition(), pending.offset()),
                    e);
        }
    }

    private static CoverageRepository.Row row(CoverageRecord record) {
        return new CoverageRepository.Row(
                record.getPartition(),
                record.getNode(),
                record.getStream().name().substring("STREAM_".length()),
                record.getAlias(),
                Times.ofNanosUnlessZero(record.getProvenUntilNs()),
                record.getBlockHeight(),
                Times.ofNanos(record.getSeenAtNs()));
    }

    private static CoverageRepository.Row later(
            CoverageRepository.Row a, CoverageRepository.Row b) {
        Instant until = b.provenUntil().orElse(Instant.MIN);
        return a.provenUntil().orElse(Instant.MIN).isAfter(until) ? a : b;
    }

    private static Coverage coverage(List<CoverageRepository.Row> rows) {
        SortedMap<NodeId, Coverage.NodeCoverage> nodes = new TreeMap<>();
        Map<String, List<CoverageRepository.Row>> byNode = new TreeMap<>();
        rows.forEach(row -> byNode.computeIfAbsent(row.node(), n -> new ArrayList<>()).add(row));
        byNode.forEach(
                (node, some) ->
                        nodes.put(
                                new NodeId(node),
                                new Coverage.NodeCoverage(
                                        until(some, Stream.STREAM_INVOICES),
                                        until(some, Stream.STREAM_PAYMENTS),
                                        some.stream()
                                                .mapToInt(CoverageRepository.Row::blockHeight)
                                                .max()
                                                .orElse(0),
                                        some.stream()
                                                .map(CoverageRepository.Row::seenAt)
                                                .max(Instant::compareTo)
                                                .orElse(Instant.EPOCH))));
        return new Coverage(nodes);
    }

    private static Optional<Instant> until(List<CoverageRepository.Row> rows, Stream stream) {
        return rows.stream()
                .filter(row -> ("STREAM_" + row.stream()).equals(stream.name()))
                .flatMap(row -> row.provenUntil().stream())
                .findFirst();
    }
}
