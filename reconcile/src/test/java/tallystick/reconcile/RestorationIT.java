package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.seal.Head;
import tallystick.db.seal.TamperFinding;
import tallystick.kafka.Topic;
import tallystick.proto.v1.LedgerHead;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;

/// A database that comes back from a backup goes on as if nothing had happened: nothing is lost, and nothing told twice.
class RestorationIT {
    private final FakeLog log = new FakeLog();
    private final FakeKafka kafka = new FakeKafka();
    private final TestLedger lost = new TestLedger(log);
    private TestLedger ledger = lost;
    private Relay relay = relay();
    private Map<TopicPartition, Long> mark = Map.of();

    @AfterEach
    void close() {
        relay.close();
        if (ledger != lost) {
            ledger.close();
        }
        lost.close();
    }

    private Relay relay() {
        return new Relay(ledger.transactions(), kafka, RelayIT.topics(), "main", () -> at(500));
    }

    private Restoration restoration() {
        kafka.ends.putAll(log.ends());
        return new Restoration(ledger.transactions(), kafka, RelayIT.topics(), "main");
    }

    private void apply() {
        ledger.applier().apply(log.readAll(), at(500));
        decideDue();
    }

    private void decideDue() {
        var _ = ledger.applier().decideDue(Set.of(0, 1), at(500));
        ledger.groups().decideDirty(at(500));
    }

    /// What is told in the quarantine is read from there too.
    private void drain() {
        int before = sent(Topic.QUARANTINE).size();
        relay.drain();
        kafka.take();
        sent(Topic.QUARANTINE).stream()
                .skip(before)
                .forEach(
                        told -> {
                            Map<String, String> headers = new HashMap<>();
                            told.headers()
                                    .forEach(
                                            one ->
                                                    headers.put(
                                                            one.key(),
                                                            new String(one.value(), UTF_8)));
                            log.append(Topic.QUARANTINE, 0, told.key(), told.value(), headers);
                        });
    }

    private TestLedger backup() {
        mark = log.mark();
        TestLedger copy = ledger.backup();
        relay.close();
        relay = relay(); // The connections of the other are gone.
        return copy;
    }

    private void restore(TestLedger backup) {
        relay.close();
        ledger = backup;
        log.rewind(mark);
        relay = relay();
    }

    private void unbooked(int hash) {
        log.append(settled(NODE_A, hash, 1_000L * hash, 10));
        Fact.cover(log, NODE_A, 500);
    }

    private void book(int hash) {
        log.append(booked("e" + hash, ENTRY_KIND_RECEIPT, hash, 1_000L * hash, 11));
    }

    @Test
    void tellsNothingOfWhatWasToldAndAllThatComesAfter() throws Exception {
        unbooked(1);
        unbooked(2);
        apply();
        drain();
        TestLedger backup = backup();
        unbooked(3);
        log.append(Topic.INVOICES, 0, null, null); // Set aside.
        apply();
        drain();
        book(1);
        apply();
        drain();
        int told = told();

        restore(backup);
        assertThatThrownBy(() -> restoration().requireNone())
                .isInstanceOf(ReconcileException.class)
                .hasMessageContaining("ledger: ends at sequence 1 (expected: 3 or later")
                .hasMessageContaining("tallystick restore check");
        assertThat(restoration().check().redo().stream().mapToLong(Restoration.Redo::records).sum())
                .isPositive();
        assertThat(restoration().goOn(at(600))).isEqualTo(4);
        restoration().requireNone();
        drain();
        apply();
        drain();

        assertThat(told()).isEqualTo(told);
        book(3);
        log.append(Topic.INVOICES, 0, null, null);
        apply();
        drain();
        unbooked(4);
        apply();
        drain();
        isWhole();
        assertThat(sent(Topic.QUARANTINE)).hasSize(2);
        whatWasLostShows();
    }

    /// A restoration that is noted is no alarm; a head that was published of what it lost is.
    private void whatWasLostShows() throws InvalidProtocolBufferException {
        List<Head> heads = new ArrayList<>();
        for (var record : sent(Topic.LEDGER_HEADS)) {
            LedgerHead head = LedgerHead.parseFrom(record.value());
            heads.add(
                    new Head(
                            head.getSequence(),
                            head.getHash().toByteArray(),
                            head.getPreviousHash().toByteArray(),
                            Instant.ofEpochSecond(0, head.getCommittedAtNs())));
        }
        LedgerVerification check = new LedgerVerification(ledger.dataSource(), RelayIT.topics());

        assertThat(check.run(List.of(), _ -> {}).findings()).isEmpty();
        assertThat(check.run(heads, _ -> {}).findings())
                .extracting(TamperFinding::sequence)
                .containsExactly(2L, 3L);
    }

