package tallystick.ingest.publish;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.ingest.record.Digest;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Stream;
import tallystick.proto.v1.TopicOffset;

/// Says how far a node is proven to have been read: a copy per stream in every partition number, each with the offsets below
/// which the proof lies.
final class CoverageWriter {
    /// lnd takes forwards out of memory before it writes them; for some seconds a query can lack them.
    static final Duration FORWARDS_LAG = Duration.ofSeconds(30);

    private static final List<Stream> STREAMS =
            List.of(
                    Stream.STREAM_INVOICES,
                    Stream.STREAM_PAYMENTS,
                    Stream.STREAM_CHANNELS,
                    Stream.STREAM_FORWARDS,
                    Stream.STREAM_CHAIN,
                    Stream.STREAM_BALANCES);

    /// What a wallet says that has not seen the chain up to its tip.
    private static final Set<Stream> OF_THE_WALLET =
            Set.of(Stream.STREAM_CHAIN, Stream.STREAM_BALANCES);

    private final TopicSettings topics;
    private final String alias;

    CoverageWriter(TopicSettings topics, String alias) {
        this.topics = topics;
        this.alias = alias;
    }

    /// Everything that the reconciler reads besides coverage itself.
    List<TopicPartition> covered() {
        return Arrays.stream(Topic.values())
                .filter(topic -> topic.isReconciled() && topic != Topic.COVERAGE)
                .map(topics::name)
                .flatMap(
                        name ->
                                IntStream.range(0, topics.partitions())
                                        .mapToObj(number -> new TopicPartition(name, number)))
                .toList();
    }

    /// That the node belongs to the fleet, and nothing of it is proven yet.
    List<ProducerRecord<byte[], byte[]>> announcement(
            NodeIdentity node, int indexEpoch, Instant now) {
        CoverageRecord.Builder record =
                CoverageRecord.newBuilder()
                        .setNode(node.id().pubkey())
                        .setIndexEpoch(indexEpoch)
                        .setSeenAtNs(Times.epochNanos(now))
                        .setAlias(alias);
        return copies(node, record, STREAMS, Map.of(), now, _ -> 0L);
    }

    /// That these numbers are missing and looked for.
    List<ProducerRecord<byte[], byte[]>> gaps(
            NodeIdentity node, int indexEpoch, List<CoverageGap> gaps, Instant now) {
        CoverageRecord.Builder record =
                CoverageRecord.newBuilder()
                        .setNode(node.id().pubkey())
                        .setIndexEpoch(indexEpoch)
                        .setSeenAtNs(Times.epochNanos(now))
                        .setAlias(alias)
                        .addAllGaps(gaps);
        return copies(node, record, List.of(Stream.STREAM_INVOICES), Map.of(), now, _ -> 0L);
    }

    /// That all of the node's lists were read. Of a wallet that is behind the chain nothing is proven.
    ///
    /// @param gaps what became of missing numbers
    List<ProducerRecord<byte[], byte[]>> proof(
            NodeIdentity node,
            Cursors cursors,
            QueueItem.SweepEnded sweep,
            List<CoverageGap> gaps,
            Map<TopicPartition, Long> ends) {
        CoverageRecord.Builder record =
                CoverageRecord.newBuilder()
                        .setNode(node.id().pubkey())
                        .setIndexEpoch(cursors.indexEpoch())
                        .setSeenAtNs(Times.epochNanos(sweep.ended()))
                        .setBlockHeight(sweep.blockHeight())
                        .setRescannedUntilNs(cursors.rescannedUntilNs())
                        .addAllGaps(gaps)
                        .setAlias(alias);
        return copies(
                node,
                record,
                STREAMS.stream()
                        .filter(stream -> cursors.isSynced() || !OF_THE_WALLET.contains(stream))
                        .toList(),
                ends,
                sweep.ended(),
                stream -> provenUntil(stream, sweep.began()));
    }

    private static long provenUntil(Stream stream, Instant began) {
        Instant until = stream == Stream.STREAM_FORWARDS ? began.minus(FORWARDS_LAG) : began;
        return Times.epochNanos(until);
    }

    private List<ProducerRecord<byte[], byte[]>> copies(
            NodeIdentity node,
            CoverageRecord.Builder record,
            List<Stream> streams,
            Map<TopicPartition, Long> ends,
            Instant now,
            ToLongFunction<Stream> provenUntil) {
        List<ProducerRecord<byte[], byte[]>> copies = new ArrayList<>();
        for (int number = 0; number < topics.partitions(); number++) {
            record.setPartition(number).clearBelow().addAllBelow(below(number, ends));
            for (Stream stream : streams) {
                CoverageRecord.Builder one =
                        record.clone()
                                .setStream(stream)
                                .setProvenUntilNs(provenUntil.applyAsLong(stream));
                if (stream != Stream.STREAM_INVOICES) {
                    one.clearGaps();
                }
                copies.add(copy(node, one.build(), now));
            }
        }
        return copies;
    }

    private static List<TopicOffset> below(int number, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .filter(end -> end.getKey().partition() == number)
                .map(
                        end ->
                                TopicOffset.newBuilder()
                                        .setTopic(end.getKey().topic())
                                        .setEndOffset(end.getValue())
                                        .build())
                .sorted(Comparator.comparing(TopicOffset::getTopic))
                .toList();
    }

    private ProducerRecord<byte[], byte[]> copy(
            NodeIdentity node, CoverageRecord record, Instant now) {
        byte[] value = record.toByteArray();
        Digest id = Digest.of(Digest.part(Topic.COVERAGE.name()), value);
        return new ProducerRecord<>(
                topics.name(Topic.COVERAGE),
                record.getPartition(),
                RecordKeys.bytes(RecordKeys.of(node.id())),
                value,
                EventHeaders.of(
                        id.hex(),
                        RecordWriter.source(node),
                        Topic.COVERAGE,
                        record.getStream().name(),
                        now));
    }
}
