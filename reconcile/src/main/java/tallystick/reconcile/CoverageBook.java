package tallystick.reconcile;

import static tallystick.proto.v1.Stream.STREAM_CHAIN;
import static tallystick.proto.v1.Stream.STREAM_CHANNELS;
import static tallystick.proto.v1.Stream.STREAM_FORWARDS;
import static tallystick.proto.v1.Stream.STREAM_INVOICES;
import static tallystick.proto.v1.Stream.STREAM_PAYMENTS;

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
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.write.CoverageRepository;
import tallystick.db.write.GapRepository;
import tallystick.db.write.HeightRepository;
import tallystick.db.write.HeightRepository.Height;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Gaps;
import tallystick.ledger.mismatch.Coverage;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.TopicOffset;

/// What is proven to have been read, per partition number. Coverage that arrives waits in the database until the positions
/// are past all that it covers. Read anew in each transaction; one thread at a time.
final class CoverageBook {
    private static final Coverage NOTHING = new Coverage(Collections.emptySortedMap());

    private static final String STREAM = "STREAM_";
    private static final String INVOICES = STREAM_INVOICES.name().substring(STREAM.length());
    private static final String FORWARDS = STREAM_FORWARDS.name().substring(STREAM.length());
    private static final String CHANNELS = STREAM_CHANNELS.name().substring(STREAM.length());
    private static final String CHAIN = STREAM_CHAIN.name().substring(STREAM.length());
    private static final String PAYMENTS = STREAM_PAYMENTS.name().substring(STREAM.length());

    private final CoverageRepository repository = new CoverageRepository();
    private final HeightRepository heights = new HeightRepository();
    private final GapRepository gapRepository = new GapRepository();
    private final Map<Integer, Coverage> present = new HashMap<>();

    /// A coverage record and where it lies.
    record Arrived(CoverageRecord coverage, long offset) {}

    Coverage of(int partition) {
        return present.getOrDefault(partition, NOTHING);
    }

    /// What is proven in every one of the partition numbers that were loaded.
    Coverage everywhere(Collection<Integer> partitions) {
        return Coverage.least(partitions.stream().map(this::of).toList());
    }

    /// Reads what the database holds for the given partition numbers, and forgets all else.
    void load(Connection connection, Collection<Integer> partitions) throws SQLException {
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

    /// What the coverage of a batch changed.
    ///
    /// @param grown partition numbers for which more is proven
    /// @param withNewNode partition numbers for which there is a node that was not there before
    /// @param withNewGaps partition numbers for which a node misses numbers that missed none before
    /// @param heights that were seen for the first time, or sooner than was known
    record Growth(
            SortedSet<Integer> grown,
            SortedSet<Integer> withNewNode,
            SortedSet<Integer> withNewGaps,
            List<Height> heights) {}

    /// Takes in what arrived, and applies what no longer has to wait.
    ///
    /// @param positions of all topics after this batch
    Growth advance(
            Connection connection,
            long batchId,
            List<Arrived> arrived,
            Collection<Integer> partitions,
            Map<TopicPartition, Long> positions)
            throws SQLException {
        repository.addPending(
                connection,
                arrived.stream()
                        .map(
                                one ->
                                        new CoverageRepository.Pending(
                                                one.coverage().getPartition(),
                                                one.offset(),
                                                one.coverage().toByteArray()))
                        .toList());
        Growth growth =
                new Growth(new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), new ArrayList<>());
        Set<HeightRepository.Seen> seen = new HashSet<>();
        List<CoverageRepository.Pending> waiting = repository.loadPending(connection, partitions);
        Map<GapRepository.Place, Gaps> known = new HashMap<>();
        if (!waiting.isEmpty()) {
            gapRepository
                    .load(connection, partitions)
                    .forEach((place, body) -> known.put(place, GapsCodec.parse(body)));
        }
        Map<GapRepository.Place, Gaps> before = Map.copyOf(known);
        Map<GapRepository.Place, Gaps> changed = new HashMap<>();
        List<CoverageRepository.Pending> ready = new ArrayList<>();
        Map<String, CoverageRepository.Row> rows = new TreeMap<>();
        for (CoverageRepository.Pending pending : waiting) {
            CoverageRecord record = parse(pending);
            if (isPast(record, positions)) {
                ready.add(pending);
                CoverageRepository.Row row = row(record, known, changed);
                rows.merge(
                        "%d/%s/%s".formatted(row.partition(), row.node(), row.stream()),
                        row,
                        CoverageBook::join);
                growth.grown().add(pending.partition());
                if (row.blockHeight() > 0) {
                    seen.add(
                            new HeightRepository.Seen(
                                    new Height(row.partition(), row.node(), row.blockHeight()),
                                    row.seenAt()));
                }
            }
        }
        load(connection, partitions);
        for (CoverageRepository.Row row : rows.values()) {
            if (!of(row.partition()).nodes().containsKey(new NodeId(row.node()))) {
                growth.withNewNode().add(row.partition());
            }
        }
        repository.save(connection, rows.values());
        repository.addKnown(connection, batchId, rows.values());
        growth.heights().addAll(heights.addSeen(connection, batchId, seen));
        changed.forEach(
                (place, gaps) -> {
                    if (!gaps.isEmpty() && before.getOrDefault(place, Gaps.NONE).isEmpty()) {
                        growth.withNewGaps().add(place.partition());
                    }
                });
        gapRepository.save(connection, bodies(changed));
        repository.deletePending(connection, ready);
        load(connection, partitions);
        return growth;
    }

