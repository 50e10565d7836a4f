package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_PAYMENT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.held;
import static tallystick.reconcile.Fact.paid;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.ByteString;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.Mismatch;
import tallystick.reconcile.RuleReplay.Difference;
import tallystick.reconcile.RuleReplay.Effect;

/// What was decided can be decided again, by the same rules to the same bytes, and by others to see what would be otherwise.
class RuleReplayIT {
    private static final int MINUTES = 120;

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final RuleReplay replay = new RuleReplay(ledger.dataSource(), RelayIT.topics());

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void oldRulesGiveTheOldDecisionsByteForByte() {
        live(new Random(7));

        SortedMap<String, List<ByteString>> told = told();
        assertThat(told).hasSizeGreaterThan(20);
        assertThat(
                        told.values().stream()
                                .flatMap(List::stream)
                                .map(
                                        bytes ->
                                                MismatchMessages.parse(bytes.toByteArray())
                                                        .getCode()))
                .contains(Code.IGNORED_EXPIRED.name());
        SortedMap<String, List<ByteString>> again =
                bytes(replay.history(RuleSet.defaults(), at(MINUTES - 1)));
        told.forEach(
                (id, changes) ->
                        assertThat(texts(again.getOrDefault(id, List.of())))
                                .isEqualTo(texts(changes)));
        assertThat(again).isEqualTo(told);
    }

    @Test
    void sameRulesDifferInNothing() {
        live(new Random(8));

        assertThat(replay.diff(RuleSet.defaults(), rules("5m"), at(0), at(MINUTES)).differences())
                .isEmpty();
    }

    @Test
    void longerGraceLetsVanishWhatCameLate() {
        minute(10, settled(NODE_A, 1, 5_000, 10), settled(NODE_A, 2, 7_000, 10));
        for (int minute = 11; minute < 18; minute++) {
            minute(minute);
        }
        minute(18, booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 18));
        for (int minute = 19; minute < 40; minute++) {
            minute(minute);
        }

        RuleReplay.Result result = replay.diff(RuleSet.defaults(), rules("10m"), at(0), at(40));

        assertThat(result.items()).isEqualTo(2);
        assertThat(result.differences())
                .extracting(Difference::effect, Difference::code, Difference::amountMsat)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(
                                Effect.VANISHES, "SETTLED_NOT_BOOKED", 5_000L),
                        org.assertj.core.groups.Tuple.tuple(
                                Effect.CHANGES, "SETTLED_NOT_BOOKED", 7_000L));
        assertThat(ledger.number("SELECT count(*) FROM register.change")).isEqualTo(3);
    }

    /// Two hours of a live ledger: each minute some evidence, then what it covers and what has become due.
    private void live(Random random) {
        for (int minute = 1; minute < MINUTES; minute++) {
            List<Fact> facts = new ArrayList<>();
            int reference = random.nextInt(40);
            NodeId node = reference % 2 == 0 ? NODE_A : NODE_B;
            switch (random.nextInt(7)) {
                case 0 -> facts.add(settled(node, reference, 5_000, minute));
                case 1 ->
                        facts.add(
                                paid(
                                        node,
                                        reference + 100,
                                        9_000,
                                        10,
                                        minute,
                                        PAYMENT_STATE_SUCCEEDED));
                case 2 ->
                        facts.add(
                                booked(
                                        "e" + minute,
                                        ENTRY_KIND_RECEIPT,
                                        reference,
                                        random.nextBoolean() ? 5_000 : 4_000,
                                        minute));
                case 3 -> facts.add(held(node, reference + 200, 3_000, minute, 900_000));
                case 4 -> {
                    // Some are about what is open just then, some about nothing.
                    facts.add(ignored(node, reference, minute));
                    int other = random.nextInt(40);
                    facts.add(ignored(other % 2 == 0 ? NODE_A : NODE_B, other, minute));
                }
                default ->
                        facts.add(
                                booked(
                                        "e" + minute,
                                        ENTRY_KIND_PAYMENT,
                                        reference + 100,
                                        9_000,
                                        minute));
            }
            minute(minute, facts.toArray(Fact[]::new));
        }
    }

    private static Fact ignored(NodeId node, int hash, int minute) {
        String reference = "payment_hash:" + hash(hash);
        return new Fact(
                Topic.DECISIONS,
                hash(hash),
                Decision.newBuilder()
                        .setDecisionId("d%d-%d".formatted(minute, hash))
                        .setMismatchId(
                                Digests.hex(
                                        Digests.mismatchId(
                                                Code.SETTLED_NOT_BOOKED.name(),
                                                reference,
                                                node.pubkey())))
                        .setKind(DecisionKind.DECISION_KIND_IGNORE)
                        .setPerson("ann")
                        .setReason("seen")
                        .setDecidedAtNs(Times.nanos(at(minute)))
                        .setUntilNs(Times.nanos(at(minute + 7)))
                        .setReference(reference)
                        .setSeenAmountMsat(5_000)
                        .setRuleVersion(1)
                        .build()
                        .toByteArray());
    }

    private void minute(int minute, Fact... facts) {
        for (Fact fact : facts) {
            log.append(fact);
        }
        Fact.cover(log, NODE_A, minute);
        Fact.cover(log, NODE_B, minute);
        // As a live ledger does several times a second: before evidence comes, all that is due was
        // decided.
        ledger.applier().decideDue(List.of(0, 1), at(minute).minusNanos(1_000));
        ledger.applier().apply(log.readAll(), at(minute));
        ledger.applier().decideDue(List.of(0, 1), at(minute));
    }

    private SortedMap<String, List<ByteString>> told() {
        SortedMap<String, List<ByteString>> result = new TreeMap<>();
        ledger.transactions()
                .read(
                        connection -> {
                            try (var statement =
                                            connection.prepareStatement(
                                                    "SELECT encode(mismatch_id, 'hex'), after FROM register.change"
                                                            + " ORDER BY batch_id, ordinal");
                                    var rows = statement.executeQuery()) {
                                while (rows.next()) {
                                    result.computeIfAbsent(
                                                    rows.getString(1), _ -> new ArrayList<>())
                                            .add(ByteString.copyFrom(rows.getBytes(2)));
                                }
                            }
                            return 0;
                        });
        return result;
    }

    private static SortedMap<String, List<ByteString>> bytes(
            SortedMap<String, List<Mismatch>> history) {
        SortedMap<String, List<ByteString>> result = new TreeMap<>();
        history.forEach(
                (id, all) -> result.put(id, all.stream().map(Mismatch::toByteString).toList()));
        return result;
    }

    private static List<String> texts(List<ByteString> messages) {
        return messages.stream()
                .map(bytes -> MismatchMessages.parse(bytes.toByteArray()).toString())
                .toList();
    }

    private static RuleSet rules(String grace) {
        return RuleSet.parse(Map.of("grace-books", grace), ZoneOffset.UTC);
    }
}
