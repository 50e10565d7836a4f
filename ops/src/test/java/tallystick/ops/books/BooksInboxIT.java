package tallystick.ops.books;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ingest.books.BooksInbox;
import tallystick.ingest.publish.Transactions;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.ops.embedded.EmbeddedKafka;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class BooksInboxIT {
    /// The n-th call of the two transactions that each round needs at least: the inbox has two partitions.
    private static final Map<String, List<Integer>> DEATHS =
            Map.of(
                    "initTransactions",
                    List.of(1, 2),
                    "beginTransaction",
                    List.of(1, 2),
                    "sendOffsetsToTransaction",
                    List.of(1, 2),
                    "send",
                    List.of(1, 2),
                    "commitTransaction",
                    List.of(1, 2),
                    MortalClients.AFTER + "commitTransaction",
                    List.of(1, 2));

    private static final int ENTRIES_PER_ROUND = 4;

    private EmbeddedKafka broker;
    private KafkaConnection kafka;

    @BeforeAll
    void start(@TempDir Path directory) {
        broker = EmbeddedKafka.start(directory);
        kafka = new KafkaConnection(broker.bootstrapServers(), Map.of());
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    @Test
    void takesEveryEntryOnceWhereverItIsKilled() throws Exception {
        var topics = BooksTopics.make(kafka, "killed");
        List<MortalClients> processes = new ArrayList<>();
        List<String> sent = new ArrayList<>();
        for (var death : DEATHS.entrySet()) {
            for (int occurrence : death.getValue()) {
                send(topics, sent, death.getKey() + occurrence);
                var process = new MortalClients(kafka, death.getKey(), occurrence);
                processes.add(process);
                try (var inbox = inbox(process, topics)) {
                    inbox.start();
                    assertThat(process.dead().await(60, TimeUnit.SECONDS)).isTrue();
                }
            }
        }
        try (var last = MortalClients.immortal(kafka);
                var inbox = inbox(last, topics)) {
            inbox.start();
            inbox.takeNow().get(60, TimeUnit.SECONDS);
        }

        assertThat(topics.bookedIds(sent.size())).containsExactlyInAnyOrderElementsOf(sent);
        processes.forEach(MortalClients::close);
    }

    @Test
    void takesEveryEntryOnceWhenTheAnswersToCommitsAreLost() throws Exception {
        var topics = BooksTopics.make(kafka, "unanswered");
        List<String> sent = new ArrayList<>();
        try (var clients = MortalClients.immortal(kafka);
                var inbox = inbox(clients, topics)) {
            clients.loseAnswers();
            inbox.start();
            send(topics, sent, "first");
            inbox.takeNow().get(60, TimeUnit.SECONDS);
            send(topics, sent, "second");
            inbox.takeNow().get(60, TimeUnit.SECONDS);
        }

        assertThat(topics.bookedIds(sent.size())).containsExactlyInAnyOrderElementsOf(sent);
    }

    @Test
    void isSharedBySeveralInstances() throws Exception {
        var topics = BooksTopics.make(kafka, "shared");
        List<String> sent = new ArrayList<>();
        try (var clients = MortalClients.immortal(kafka);
                var first = inbox(clients, topics)) {
            first.start();
            send(topics, sent, "alone");
            first.takeNow().get(60, TimeUnit.SECONDS);
            try (var second = inbox(clients, topics)) {
                second.start();
                second.takeNow().get(60, TimeUnit.SECONDS);
                send(topics, sent, "together");
                topics.committed(Topic.BOOKS, sent.size());
            }
            send(topics, sent, "alone again");
            topics.committed(Topic.BOOKS, sent.size());
        }

        assertThat(topics.bookedIds(sent.size())).containsExactlyInAnyOrderElementsOf(sent);
    }

    @Test
    void badEntriesLieInTheQuarantineWithWhereFromAndWhy() throws Exception {
        var topics = BooksTopics.make(kafka, "bad");
        byte[] bad = BooksTopics.entry("bad").clearAccount().build().toByteArray();
        topics.send(List.of(bad, BooksTopics.entry("good").build().toByteArray()));
        try (var clients = MortalClients.immortal(kafka);
                var inbox = inbox(clients, topics)) {
            inbox.start();
            inbox.takeNow().get(60, TimeUnit.SECONDS);

            assertThat(inbox.status().taken()).isEqualTo(1);
            assertThat(inbox.status().quarantined()).isEqualTo(1);
        }

        assertThat(topics.bookedIds(1)).containsExactly("good");
        var quarantined = topics.committed(Topic.QUARANTINE, 1).getFirst();
        assertThat(quarantined.value()).isEqualTo(bad);
        assertThat(new String(quarantined.key(), UTF_8)).isEqualTo("key 0");
        assertThat(BooksTopics.header(quarantined, "tallystick_reason"))
                .isEqualTo("account: empty (expected: an account of the business)");
        assertThat(BooksTopics.header(quarantined, "tallystick_topic"))
                .isEqualTo("bad.books-inbox.v1");
        assertThat(BooksTopics.header(quarantined, "tallystick_partition")).isEqualTo("0");
        assertThat(BooksTopics.header(quarantined, "tallystick_offset")).isEqualTo("0");
    }

    /// Otherwise readers of committed records would wait for a minute.
    @Test
    void aProducerThatIsInterruptedLeavesNothingOpen() throws Exception {
        var topics = BooksTopics.make(kafka, "open");
        String books = topics.settings().name(Topic.BOOKS);
        byte[] value = BooksTopics.entry("after").build().toByteArray();
        try (var clients = MortalClients.immortal(kafka)) {
            clients.interruptCommits();
            try (var open = new Transactions(clients, "open-first", 1, _ -> {})) {
                assertThatThrownBy(
                                () ->
                                        open.commit(
                                                List.of(
                                                        new ProducerRecord<>(
                                                                books, 0, null, value))))
                        .isInstanceOf(InterruptedException.class);
                Thread.currentThread().interrupt();
            }
            assertThat(Thread.interrupted()).isTrue();
        }
        try (var clients = MortalClients.immortal(kafka);
                var next = new Transactions(clients, "open-second", 1, _ -> {})) {
            next.commit(List.of(new ProducerRecord<>(books, 0, null, value)));
        }

        // Gives up after half the time that the broker would leave the first transaction open.
        assertThat(topics.bookedIds(1)).containsExactly("after");
    }

    private static void send(BooksTopics topics, List<String> sent, String prefix) {
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < ENTRIES_PER_ROUND; i++) {
            String id = prefix + i;
            sent.add(id);
            values.add(BooksTopics.entry(id).build().toByteArray());
        }
        topics.send(values);
    }

    private BooksInbox inbox(MortalClients clients, BooksTopics topics) {
        return new BooksInbox(
                clients,
                clients.consumers(() -> BooksInbox.consumer(kafka, topics.settings())),
                topics.settings(),
                InstantSource.system());
    }
}
