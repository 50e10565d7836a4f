package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.Topic;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;

/// A consumer with the generated classes only has the register of Postgres, however often the relay was killed. Repeat one seed:
/// `mvn -pl reconcile -am verify -Dit.test=RebuildIT -Dtest=none -Drelay.seed=SEED`.
class RebuildIT {
    private static final int KILLS = 100;
    private static final int REFERENCES = 40;

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final FakeKafka kafka = new FakeKafka();

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void registerIsRebuiltFromEitherTopicAfterTheRelayWasKilledAHundredTimes() throws Exception {
        long seed = Long.getLong("relay.seed", 20_260_301L);
        Random random = new Random(seed);
        Fact.cover(log, NODE_A, 500);
        int kills = 0;
        int number = 0;
        while (kills < KILLS) {
            change(random, number++);
            kafka.kill(random);
            kills += drainUntilKilled();
        }
        kafka.spare();
        try (Relay last = relay()) {
            last.drain();
            kafka.take();
        }

        SortedMap<String, Mismatch> register = ofPostgres();
        assertThat(register).as("seed %d", seed).hasSizeGreaterThan(REFERENCES / 4);
        assertThat(ofStates()).as("states, seed %d", seed).isEqualTo(register);
        assertThat(ofChanges()).as("changes, seed %d", seed).isEqualTo(register);
        assertThat(count(Topic.MISMATCHES))
                .as("nothing twice, seed %d", seed)
                .isEqualTo(ledger.number("SELECT count(*) FROM register.change"));
    }

