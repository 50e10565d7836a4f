package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.EntryKey;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.item.StandingEntry;

/// An item comes back from the database as it went there.
class ItemCodecTest {
    @RepeatedTest(200)
    void keepsAll(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        Item item = item(random);

        byte[] stored = ItemCodec.encode(item).build().toByteArray();

        assertThat(ItemCodec.decode(item.key(), ItemCodec.parse(stored))).isEqualTo(item);
    }

    private static Item item(Random random) {
        BookEntry entry = entry(random);
        return new Item(
                ItemKey.ofPayment(Fact.hash(1)),
                new TreeMap<>(Map.of(Fact.NODE_A, receipt(random))),
                new TreeMap<>(Map.of(Fact.NODE_B, payment(random))),
                facts(random),
                new TreeMap<>(
                        Map.of(
                                new EntryKey(entry.source(), entry.entryId()),
                                new StandingEntry(
                                        entry, new TreeSet<>(java.util.Set.of(msat(random)))))),
                new TreeMap<>(Map.of("d1", decision(random))),
                new TreeMap<>(
                        Map.of(
                                "forwards/" + random.nextInt(3),
                                new Allocation(
                                        random.nextLong(),
                                        random.nextLong(),
                                        random.nextBoolean()))));
    }

    private static Decision decision(Random random) {
        return new Decision(
                "d1",
                Fact.hash(random.nextInt(9)),
                pick(random, Decision.Kind.values()),
                "ann",
                "because",
                Fact.at(random.nextInt(9)),
                Optional.of(Fact.at(random.nextInt(9))),
                random.nextInt(9),
                0,
                random.nextBoolean() ? "" : "losses",
                "d0",
                random.nextBoolean() ? "" : "2",
                random.nextInt(9));
    }

    private static Receipt receipt(Random random) {
        return new Receipt(
                pick(random, ReceiptState.values()),
                new Receipt.Terms(
                        seconds(random), Duration.ofSeconds(random.nextInt(9_000)), msat(random)),
                msat(random),
                maybe(random, msat(random)),
                maybe(random, seconds(random)),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(5),
                maybe(random, instant(random)),
                new TreeMap<>(
                        Map.of(
                                new Receipt.HtlcKey(random.nextLong(), random.nextInt(1_000)),
                                new Receipt.Htlc(
                                        pick(random, HtlcState.values()),
                                        msat(random),
                                        msat(random),
                                        random.nextInt(1_000_000),
                                        random.nextInt(1_000_000),
                                        random.nextInt(1_000)))));
    }

    private static Payment payment(Random random) {
        return new Payment(
                pick(random, PaymentState.values()),
                instant(random),
                msat(random),
                msat(random),
                maybe(random, instant(random)),
                new TreeMap<>(
                        Map.of(
                                (long) random.nextInt(1_000),
                                new Payment.Attempt(
                                        pick(random, HtlcState.values()),
                                        random.nextLong(),
                                        msat(random),
                                        msat(random),
                                        instant(random),
                                        maybe(random, instant(random)),
                                        random.nextInt(900_000)))));
    }

    private static Optional<NodeFacts> facts(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> Optional.empty();
            case 1 ->
                    Optional.of(
                            new NodeFacts.Forward(
                                    random.nextLong(),
                                    random.nextLong(),
                                    msat(random),
                                    msat(random),
                                    instant(random)));
            case 2 ->
                    Optional.of(
                            new NodeFacts.ChainTx(
                                    random.nextBoolean(),
                                    random.nextInt(2_000) - 1_000,
                                    pick(random, NodeFacts.ChainTx.Standing.values()),
                                    random.nextInt(900_000),
                                    seconds(random),
                                    "label",
                                    random.nextBoolean()
                                            ? Collections.emptySortedMap()
                                            : new TreeMap<>(Map.of("point:0", msat(random)))));
            default ->
                    Optional.of(
                            new NodeFacts.Channel(
                                    pick(random, NodeFacts.Channel.Stage.values()),
                                    msat(random),
                                    msat(random),
                                    random.nextBoolean(),
                                    pick(random, NodeFacts.Channel.Opener.values()),
                                    "txid"));
        };
    }

    private static BookEntry entry(Random random) {
        EntryKind kind = pick(random, EntryKind.values());
        return new BookEntry(
                "e" + random.nextInt(),
                "erp",
                instant(random),
                LocalDate.ofEpochDay(random.nextInt(30_000)),
                kind,
                maybe(random, Fact.NODE_A),
                random.nextBoolean()
                        ? new Reference.Payment(Fact.hash(1))
                        : new Reference.AmpSet(Fact.hash(1)),
                Msat.of(1 + random.nextInt(1_000_000)),
                "trade",
                maybe(random, "order 7"),
                kind == EntryKind.REVERSAL ? Optional.of("e0") : Optional.empty(),
                "memo",
                kind == EntryKind.HOLD ? maybe(random, msat(random)) : Optional.empty());
    }

    private static Msat msat(Random random) {
        return Msat.of(random.nextInt(Integer.MAX_VALUE));
    }

    private static Instant seconds(Random random) {
        return Instant.ofEpochSecond(random.nextInt(Integer.MAX_VALUE));
    }

    private static Instant instant(Random random) {
        return seconds(random).plusNanos(random.nextInt(1_000_000_000));
    }

    private static <T> Optional<T> maybe(Random random, T value) {
        return random.nextBoolean() ? Optional.of(value) : Optional.empty();
    }

    private static <T> T pick(Random random, T[] values) {
        return values[random.nextInt(values.length)];
    }
}