    @Test
    void tellsWhatHadNotBeenTold() throws Exception {
        unbooked(1);
        apply();
        drain();
        TestLedger backup = backup();
        unbooked(2);
        apply();
        drain();
        unbooked(3);
        log.append(Topic.INVOICES, 0, null, null);
        apply(); // And no relay any more.

        restore(backup);
        var _ = restoration().goOn(at(600));
        apply();
        drain();

        isWhole();
        assertThat(sent(Topic.QUARANTINE)).hasSize(1);
        assertThat(sent(Topic.MISMATCHES)).as("three receipts, a refused record").hasSize(4);
    }

    @Test
    void takesBackWhatIsNotTrueAnyMore() throws Exception {
        unbooked(1);
        apply();
        drain();
        TestLedger backup = backup();
        unbooked(2);
        apply();
        drain();
        book(2); // In the log, and never applied.

        restore(backup);
        var _ = restoration().goOn(at(600));
        apply();
        drain();

        isWhole();
        MismatchChange last = MismatchChange.parseFrom(sent(Topic.MISMATCHES).getLast().value());
        assertThat(last.getCause()).isEqualTo("restore");
        assertThat(last.getAfter().getState().name()).isEqualTo("MISMATCH_STATE_CLOSED");
        assertThat(last.getBefore().getAmountMsat()).isEqualTo(2_000);
    }

    @Test
    void waitsUntilAllIsRedone() {
        unbooked(1);
        apply();
        drain();
        TestLedger backup = backup();
        unbooked(2);
        apply();
        drain();
        int told = told();
        restore(backup);
        var _ = restoration().goOn(at(600));

        java.util.Random random = new java.util.Random(7);
        while (!log.isRead()) {
            drain();
            assertThat(told()).isEqualTo(told);
            ledger.applier().apply(log.readSome(random, 1), at(500));
        }
        decideDue();
        relay.close();
        relay = relay();
        drain();

        assertThat(told()).isEqualTo(told);
    }

    @Test
    void goesOnAfterASecondRestoration() throws Exception {
        unbooked(1);
        apply();
        drain();
        TestLedger first = backup();
        unbooked(2);
        apply();
        drain();
        restore(first);
        var _ = restoration().goOn(at(600));
        apply();
        drain();
        unbooked(3);
        apply();
        drain();
        TestLedger second = backup();
        unbooked(4);
        apply();
        drain();
        int told = told();
        relay.close();
        ledger.close();

        restore(second);
        var _ = restoration().goOn(at(700));
        apply();
        drain();

        assertThat(told()).isEqualTo(told);
        book(4);
        apply();
        drain();
        isWhole();
    }

    @Test
    void isNotNeededWhereNothingWasLost() {
        unbooked(1);
        apply();
        drain();

        assertThat(restoration().check().isRestored()).isFalse();
        assertThatThrownBy(() -> restoration().goOn(at(600)))
                .isInstanceOf(ReconcileException.class)
                .hasMessageContaining("(expected: a ledger that is behind)");
    }

    /// How many records, heads apart: each new batch has one.
    private int told() {
        return kafka.committed.size() - sent(Topic.LEDGER_HEADS).size();
    }

    private List<org.apache.kafka.clients.producer.ProducerRecord<byte[], byte[]>> sent(
            Topic topic) {
        return kafka.committed.stream()
                .filter(record -> record.topic().equals(FakeLog.name(topic)))
                .toList();
    }

    /// Every change once, each beginning where the one before ended; the last as the register has it.
    private void isWhole() throws InvalidProtocolBufferException {
        Map<String, Mismatch> state = new HashMap<>();
        Set<String> places = new HashSet<>();
        long last = 0;
        for (var record : sent(Topic.MISMATCHES)) {
            MismatchChange change = MismatchChange.parseFrom(record.value());
            assertThat(places.add(change.getLedgerSequence() + "/" + change.getOrdinal()))
                    .as("told once: %s", change)
                    .isTrue();
            assertThat(change.getLedgerSequence()).isGreaterThanOrEqualTo(last);
            last = change.getLedgerSequence();
            assertThat(change.hasBefore() ? change.getBefore() : null)
                    .as("told before %s", change)
                    .isEqualTo(state.put(change.getMismatchId(), change.getAfter()));
            assertThat(change.getBefore()).isNotEqualTo(change.getAfter());
        }
        List<String> open =
                state.entrySet().stream()
                        .filter(
                                one ->
                                        one.getValue()
                                                .getState()
                                                .name()
                                                .equals("MISMATCH_STATE_OPEN"))
                        .map(one -> one.getKey() + " " + one.getValue().getAmountMsat())
                        .sorted()
                        .toList();
        assertThat(open)
                .isEqualTo(
                        ledger.rows(
                                "SELECT encode(mismatch_id, 'hex') || ' ' || amount_msat FROM register.mismatch"
                                        + " WHERE state = 'OPEN' ORDER BY encode(mismatch_id, 'hex') COLLATE \"C\""));
        ledger.checkIdentity();
    }
}
