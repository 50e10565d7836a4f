package tallystick.ops.cli;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tallystick.db.Database;
import tallystick.db.DatabaseSettings;
import tallystick.db.Migrator;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ops.embedded.DataDirectory;
import tallystick.ops.embedded.EmbeddedServices;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;

/// A ledger on embedded services, fed by hand.
record RunningLedger(DataDirectory data, EmbeddedServices services, Database writer)
        implements AutoCloseable {
    static final TopicSettings TOPICS = TopicSettings.defaults();

    private static final Instant BOOKED = Instant.parse("2026-11-22T09:00:00Z");
    private static final Instant NOW = BOOKED.plus(Duration.ofHours(1));

    static RunningLedger start(Path home) throws Exception {
        DataDirectory data = DataDirectory.take(home);
        EmbeddedServices services =
                EmbeddedServices.start(
                        data,
                        Path.of("target", "cache").toAbsolutePath(),
                        EnumSet.allOf(Service.class));
        var found = services.addresses().database().orElseThrow();
        var settings = new DatabaseSettings(found.url(), found.user(), found.password());
        try (Database owner = Database.connect(settings)) {
            new Migrator(owner.dataSource()).migrate();
        }
        RunningLedger running =
                new RunningLedger(data, services, Database.connect(settings, Role.WRITER));
        new TopicAdmin(running.kafka(), TOPICS).createAbsent();
        return running;
    }

    void executeAsOwner(String sql) throws SQLException {
        var found = services.addresses().database().orElseThrow();
        try (var connection =
                        DriverManager.getConnection(found.url(), found.user(), found.password());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    KafkaConnection kafka() {
        return new KafkaConnection(services.addresses().bootstrapServers().orElseThrow(), Map.of());
    }

    Reconciler reconciler(RuleSet rules, Pace pace) {
        return new Reconciler(
                new ReconcileConfig("main", rules, 1, 1_000, pace),
                writer.dataSource(),
                kafka(),
                TOPICS,
                () -> NOW);
    }

    void apply() throws InterruptedException {
        try (Reconciler reconciler = reconciler(RuleSet.defaults(), Pace.ON_DEMAND)) {
            reconciler.start();
            reconciler.applyNow();
        }
    }

    /// Entries of different references.
    void publish(int from, int to) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int number = from; number < to; number++) {
            String hash = hash(number);
            byte[] value = entry("e" + number, hash, 1_000 + number).toByteArray();
            records.add(record(Topic.BOOKS, hash, value));
        }
        send(records);
    }

    static String hash(int number) {
        return "%064x".formatted(number);
    }

    static BookEntry entry(String id, String hash, long msat) {
        return BookEntry.newBuilder()
                .setEntryId(id)
                .setSource("shop")
                .setBookedAtNs(BOOKED.getEpochSecond() * 1_000_000_000)
                .setValueDate("2026-11-22")
                .setKind(EntryKind.ENTRY_KIND_RECEIPT)
                .setReference("payment_hash:" + hash)
                .setAmountMsat(msat)
                .setAccount("income:sales")
                .build();
    }

    static ProducerRecord<byte[], byte[]> record(Topic topic, String key, byte[] value) {
        return new ProducerRecord<>(
                TOPICS.name(topic),
                RecordKeys.partition(key, TOPICS.partitions()),
                RecordKeys.bytes(key),
                value);
    }

    void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (var producer =
                new KafkaProducer<>(
                        Map.<String, Object>of("bootstrap.servers", kafka().bootstrapServers()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (ProducerRecord<byte[], byte[]> record : records) {
                var _ = producer.send(record);
            }
        }
    }

    /// Everything that must not change.
    List<String> ledger() {
        return new Transactions(writer.dataSource())
                .read(
                        connection -> {
                            List<String> result = new ArrayList<>();
                            for (String table :
                                    List.of(
                                            "ledger.item",
                                            "ledger.transfer",
                                            "ledger.evidence",
                                            "register.mismatch",
                                            "register.change",
                                            "ledger.account_balance")) {
                                try (var statement =
                                                connection.prepareStatement(
                                                        "SELECT row.*::text FROM %s AS row ORDER BY 1"
                                                                .formatted(table));
                                        var rows = statement.executeQuery()) {
                                    while (rows.next()) {
                                        result.add(table + rows.getString(1));
                                    }
                                }
                            }
                            return result;
                        });
    }

    @Override
    public void close() {
        writer.close();
        services.close();
        data.close();
    }
}