    /// The example for consumers in Python, on the records as they were written. Where there is no Python the test says that it
    /// did not run.
    @Test
    void exampleInPythonRebuildsTheRegister(@TempDir Path directory) throws Exception {
        assumeTrue(hasPython(), "python3 is not there: the example in Python did NOT run");
        Random random = new Random(5);
        Fact.cover(log, NODE_A, 500);
        for (int number = 0; number < 30; number++) {
            change(random, number);
        }
        try (Relay relay = relay()) {
            relay.drain();
            kafka.take();
        }
        StringBuilder lines = new StringBuilder();
        for (ProducerRecord<byte[], byte[]> record : kafka.committed) {
            if (record.topic().equals(FakeLog.name(Topic.MISMATCH_STATE))) {
                lines.append(new String(record.key(), UTF_8)).append('\t');
                lines.append(record.value() == null ? "" : Digests.hex(record.value()));
                lines.append('\n');
            }
        }
        Path file = Files.writeString(directory.resolve("records"), lines);

        Process python =
                new ProcessBuilder(
                                "python3",
                                "../docs/examples/open_register.py",
                                "--file",
                                file.toString())
                        .redirectErrorStream(true)
                        .start();
        List<String> printed =
                new String(python.getInputStream().readAllBytes(), UTF_8).lines().toList();

        assertThat(python.waitFor()).as(printed.toString()).isZero();
        List<String> expected =
                ofPostgres().values().stream()
                        .map(
                                one ->
                                        "\"amount_msat\": %d, \"code\": \"%s\""
                                                .formatted(one.getAmountMsat(), one.getCode()))
                        .toList();
        assertThat(expected).isNotEmpty();
        assertThat(printed).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(printed.get(i)).contains(expected.get(i));
        }
    }

    /// The example for consumers in Java, compiled as it stands there, with a consumer that gives the records as they were
    /// written.
    @Test
    void exampleInJavaRebuildsTheRegister(@TempDir Path directory) throws Exception {
        Random random = new Random(6);
        Fact.cover(log, NODE_A, 500);
        for (int number = 0; number < 30; number++) {
            change(random, number);
        }
        try (Relay relay = relay()) {
            relay.drain();
            kafka.take();
        }
        Path source = Path.of("../docs/examples/OpenRegister.java");
        StringWriter said = new StringWriter();
        JavaCompiler compiler = requireNonNull(ToolProvider.getSystemJavaCompiler());
        boolean isCompiled =
                compiler.getTask(
                                said,
                                null,
                                null,
                                List.of("-d", directory.toString(), "-proc:none"),
                                null,
                                compiler.getStandardFileManager(null, null, UTF_8)
                                        .getJavaFileObjects(source))
                        .call();
        assertThat(isCompiled).as(said.toString()).isTrue();

        List<String> printed;
        try (var loader =
                new URLClassLoader(
                        new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
            Class<?> example = loader.loadClass("OpenRegister");
            var constructor = example.getDeclaredConstructor();
            constructor.setAccessible(true);
            Object register = constructor.newInstance();
            Method take = example.getDeclaredMethod("take", byte[].class, byte[].class);
            take.setAccessible(true);
            for (int round = 0; round < 2; round++) { // What comes again changes nothing.
                for (ProducerRecord<byte[], byte[]> record : kafka.committed) {
                    if (record.topic().equals(FakeLog.name(Topic.MISMATCHES))) {
                        take.invoke(register, record.key(), record.value());
                    }
                }
            }
            Method lines = example.getDeclaredMethod("lines");
            lines.setAccessible(true);
            printed =
                    ((List<?>) requireNonNull(lines.invoke(register)))
                            .stream().map(String::valueOf).toList();
        }

        List<String> expected =
                ofPostgres().values().stream()
                        .map(
                                one ->
                                        "%s %s %s %d msat: %s"
                                                .formatted(
                                                        one.getSeverity(),
                                                        one.getCode(),
                                                        one.getReference(),
                                                        one.getAmountMsat(),
                                                        one.getExplanation()))
                        .toList();
        assertThat(expected).isNotEmpty();
        assertThat(printed).isEqualTo(expected);
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /// Opens something, or closes it again.
    private void change(Random random, int number) {
        for (int i = 0; i < 3; i++) {
            int reference = random.nextInt(REFERENCES);
            log.append(settled(NODE_A, reference, 5_000, 10));
            if (random.nextInt(3) == 0) {
                String id = "e%d-%d".formatted(number, i);
                log.append(booked(id, ENTRY_KIND_RECEIPT, reference, 5_000, 11));
            }
        }
        ledger.applier().apply(log.readAll(), at(500));
        ledger.groups().decideDirty(at(500));
    }

    /// 1 when the relay was killed before it was done.
    private int drainUntilKilled() {
        try (Relay relay = relay()) {
            relay.drain();
            return 0;
        } catch (ReconcileException e) {
            assertThat(e).hasMessageContaining("killed");
            return 1;
        } finally {
            kafka.take();
        }
    }

    private Relay relay() {
        return new Relay(ledger.transactions(), kafka, RelayIT.topics(), "main", () -> at(500));
    }

    private SortedMap<String, Mismatch> ofPostgres() {
        SortedMap<String, Mismatch> result = new TreeMap<>();
        ledger.transactions()
                .read(
                        connection -> {
                            try (var statement =
                                            connection.prepareStatement(
                                                    "SELECT DISTINCT ON (mismatch_id) after FROM register.change"
                                                            + " JOIN register.mismatch USING (mismatch_id)"
                                                            + " WHERE state = 'OPEN'"
                                                            + " ORDER BY mismatch_id, change.batch_id DESC, ordinal DESC");
                                    var rows = statement.executeQuery()) {
                                while (rows.next()) {
                                    Mismatch one = MismatchMessages.parse(rows.getBytes(1));
                                    result.put(one.getMismatchId(), one);
                                }
                            }
                            return 0;
                        });
        return result;
    }

    /// As docs/kafka.md tells consumers to: the last value of each key, none after a tombstone.
    private SortedMap<String, Mismatch> ofStates() throws InvalidProtocolBufferException {
        SortedMap<String, Mismatch> result = new TreeMap<>();
        for (ProducerRecord<byte[], byte[]> record : kafka.committed) {
            if (record.topic().equals(FakeLog.name(Topic.MISMATCH_STATE))) {
                String key = new String(record.key(), UTF_8);
                if (record.value() == null) {
                    result.remove(key);
                } else {
                    result.put(key, Mismatch.parseFrom(record.value()));
                }
            }
        }
        result.values().removeIf(one -> one.getState() != MismatchState.MISMATCH_STATE_OPEN);
        return result;
    }

    private SortedMap<String, Mismatch> ofChanges() throws InvalidProtocolBufferException {
        SortedMap<String, Mismatch> result = new TreeMap<>();
        Set<String> seen = new HashSet<>();
        for (ProducerRecord<byte[], byte[]> record : kafka.committed) {
            boolean isChange = record.topic().equals(FakeLog.name(Topic.MISMATCHES));
            if (isChange && seen.add(id(record))) {
                MismatchChange change = MismatchChange.parseFrom(record.value());
                Optional.of(change.getAfter())
                        .filter(after -> after.getState() == MismatchState.MISMATCH_STATE_OPEN)
                        .ifPresentOrElse(
                                after -> result.put(change.getMismatchId(), after),
                                () -> result.remove(change.getMismatchId()));
            }
        }
        return result;
    }

    private long count(Topic topic) {
        return kafka.committed.stream()
                .filter(record -> record.topic().equals(FakeLog.name(topic)))
                .count();
    }

    private static String id(ProducerRecord<byte[], byte[]> record) {
        return new String(requireNonNull(record.headers().lastHeader("ce_id")).value(), UTF_8);
    }
}
