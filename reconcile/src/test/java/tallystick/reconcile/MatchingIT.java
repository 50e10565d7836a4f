package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_PAYMENT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.NODE_C;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.paid;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.InvoiceRecord;

/// Entries without a reference, from records to register: what finds its settlement, what is proposed, what stays open.
class MatchingIT {
    private static final int BATCH_MAX = 9;
    private static final Instant NOW = at(1_400);

    /// So soon after it was made that an invoice was paid too late. Seconds.
    private static final int EXPIRED = 30;

    @Test
    void anEntryFindsTheReceiptOfItsOrder() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "Order #ORD-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));

            assertThat(story.open()).isEmpty();
            assertThat(story.states()).containsExactly("order AGREED 0", "payment AGREED 0");
            assertThat(
                            story.ledger.number(
                                    "SELECT count(*) FROM ledger.transfer WHERE counter_item_key IS NOT NULL"))
                    .isEqualTo(1);
        }
    }

    @Test
    void nothingIsOpenForAMomentThatAnEntryMatches() {
        try (Story story = new Story()) {
            story.tell(order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.log.append(received(NODE_A, 1, 5_000, 10, "ord-1234"));
            story.cover();

            story.apply();

            assertThat(story.open())
                    .containsExactly("BOOKED_NOT_ON_NODE order:ord-1234 5000"); // As before.
            story.settle();
            assertThat(story.open()).isEmpty();
            assertThat(
                            story.ledger.number(
                                    "SELECT count(*) FROM register.mismatch WHERE code = 'SETTLED_NOT_BOOKED'"))
                    .isZero();
        }
    }

    @Test
    void nothingIsOpenForAMomentThatAnEntryOfTheSameBatchMatches() {
        try (Story story = new Story()) {
            story.log.append(order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.log.append(received(NODE_A, 1, 5_000, 10, "ord-1234"));
            story.cover();

            story.apply();

            assertThat(story.open()).isEmpty();
            story.settle();
            assertThat(story.open()).isEmpty();
            assertThat(story.states()).containsExactly("order AGREED 0", "payment AGREED 0");
        }
    }

    /// What the group decided on less says nothing of more.
    @Test
    void nothingIsOpenForAMomentWhenBothSidesGrow() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "ord-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.log.append(order("e2", ENTRY_KIND_RECEIPT, "ord-1234", 2_000, 20));
            story.apply();
            story.log.append(received(NODE_A, 1, 7_000, 10, "ord-1234"));
            story.apply();

            assertThat(story.open()).noneMatch(line -> line.startsWith("SETTLED_NOT_BOOKED"));
            story.settle();
            assertThat(story.states()).contains("order AGREED 0");
        }
    }

    @Test
    void anEntryThatComesLaterClosesWhatWasNotBooked() {
        try (Story story = new Story()) {
            story.tell(received(NODE_A, 1, 5_000, 10, "ord-1234"));
            assertThat(story.open()).hasSize(1);

            story.tell(order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));

            assertThat(story.open()).isEmpty();
        }
    }

    @Test
    void itsOwnEntryTakesAMatchBack() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "ord-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.tell(booked("e2", ENTRY_KIND_RECEIPT, 1, 5_000, 30));

            assertThat(story.open()).containsExactly("BOOKED_NOT_ON_NODE order:ord-1234 5000");
            assertThat(story.states()).containsExactly("order OPEN -5000", "payment AGREED 0");
        }
    }

    @Test
    void aReversalTakesAMatchBack() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "ord-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.tell(
                    booked(
                            entry("e2", ENTRY_KIND_REVERSAL, 0, 5_000, 30)
                                    .setReference("order:ord-1234")
                                    .setReverses("e1")));

            assertThat(story.open())
                    .containsExactly("SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5000");
            assertThat(story.states()).containsExactly("order AGREED 0", "payment OPEN 5000");
        }
    }

    @Test
    void aMatchWaitsForANodeThatJoins() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "ord-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));

            story.cover(NODE_C, 5);
            assertThat(story.open()).isEmpty();
            assertThat(story.states())
                    .containsExactly("order WAITING -5000", "payment WAITING 5000");

            story.cover(NODE_C, 15);
            assertThat(story.states()).containsExactly("order AGREED 0", "payment AGREED 0");
        }
    }

    @Test
    void nothingIsCalledMissingBeforeANodeThatJoinsIsRead() {
        try (Story story = new Story()) {
            story.tell(order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            assertThat(story.open()).containsExactly("BOOKED_NOT_ON_NODE order:ord-1234 5000");

            story.cover(NODE_C, 5);
            assertThat(story.open()).isEmpty();

            story.cover(NODE_C, 20);
            assertThat(story.open()).containsExactly("BOOKED_NOT_ON_NODE order:ord-1234 5000");
        }
    }

    @ParameterizedTest(name = "heard: {0}")
    @ValueSource(booleans = {false, true})
    void nothingWaitsForAnEntryThatIsTakenBack(boolean isHeard) {
        try (Story story = new Story()) {
            story.log.append(order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.cover();
            story.apply();
            if (isHeard) {
                story.settle();
            }
            story.log.append(received(NODE_A, 1, 5_000, 10, "ord-1234"));
            story.apply();

            story.tell(
                    booked(
                            entry("e2", ENTRY_KIND_REVERSAL, 0, 5_000, 30)
                                    .setReference("order:ord-1234")
                                    .setReverses("e1")));

            assertThat(story.open())
                    .containsExactly("SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5000");
        }
    }

    /// Something else about it is open, so it does not wait as a whole.
    @Test
    void nothingOfAnItemWaitsForAnEntryThatIsTakenBack() {
        try (Story story = new Story()) {
            story.log.append(order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.cover();
            story.apply();
            story.log.append(received(NODE_A, 1, 5_000, 10, "ord-1234", EXPIRED));
            story.apply();
            assertThat(story.open())
                    .containsExactly("EXPIRED_BUT_PAID payment_hash:" + Fact.hash(1) + " 5000");

            story.tell(
                    booked(
                            entry("e2", ENTRY_KIND_REVERSAL, 0, 5_000, 30)
                                    .setReference("order:ord-1234")
                                    .setReverses("e1")));

            assertThat(story.open())
                    .containsExactly(
                            "EXPIRED_BUT_PAID payment_hash:" + Fact.hash(1) + " 5000",
                            "SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5000");
        }
    }

    @Test
    void anOrderPaidTwiceIsForAPersonToDecide() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "ord-1234"),
                    received(NODE_A, 2, 5_000, 11, "ord-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));

            assertThat(story.open())
                    .containsExactly(
                            "AMBIGUOUS_MATCH order:ord-1234 5000",
                            "SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5000",
                            "SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(2) + " 5000");
            assertThat(
                            story.ledger.rows(
                                    "SELECT sentence || ' ' || node_half FROM register.mismatch WHERE code = 'AMBIGUOUS_MATCH'"))
                    .first()
                    .asString()
                    .contains(
                            "one of 2: (1) payment_hash:00000000…; (2) payment_hash:00000000….",
                            "alternative 1: payment_hash:" + Fact.hash(1),
                            "alternative 2: payment_hash:" + Fact.hash(2));
        }
    }

    @Test
    void aPersonConfirmsOneOfTheAlternatives() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_000, 10, "ord-1234"),
                    received(NODE_A, 2, 5_000, 11, "ord-1234"),
                    order("e1", ENTRY_KIND_RECEIPT, "ord-1234", 5_000, 20));
            story.tell(confirmed("order:ord-1234", "payment_hash:" + Fact.hash(2)));

            assertThat(story.open())
                    .containsExactly("SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5000");

            story.tell(booked("e2", ENTRY_KIND_RECEIPT, 2, 5_000, 30));

            assertThat(story.open())
                    .containsExactly(
                            "AMBIGUOUS_MATCH order:ord-1234 5000", // Now by its amount.
                            "SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5000");
        }
    }

    @Test
    void anAmountAloneIsOnlyProposed() {
        try (Story story = new Story()) {
            story.tell(
                    received(NODE_A, 1, 5_001, 10, "coffee"),
                    itself("e1", ENTRY_KIND_RECEIPT, 5_001, 20, ""));

            assertThat(story.open())
                    .containsExactly(
                            "AMBIGUOUS_MATCH entry:erp/e1 5001",
                            "SETTLED_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 5001");
        }
    }

    @Test
    void aPaymentWithoutItsFeeLeavesTheFee() {
        try (Story story = new Story()) {
            story.tell(
                    paid(NODE_A, 1, 5_000, 7, 10, PAYMENT_STATE_SUCCEEDED),
                    itself("e1", ENTRY_KIND_PAYMENT, 5_000, 20, "hash " + Fact.hash(1)),
                    paid(NODE_A, 2, 6_000, 9, 10, PAYMENT_STATE_SUCCEEDED),
                    itself("e2", ENTRY_KIND_PAYMENT, 6_009, 20, Fact.hash(2)));

            assertThat(story.open())
                    .containsExactly("FEE_NOT_BOOKED payment_hash:" + Fact.hash(1) + " 7");
        }
    }

    @Test
    void severalEntriesOfOneReceiptInSeveralPartitions() {
        try (Story story = new Story()) {
            story.tell(received(NODE_A, 1, 6_000, 10, "ord-1001 ord-1002 ord-1003"));
            for (int i = 1; i <= 3; i++) {
                story.tell(order("e" + i, ENTRY_KIND_RECEIPT, "ord-100" + i, i * 1_000L, 20));
            }

            assertThat(story.open()).isEmpty();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {3, 77, 20261126})
    void plantedSetsDoNotDependOnOrderCutsAndRepeats(long seed) {
        List<Fact> planted = planted(new Random(seed));
        List<String> straight = apply(planted, new Random(seed), false);

        assertThat(straight.stream().filter(row -> row.startsWith("AMBIGUOUS_MATCH|")))
                .isNotEmpty();
        for (int run = 1; run <= 3; run++) {
            assertThat(apply(planted, new Random(seed * 31 + run), true))
                    .as("seed %d, run %d", seed, run)
                    .isEqualTo(straight);
        }
    }

    private static List<String> apply(List<Fact> planted, Random random, boolean isShuffled) {
        List<Fact> facts = new ArrayList<>(planted);
        if (isShuffled) {
            for (int i = 0; i < planted.size() / 4; i++) {
                facts.add(planted.get(random.nextInt(planted.size())));
            }
            Collections.shuffle(facts, random);
        }
        try (Story story = new Story()) {
            facts.forEach(story.log::append);
            story.log.appendMarkers();
            story.cover();
            while (!story.log.isRead()) {
                Batch batch =
                        isShuffled ? story.log.readSome(random, BATCH_MAX) : story.log.readAll();
                Instant now = isShuffled ? at(random.nextInt(1_400)) : NOW;
                story.ledger.applier().apply(batch, now);
                if (isShuffled && random.nextInt(4) == 0) {
                    story.ledger.settle(now);
                }
            }
            story.settle();
            return story.ledger.dump();
        }
    }

    /// Unique, ambiguous and misleading ones side by side.
    private static List<Fact> planted(Random random) {
        List<Fact> facts = new ArrayList<>();
        int hash = 0;
        for (int story = 0; story < 40; story++) {
            String order = "ord-%d".formatted(1_000 + story);
            NodeId node = random.nextBoolean() ? NODE_A : NODE_B;
            int minute = 10 + random.nextInt(900);
            long msat = 1_000L * (1 + random.nextInt(6)) + random.nextInt(3);
            String id = "e" + story;
            switch (story % 10) {
                case 0, 1 -> {
                    facts.add(received(node, hash++, msat, minute, "Order " + order));
                    facts.add(order(id, ENTRY_KIND_RECEIPT, order, msat, minute + 3));
                }
                case 2 -> {
                    facts.add(received(node, hash++, msat, minute, order));
                    facts.add(received(node, hash++, 700, minute + 1, "rest of " + order));
                    facts.add(order(id, ENTRY_KIND_RECEIPT, order, msat + 700, minute + 3));
                }
                case 3 -> {
                    facts.add(received(node, hash++, msat + 900, minute, order));
                    facts.add(order(id, ENTRY_KIND_RECEIPT, order, msat, minute + 3));
                    facts.add(itself(id + "b", ENTRY_KIND_RECEIPT, 900, minute + 3, order));
                }
                case 4 -> {
                    facts.add(received(node, hash++, msat, minute, order));
                    facts.add(received(node, hash++, msat, minute, order.toUpperCase(Locale.ROOT)));
                    facts.add(order(id, ENTRY_KIND_RECEIPT, order, msat, minute + 3));
                }
                case 5 -> {
                    facts.add(paid(node, hash, msat, 12, minute, PAYMENT_STATE_SUCCEEDED));
                    facts.add(
                            itself(
                                    id,
                                    ENTRY_KIND_PAYMENT,
                                    msat + (random.nextBoolean() ? 12 : 0),
                                    minute + 1,
                                    Fact.hash(hash)));
                    hash++;
                }
                case 6 -> {
                    facts.add(received(node, hash++, msat, minute, "coffee"));
                    facts.add(itself(id, ENTRY_KIND_RECEIPT, msat, minute + 2, "till 3"));
                }
                case 7 -> facts.add(order(id, ENTRY_KIND_RECEIPT, order, msat, minute));
                case 8 -> {
                    facts.add(received(node, hash, msat, minute, order));
                    facts.add(order(id, ENTRY_KIND_RECEIPT, order, msat, minute + 3));
                    facts.add(booked(id + "b", ENTRY_KIND_RECEIPT, hash++, msat, minute + 4));
                }
                default -> facts.add(received(node, hash++, msat, minute, order));
            }
        }
        return facts;
    }

    private static Fact received(NodeId node, int hash, long msat, int minute, String memo) {
        return received(node, hash, msat, minute, memo, 86_400);
    }

    private static Fact received(
            NodeId node, int hash, long msat, int minute, String memo, int expirySeconds) {
        Fact plain = settled(node, hash, msat, minute);
        try {
            return new Fact(
                    plain.topic(),
                    plain.key(),
                    InvoiceRecord.parseFrom(plain.value()).toBuilder()
                            .setMemo(memo)
                            .setExpirySeconds(expirySeconds)
                            .build()
                            .toByteArray());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Fact confirmed(String reference, String alternative) {
        return new Fact(
                Topic.DECISIONS,
                reference,
                Decision.newBuilder()
                        .setDecisionId("d1")
                        .setMismatchId(
                                Digests.hex(Digests.mismatchId("AMBIGUOUS_MATCH", reference, "")))
                        .setKind(DecisionKind.DECISION_KIND_CONFIRM_MATCH)
                        .setPerson("ann")
                        .setDecidedAtNs(Times.nanos(at(600)))
                        .setReference(reference)
                        .setSeenAmountMsat(5_000)
                        .setAlternative(alternative)
                        .build()
                        .toByteArray());
    }

    private static Fact order(String id, EntryKind kind, String order, long msat, int minute) {
        return booked(entry(id, kind, 0, msat, minute).setReference("order:" + order));
    }

    /// An entry that the books sent without any reference.
    private static Fact itself(String id, EntryKind kind, long msat, int minute, String memo) {
        return booked(
                entry(id, kind, 0, msat, minute).setReference("entry:erp/" + id).setMemo(memo));
    }

    /// A ledger, and a log that grows as it is told.
    private static final class Story implements AutoCloseable {
        final FakeLog log = new FakeLog();
        final TestLedger ledger = new TestLedger(log);

        void tell(Fact... facts) {
            for (Fact fact : facts) {
                log.append(fact);
            }
            cover();
            apply();
            settle();
        }

        /// A batch, after which nothing that comes due is decided yet.
        void apply() {
            ledger.applier().apply(log.readAll(), NOW);
        }

        void cover() {
            Fact.cover(log, NODE_A, 1_390);
            Fact.cover(log, NODE_B, 1_390);
        }

        void cover(NodeId node, int minute) {
            Fact.cover(log, node, minute);
            apply();
            settle();
        }

        void settle() {
            ledger.settle(NOW);
        }

        List<String> open() {
            return ledger.rows(
                    "SELECT code || ' ' || reference || ' ' || amount_msat FROM register.mismatch"
                            + " WHERE state = 'OPEN' ORDER BY 1");
        }

        List<String> states() {
            return ledger.rows(
                    "SELECT kind || ' ' || state || ' ' || residue_msat FROM ledger.item WHERE kind <> 'node' ORDER BY 1");
        }

        @Override
        public void close() {
            ledger.close();
        }
    }
}
