package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_HOLD;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_PAYMENT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REBALANCE_FEE;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_ROUTING_FEE;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_IN_FLIGHT;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_ACCEPTED;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_CANCELED;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_OPEN;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.invoiced;
import static tallystick.reconcile.Fact.paid;
import static tallystick.reconcile.Fact.settled;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.db.DatabaseException;
import tallystick.ledger.NodeId;

/// The promise of the product: register, items and balances depend on the evidence alone. A history drawn from a seed is
/// applied in random orders, in random cuts, with repeats, with sweeps in between, and through connections that are cut.
class HistoryIT {
    private static final int HASHES = 45;
    private static final int BATCH_MAX = 12;
    private static final Instant NOW = at(1_400);

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {7, 1138, 20260302})
    void doesNotDependOnOrderCutsAndRepeats(long seed) {
        List<Fact> history = history(new Random(seed));
        List<String> straight = apply(history, new Random(seed), false, false);

        assertThat(straight).hasSizeGreaterThan(HASHES);
        for (int run = 1; run <= 3; run++) {
            assertThat(apply(history, new Random(seed * 31 + run), true, false))
                    .as("seed %d, run %d", seed, run)
                    .isEqualTo(straight);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 4711})
    void doesNotDependOnCutConnections(long seed) {
        List<Fact> history = history(new Random(seed));

        assertThat(apply(history, new Random(seed), true, true))
                .as("seed %d", seed)
                .isEqualTo(apply(history, new Random(seed), false, false));
    }

    private static List<String> apply(
            List<Fact> history, Random random, boolean isShuffled, boolean isCut) {
        FakeLog log = new FakeLog();
        List<Fact> facts = new ArrayList<>(history);
        if (isShuffled) {
            for (int i = 0; i < history.size() / 4; i++) {
                facts.add(history.get(random.nextInt(history.size())));
            }
            Collections.shuffle(facts, random);
        }
        facts.forEach(log::append);
        log.appendMarkers();
        Fact.cover(log, NODE_A, 900);
        Fact.cover(log, NODE_B, 1_200);
        Fact.cover(log, NODE_A, 1_390);
        Fact.cover(log, NODE_B, 1_390);
        try (TestLedger ledger = new TestLedger(log)) {
            CuttingDataSource cutting = new CuttingDataSource(ledger, random);
            BatchApplier applier =
                    TestLedger.applier(isCut ? cutting.dataSource() : ledger.dataSource());
            while (!log.isRead()) {
                Batch batch = isShuffled ? log.readSome(random, BATCH_MAX) : log.readAll();
                Instant now = isShuffled ? at(random.nextInt(1_400)) : NOW;
                applyUntilDone(applier, batch, now, cutting);
                if (isShuffled && random.nextInt(4) == 0) {
                    ledger.settle(now);
                }
            }
            ledger.settle(NOW);
            assertThat(cutting.cuts() > 0).isEqualTo(isCut);
            return ledger.dump();
        }
    }

    /// As a worker does: the same batch again, until it is applied or turns out to have been.
    private static void applyUntilDone(
            BatchApplier applier, Batch batch, Instant now, CuttingDataSource cutting) {
        cutting.arm();
        while (true) {
            try {
                applier.apply(batch, now);
                return;
            } catch (DatabaseException e) {
                assertThat(e.kind()).isEqualTo(DatabaseException.Kind.UNAVAILABLE);
            } catch (LostPositionException e) {
                return;
            }
        }
    }

    private static List<Fact> history(Random random) {
        List<Fact> facts = new ArrayList<>();
        for (int hash = 0; hash < HASHES; hash++) {
            scenario(facts, hash, random);
        }
        return facts;
    }

    private static void scenario(List<Fact> facts, int hash, RandomGenerator random) {
        NodeId node = random.nextBoolean() ? NODE_A : NODE_B;
        int minute = 10 + random.nextInt(600);
        long msat = 1_000L * (1 + random.nextInt(50_000));
        String id = "e" + hash;
        switch (hash % 15) {
            case 0 -> { // Agrees.
                facts.add(invoiced(node, hash, msat, minute, RECEIPT_STATE_OPEN));
                facts.add(invoiced(node, hash, msat, minute + 1, RECEIPT_STATE_ACCEPTED));
                facts.add(settled(node, hash, msat, minute + 2));
                facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat, minute + 3));
            }
            case 1 -> facts.add(settled(node, hash, msat, minute)); // Not booked.
            case 2 -> { // Another amount.
                facts.add(settled(node, hash, msat, minute));
                facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat + 5_000, minute + 1));
            }
            case 3 -> facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat, minute)); // Nowhere.
            case 4 -> { // A payment with its fee, seen on the way.
                facts.add(paid(node, hash, msat, 300, minute, PAYMENT_STATE_IN_FLIGHT));
                facts.add(paid(node, hash, msat, 300, minute, PAYMENT_STATE_SUCCEEDED));
                facts.add(booked(id, ENTRY_KIND_PAYMENT, hash, msat, minute + 1));
                facts.add(booked(id + "f", ENTRY_KIND_ROUTING_FEE, hash, 300, minute + 1));
            }
            case 5 -> { // The fee is missing.
                facts.add(paid(node, hash, msat, 300, minute, PAYMENT_STATE_SUCCEEDED));
                facts.add(booked(id, ENTRY_KIND_PAYMENT, hash, msat, minute + 1));
            }
            case 6 -> { // Booked though canceled.
                facts.add(invoiced(node, hash, msat, minute, RECEIPT_STATE_OPEN));
                facts.add(invoiced(node, hash, msat, minute + 5, RECEIPT_STATE_CANCELED));
                facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat, minute + 1));
            }
            case 7, 8 -> { // Orders that are paid several times.
                facts.add(paid(NODE_A, hash, msat, 0, minute, PAYMENT_STATE_SUCCEEDED));
                facts.add(
                        booked(
                                entry(id, ENTRY_KIND_PAYMENT, hash, msat, minute + 1)
                                        .setOrder("order " + hash % 2)));
            }
            case 9 -> { // Booked, taken back, booked again.
                facts.add(settled(node, hash, msat, minute));
                facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat + 1, minute + 1));
                facts.add(
                        booked(
                                entry(id + "r", ENTRY_KIND_REVERSAL, hash, msat + 1, minute + 2)
                                        .setReverses(id)));
                facts.add(booked(id + "b", ENTRY_KIND_RECEIPT, hash, msat, minute + 3));
            }
            case 10 -> { // From one node to the other.
                facts.add(settled(NODE_A, hash, msat, minute));
                facts.add(paid(NODE_B, hash, msat, 200, minute, PAYMENT_STATE_SUCCEEDED));
                facts.add(booked(id, ENTRY_KIND_REBALANCE_FEE, hash, 200, minute + 1));
            }
            case 11 -> { // Under way, with a hold.
                facts.add(paid(node, hash, msat, 100, minute, PAYMENT_STATE_IN_FLIGHT));
                facts.add(booked(id, ENTRY_KIND_HOLD, hash, msat, minute));
            }
            case 12 -> { // Rounded to satoshis by the books.
                facts.add(settled(node, hash, msat + 400, minute));
                facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat, minute + 1));
            }
            case 13 -> { // Grew after it was settled.
                facts.add(settled(node, hash, msat, minute));
                facts.add(settled(node, hash, msat * 2, minute));
                facts.add(booked(id, ENTRY_KIND_RECEIPT, hash, msat, minute + 1));
            }
            default -> { // Booked twice, under the other node.
                facts.add(settled(NODE_A, hash, msat, minute));
                for (int i = 0; i < 2; i++) {
                    facts.add(
                            booked(
                                    entry(id + i, ENTRY_KIND_RECEIPT, hash, msat, minute + i)
                                            .setNode(NODE_B.pubkey())));
                }
            }
        }
    }
}
