package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.ReconcileException;
import tallystick.reconcile.Reconciler;

/// On a real broker that has lost something the worker stops and says the way out; `ingest resync`, and everything published
/// again, repairs it without a change in the ledger. Two processes never decide by different rules, and none waits for what a
/// killed one has left open.
class LostLogIT {
    private static final TopicSettings TOPICS = RunningLedger.TOPICS;
    private static final int ENTRIES = 40;
    private static final String WAY_OUT = "tallystick ingest resync";

    @TempDir Path directory;

    private Path home() {
        return directory.resolve("data");
    }

    private RunningLedger start() throws Exception {
        return RunningLedger.start(home());
    }

    private static void isRefused(RunningLedger running, String found) {
        assertThatThrownBy(running::apply)
                .isInstanceOf(ReconcileException.class)
                .hasMessageContaining(TOPICS.name(Topic.BOOKS))
                .hasMessageContaining(found)
                .hasMessageContaining(WAY_OUT);
    }

    @Test
    void stopsWithTheWayOutAndIsRepairedWithoutAChange() throws Exception {
        List<String> before;
        try (RunningLedger running = start()) {
            running.publish(0, ENTRIES);
            running.apply();
            before = running.ledger();
            assertThat(before).hasSizeGreaterThan(2 * ENTRIES);

            topicMadeAnew(running, before);
            retentionPassed(running);
            before = running.ledger();
        }

        cutLogs();
        try (RunningLedger running = start()) {
            isRefused(running, "where the log ends)");
            assertThat(running.ledger()).isEqualTo(before);
        }
        resyncByCommand();
        try (RunningLedger running = start()) {
            running.publish(0, ENTRIES + 10);
            running.apply();
            assertThat(running.ledger()).isEqualTo(before);
        }
    }

    private static void topicMadeAnew(RunningLedger running, List<String> before) throws Exception {
        new TopicAdmin(running.kafka(), TOPICS).makeAnew(Topic.BOOKS);
        awaitKnown(running, Topic.BOOKS);
        isRefused(running, "the topic was made anew");
        assertThat(running.ledger()).isEqualTo(before);

        Reconciler.resync(running.writer().dataSource());
        running.publish(0, ENTRIES);
        running.apply();
        assertThat(running.ledger()).isEqualTo(before);
    }

    /// What a broker has made it may not know yet when it is asked.
    private static void awaitKnown(RunningLedger running, Topic topic) throws Exception {
        try (Admin admin = Admin.create(running.kafka().adminProperties())) {
            while (!admin.listTopics().names().get().contains(TOPICS.name(topic))) {
                Thread.onSpinWait();
            }
        }
    }

    /// Some more was published, and went before it was applied.
    private static void retentionPassed(RunningLedger running) throws Exception {
        List<String> before = running.ledger();
        running.publish(ENTRIES, ENTRIES + 10);
        try (Admin admin = Admin.create(running.kafka().adminProperties())) {
            Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
            for (int partition = 0; partition < TOPICS.partitions(); partition++) {
                all.put(
                        new TopicPartition(TOPICS.name(Topic.BOOKS), partition),
                        RecordsToDelete.beforeOffset(-1)); // All.
            }
            admin.deleteRecords(all).all().get();
        }
        isRefused(running, "where the log now begins)");
        assertThat(running.ledger()).isEqualTo(before);

        Reconciler.resync(running.writer().dataSource());
        running.publish(0, ENTRIES);
        running.apply();
        assertThat(running.ledger()).isEqualTo(before);
        running.publish(ENTRIES, ENTRIES + 10);
        running.apply();
        assertThat(running.ledger())
                .containsAll(before.stream().filter(LostLogIT::isItem).toList());
    }

    private static boolean isItem(String row) {
        return row.startsWith("ledger.item");
    }

    /// As a broker that lost what it had acknowledged.
    private void cutLogs() throws IOException {
        List<Path> partitions;
        try (Stream<Path> all = Files.walk(home().resolve("kafka"))) {
            partitions =
                    all.filter(Files::isDirectory)
                            .filter(
                                    path ->
                                            path.getFileName()
                                                    .toString()
                                                    .matches(TOPICS.name(Topic.BOOKS) + "-\\d+"))
                            .toList();
        }
        assertThat(partitions).hasSize(TOPICS.partitions());
        for (Path partition : partitions) {
            try (Stream<Path> files = Files.list(partition)) {
                for (Path file :
                        files.filter(one -> one.toString().matches(".*\\.(log|.*index|snapshot)"))
                                .toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void resyncByCommand() {
        assertThat(Commands.run(home(), "ingest", "resync")).contains("positions forgotten");
    }

    @Test
    void secondProcessWithOtherRulesIsRefusedWhileTheFirstRuns() throws Exception {
        RuleSet other = RuleSet.parse(Map.of("grace-books", "1h"), ZoneOffset.UTC);
        try (RunningLedger running = start()) {
            running.publish(0, 5);
            try (Reconciler first = running.reconciler(RuleSet.defaults(), Pace.ON_DEMAND)) {
                first.start();
                first.applyNow();

                try (Reconciler second = running.reconciler(other, Pace.ON_DEMAND)) {
                    assertThatThrownBy(second::start)
                            .isInstanceOf(ReconcileException.class)
                            .hasMessageContaining(
                                    "rules: grace-books=1h in this process (expected: grace-books=5m, as in version 1")
                            .hasMessageContaining("1 workers of this ledger run at /127.0.0.1");
                }
                first.applyNow();
                first.throwIfFailed();
            }
            try (Reconciler second = running.reconciler(other, Pace.ON_DEMAND)) {
                second.start();
                second.applyNow();
            }
            assertThat(running.ledger()).isNotEmpty();
        }
    }

    @Test
    void startsThoughAKilledRelayHasLeftItsTransactionOpen() throws Exception {
        try (RunningLedger running = start()) {
            running.publish(0, 5);
            running.apply();
            String relay = TOPICS.prefix() + "-relay-main";
            Map<String, Object> properties = running.kafka().producerProperties(relay);
            properties.put(
                    ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                    Math.toIntExact(Duration.ofMinutes(10).toMillis()));
            try (var killed = new KafkaProducer<byte[], byte[]>(properties);
                    var group =
                            new KafkaConsumer<byte[], byte[]>(
                                    running.kafka().consumerProperties(relay))) {
                killed.initTransactions();
                killed.beginTransaction();
                killed.sendOffsetsToTransaction(
                        Map.of(
                                new TopicPartition(TOPICS.name(Topic.LEDGER_HEADS), 0),
                                new OffsetAndMetadata(99, "0")),
                        group.groupMetadata());

                running.publish(5, 10);
                running.apply();
            }
            assertThat(running.ledger().stream().filter(LostLogIT::isItem)).hasSize(10);
        }
    }
}
