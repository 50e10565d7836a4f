package tallystick.ingest.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.known.KnownFacts;
import tallystick.ingest.known.NodeList;
import tallystick.ingest.record.Digest;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.OpenReference;
import tallystick.proto.v1.PageSum;

/// What ingestors remember, in a compacted topic. All of one node lies in one partition, in the order of its transactions.
public final class StateStore {
    private static final String CURSORS = "cursors";

    /// Books keep their cursors in the same topic.
    private static final Pattern NODE_CURSORS = Pattern.compile("[0-9a-f]{66}/" + CURSORS);

    private static final String OPEN = "open";
    private static final String PAGE = "page";

    private final KafkaClients clients;
    private final TopicSettings topics;

    public StateStore(KafkaClients clients, TopicSettings topics) {
        this.clients = clients;
        this.topics = topics;
    }

    /// What is kept of one node.
    ///
    /// @param cursors empty when the node was never followed
    /// @param end where what is written later begins
    record Stored(Optional<NodeCursors> cursors, KnownFacts facts, long end) {}

    /// The pubkey of the node that was last followed under each alias.
    ///
    /// @throws IngestException when the topic is not there, or what is in it cannot be read
    public Map<String, String> nodesByAlias() {
        Map<String, NodeCursors> latest = new HashMap<>();
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> all = partitions(consumer);
            consumer.assign(all);
            consumer.seekToBeginning(all);
            read(
                    consumer,
                    (key, value) -> {
                        if (NODE_CURSORS.matcher(key).matches() && value != null) {
                            latest.put(key, parse(NodeCursors.parser(), key, value));
                        }
                    });
        }
        Map<String, NodeCursors> byAlias = new HashMap<>();
        latest.values()
                .forEach(
                        each ->
                                byAlias.merge(
                                        each.getAlias(),
                                        each,
                                        (a, b) ->
                                                a.getUpdatedAtNs() >= b.getUpdatedAtNs() ? a : b));
        Map<String, String> nodes = new HashMap<>();
        byAlias.forEach((alias, cursors) -> nodes.put(alias, cursors.getNode()));
        return nodes;
    }

    /// All that is kept of one node. To be called when nobody else can write it any more.
    Stored read(NodeId node) {
        var facts = new KnownFacts();
        var restorer = new Restorer(node, facts);
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            partitions(consumer); // As many as they should be.
            TopicPartition own = own(node);
            consumer.assign(List.of(own));
            consumer.seekToBeginning(List.of(own));
            read(consumer, restorer::take);
            return new Stored(restorer.cursors(), facts, consumer.position(own));
        }
    }

    /// Whether an ingestor of another term has begun to write about the node. One that has begun counts, whether it has
    /// committed or not: it has already fenced everybody else.
    ///
    /// @param since where to look from
    boolean isSucceeded(NodeId node, long term, long since) {
        String key = key(node, CURSORS);
        boolean[] isSucceeded = {false};
        try (Consumer<byte[], byte[]> consumer = clients.consumerOfAll(name())) {
            TopicPartition own = own(node);
            consumer.assign(List.of(own));
            long begin = consumer.beginningOffsets(List.of(own)).getOrDefault(own, 0L);
            consumer.seek(own, Math.max(begin, since));
            read(
                    consumer,
                    (each, value) ->
                            isSucceeded[0] |=
                                    each.equals(key)
                                            && value != null
                                            && parse(NodeCursors.parser(), each, value).getTerm()
                                                    != term);
        }
        return isSucceeded[0];
    }

    ProducerRecord<byte[], byte[]> record(NodeId node, NodeCursors cursors) {
        return record(node, CURSORS, cursors);
    }

    /// What changed since it was last asked, in the state topic's words.
    List<ProducerRecord<byte[], byte[]>> changes(NodeId node, KnownFacts facts) {
        var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
        facts.takeChanges(
                new KnownFacts.Changes() {
                    @Override
                    public void open(NodeList list, Digest key, @Nullable OpenReference value) {
                        records.add(
                                record(
                                        node,
                                        "%s/%s/%s".formatted(OPEN, list.label(), key.hex()),
                                        value));
                    }

                    @Override
                    public void page(NodeList list, long number, @Nullable PageSum value) {
                        records.add(
                                record(
                                        node,
                                        "%s/%s/%d".formatted(PAGE, list.label(), number),
                                        value));
                    }
                });
        return records;
    }

    private ProducerRecord<byte[], byte[]> record(
            NodeId node, String what, @Nullable Message value) {
        return new ProducerRecord<>(
                topics.name(Topic.INGEST_STATE),
                partition(node),
                RecordKeys.bytes(key(node, what)),
                value == null ? null : value.toByteArray());
    }

    private static String key(NodeId node, String what) {
        return node.pubkey() + "/" + what;
    }

    private TopicPartition own(NodeId node) {
        return new TopicPartition(topics.name(Topic.INGEST_STATE), partition(node));
    }

    private int partition(NodeId node) {
        return RecordKeys.partition(node.pubkey(), topics.partitions());
    }

    private Consumer<byte[], byte[]> consumer() {
        return clients.consumer(name());
    }

    private String name() {
        return topics.prefix() + "-ingest-state";
    }

    private List<TopicPartition> partitions(Consumer<byte[], byte[]> consumer) {
        String topic = topics.name(Topic.INGEST_STATE);
        List<TopicPartition> partitions =
                consumer.partitionsFor(topic).stream()
                        .map(info -> new TopicPartition(topic, info.partition()))
                        .toList();
        if (partitions.size() != topics.partitions()) {
            throw new IngestException(
                    ErrorCode.USER,
                    "topic: %s has %d partitions (expected: %d, made before nodes are followed)"
                            .formatted(topic, partitions.size(), topics.partitions()));
        }
        return partitions;
    }

    private void read(
            Consumer<byte[], byte[]> consumer, BiConsumer<String, byte @Nullable []> each) {
        try {
            CommittedRecords.read(
                    clients,
                    consumer,
                    record -> each.accept(new String(record.key(), UTF_8), record.value()));
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static <T> T parse(Parser<T> parser, String key, byte[] value) {
        try {
            return parser.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IngestException(
                    ErrorCode.INTERNAL,
                    "ingest-state, key %s: not readable (expected: what this version writes)"
                            .formatted(key),
                    e);
        }
    }

    /// Takes what is kept of one node, in the order in which it was written; a later value replaces an earlier one.
    private static final class Restorer {
        private final String prefix;
        private final KnownFacts facts;
        private final Map<String, NodeList> lists = new HashMap<>();
        private Optional<NodeCursors> cursors = Optional.empty();

        Restorer(NodeId node, KnownFacts facts) {
            this.prefix = node.pubkey() + "/";
            this.facts = facts;
            for (NodeList list : NodeList.values()) {
                lists.put(list.label(), list);
            }
        }

        void take(String key, byte @Nullable [] value) {
            if (!key.startsWith(prefix)) {
                return;
            }
            String[] parts = key.substring(prefix.length()).split("/", 3);
            NodeList list = parts.length == 3 ? lists.get(parts[1]) : null;
            if (parts[0].equals(CURSORS) && value != null) {
                cursors = Optional.of(parse(NodeCursors.parser(), key, value));
            } else if (parts[0].equals(OPEN) && list != null) {
                facts.restore(
                        list,
                        Digest.ofHex(parts[2]),
                        value == null ? null : parse(OpenReference.parser(), key, value));
            } else if (parts[0].equals(PAGE) && list != null) {
                facts.restore(
                        list,
                        Long.parseLong(parts[2]),
                        value == null ? null : parse(PageSum.parser(), key, value));
            }
        }

        Optional<NodeCursors> cursors() {
            return cursors;
        }
    }
}