    /// Its row, and what it tells of gaps; a node that never had any has nothing stored.
    private static CoverageRepository.Row row(
            CoverageRecord record,
            Map<GapRepository.Place, Gaps> known,
            Map<GapRepository.Place, Gaps> changed) {
        CoverageRepository.Row row = row(record);
        if (!row.stream().equals(INVOICES)) {
            return row;
        }
        GapRepository.Place place = new GapRepository.Place(row.partition(), row.node());
        Gaps before = known.get(place);
        if (before == null && record.getGapsCount() == 0) {
            return row;
        }
        Gaps after = (before == null ? Gaps.NONE : before).with(GapsCodec.told(record));
        known.put(place, after);
        changed.put(place, after);
        return row.withGaps(!after.isEmpty());
    }

    private static Map<GapRepository.Place, byte[]> bodies(Map<GapRepository.Place, Gaps> gaps) {
        Map<GapRepository.Place, byte[]> bodies = new TreeMap<>();
        gaps.forEach((place, some) -> bodies.put(place, GapsCodec.stored(some).toByteArray()));
        return bodies;
    }

    /// The record, when nothing in it can fail later.
    ///
    /// @throws IllegalArgumentException otherwise
    static CoverageRecord checked(CoverageRecord record) {
        NodeId node = new NodeId(record.getNode());
        if (record.getStream() == tallystick.proto.v1.Stream.UNRECOGNIZED) {
            throw RecordCodec.unknown("stream of " + node.pubkey(), record.getStreamValue());
        }
        if (record.getAlias().indexOf('\0') >= 0) {
            throw new IllegalArgumentException("alias: a NUL character in it (expected: text)");
        }
        var _ = row(record);
        return record;
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
                stream(record),
                record.getAlias(),
                Times.ofNanosUnlessZero(record.getProvenUntilNs()),
                record.getBlockHeight(),
                Times.ofNanos(record.getSeenAtNs()),
                false);
    }

    /// For example `INVOICES`.
    static String stream(CoverageRecord record) {
        return record.getStream().name().substring(STREAM.length());
    }

    /// The most of both; of gaps, what the second says.
    static CoverageRepository.Row join(CoverageRepository.Row a, CoverageRepository.Row b) {
        CoverageRepository.Row newer = a.seenAt().isAfter(b.seenAt()) ? a : b;
        return new CoverageRepository.Row(
                a.partition(),
                a.node(),
                a.stream(),
                newer.alias(),
                Stream.concat(a.provenUntil().stream(), b.provenUntil().stream())
                        .max(Instant::compareTo),
                Math.max(a.blockHeight(), b.blockHeight()),
                newer.seenAt(),
                b.hasGaps());
    }

    static Coverage coverage(List<CoverageRepository.Row> rows) {
        SortedMap<NodeId, Coverage.NodeCoverage> nodes = new TreeMap<>();
        Map<String, List<CoverageRepository.Row>> byNode = new TreeMap<>();
        rows.forEach(row -> byNode.computeIfAbsent(row.node(), n -> new ArrayList<>()).add(row));
        byNode.forEach(
                (node, some) ->
                        nodes.put(
                                new NodeId(node),
                                new Coverage.NodeCoverage(
                                        until(some, INVOICES),
                                        until(some, PAYMENTS),
                                        until(some, FORWARDS),
                                        both(until(some, CHANNELS), until(some, CHAIN)),
                                        some.stream().anyMatch(CoverageRepository.Row::hasGaps))));
        return new Coverage(nodes);
    }

    private static Optional<Instant> both(Optional<Instant> one, Optional<Instant> other) {
        return one.flatMap(a -> other.map(b -> a.isBefore(b) ? a : b));
    }

    private static Optional<Instant> until(List<CoverageRepository.Row> rows, String stream) {
        return rows.stream()
                .filter(row -> row.stream().equals(stream))
                .flatMap(row -> row.provenUntil().stream())
                .findFirst();
    }
}
