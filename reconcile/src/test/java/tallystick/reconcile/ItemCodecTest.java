package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.EntryKey;
import tallystick.ledger.item.Gaps;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.item.StandingEntry;
import tallystick.ledger.mismatch.Heights.Height;

/// An item comes back from the database as it went there.
class ItemCodecTest {
    private static final ItemKey KEY = ItemKey.ofPayment(Fact.hash(1));
    private static final int MANY = 4;

    @RepeatedTest(300)
    void keepsAll(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        Item item = item(random);
        Effects effects = effects(random, item);

        byte[] salt = random.nextBoolean() ? ItemCodec.NO_SALT : new Salts().next();

        byte[] stored = ItemCodec.encode(item, effects, salt);

        assertThat(ItemCodec.decode(item.key(), stored))
                .isEqualTo(new ItemCodec.Body(item, effects));
    }

    @RepeatedTest(50)
    void givesEqualBytesForEqualItems(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        Random random = new Random(seed);
        Item item = item(random);
        Effects effects = effects(random, item);
        byte[] stored = ItemCodec.encode(item, effects, ItemCodec.NO_SALT);
        Random again = new Random(seed);
        Item equal = item(again);
        ItemCodec.Body read = ItemCodec.decode(item.key(), stored);

        assertThat(ItemCodec.encode(equal, effects(again, equal), ItemCodec.NO_SALT))
                .isEqualTo(stored);
        assertThat(ItemCodec.encode(read.item(), read.effects(), ItemCodec.NO_SALT))
                .isEqualTo(stored);
    }

    @RepeatedTest(20)
    void refusesWhatWasCutOffOrAltered(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        Item item = item(random);
        byte[] stored = ItemCodec.encode(item, effects(random, item), ItemCodec.NO_SALT);

        for (int length = 0; length < stored.length; length++) {
            assertRefused(item.key(), Arrays.copyOf(stored, length));
        }
        for (int i = 0; i < stored.length; i++) {
            byte[] altered = stored.clone();
            altered[i] ^= (byte) (1 << random.nextInt(8));
            assertRefused(item.key(), altered);
        }
        assertRefused(item.key(), Arrays.copyOf(stored, stored.length + 1));
    }

    /// A mistake of ours would have the right sum: it is noticed where it leaves the format, and never runs beyond the body.
    @RepeatedTest(50)
    void readsNothingElseThanTheFormat(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        Item item = item(random);
        byte[] stored = ItemCodec.encode(item, effects(random, item), ItemCodec.NO_SALT);
        int end = stored.length - Integer.BYTES;

        for (int i = 1; i < end; i++) {
            byte[] altered = stored.clone();
            altered[i] ^= (byte) (1 << random.nextInt(8));
            CRC32C sum = new CRC32C();
            sum.update(altered, 0, end);
            ByteBuffer.wrap(altered).putInt(end, (int) sum.getValue());
            try {
                var _ = ItemCodec.decode(item.key(), altered);
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("expected:");
            }
        }
    }

    @Test
    void refusesOtherFormats() {
        byte[] message = {0x0A, 0x02, 0x0A, 0x00, 0x00, 0x00};

        assertThatIllegalStateException()
                .isThrownBy(() -> ItemCodec.decode(KEY, message))
                .withMessage("item: body of format 10 (expected: 1, what this version writes)");
        assertThatIllegalStateException()
                .isThrownBy(() -> ItemCodec.decode(KEY, new byte[0]))
                .withMessage("item: body of format none (expected: 1, what this version writes)");
    }

    /// Bodies that are in databases by now read like this one. It changes with the format's number only.
    @Test
    void staysAsItIs() {
        Msat amount = Msat.of(1_000_000);
        BookEntry entry =
                new BookEntry(
                        "e1",
                        "erp",
                        Fact.at(12),
                        LocalDate.ofInstant(Fact.at(12), ZoneOffset.UTC),
                        EntryKind.RECEIPT,
                        Optional.of(Fact.NODE_A),
                        new Reference.Payment(Fact.hash(1)),
                        amount,
                        "trade",
                        Optional.empty(),
                        Optional.empty(),
                        "",
                        Optional.empty());
        Receipt receipt =
                new Receipt(
                        ReceiptState.SETTLED,
                        new Receipt.Terms(Fact.at(10), Duration.ofHours(1), amount),
                        amount,
                        Optional.of(amount),
                        Optional.of(Fact.at(11)),
                        false,
                        false,
                        0,
                        Optional.empty(),
                        new TreeMap<>(
                                Map.of(
                                        new Receipt.HtlcKey(871_234_567_890L, 7),
                                        new Receipt.Htlc(
                                                HtlcState.SETTLED,
                                                amount,
                                                amount,
                                                Fact.at(11).getEpochSecond(),
                                                Fact.at(11).getEpochSecond()))));
        Item item =
                Item.empty(ItemKey.ofPayment(Fact.hash(1))).with(Fact.NODE_A, receipt).with(entry);
        Effects effects =
                new Effects(
                        List.of(
                                new Effects.Leg("book/erp/e1", 1, 300, 1_000_000),
                                new Effects.Leg(
                                        "in/02a1a1a1a1a1a1a1a1/871234567890/7", 200, 1, 1_000_000)),
                        List.of(),
                        List.of(),
                        List.of());

        assertThat(Digests.hex(ItemCodec.encode(item, effects, ItemCodec.NO_SALT)))
                .isEqualTo(
                        "0119010002a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
                                + "033fe0aacdb41ac0843d901cf00101000000cad9a07ed207021d7878"
                                + "01010365727002653100e003057472616465c0843d00"
                                + "020201ac0204c80101ceee2b59");
    }

    @Test
    void knowsAllStatesAndKinds() {
        for (ReceiptState state : ReceiptState.values()) {
            assertKept(Item.empty(KEY).with(Fact.NODE_A, with(state)));
        }
        for (PaymentState state : PaymentState.values()) {
            assertKept(
                    Item.empty(KEY)
                            .with(
                                    Fact.NODE_A,
                                    new Payment(
                                            state,
                                            Fact.at(0),
                                            Msat.of(1),
                                            Msat.ZERO,
                                            Optional.empty(),
                                            Collections.emptySortedMap())));
        }
        for (EntryKind kind : EntryKind.values()) {
            assertKept(Item.empty(KEY).with(entry(new Random(1), KEY, kind)));
        }
    }

    private static void assertKept(Item item) {
        assertThat(
                        ItemCodec.decode(
                                        item.key(),
                                        ItemCodec.encode(item, Effects.NONE, ItemCodec.NO_SALT))
                                .item())
                .isEqualTo(item);
    }

    private static Receipt with(ReceiptState state) {
        return new Receipt(
                state,
                new Receipt.Terms(Fact.at(0), Duration.ZERO, Msat.ZERO),
                Msat.ZERO,
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                0,
                Optional.empty(),
                Collections.emptySortedMap());
    }

    private static void assertRefused(ItemKey key, byte[] body) {
        try {
            fail("read: %s", ItemCodec.decode(key, body));
        } catch (IllegalStateException e) {
            assertThat(e.getMessage()).startsWith("item: body ").contains("expected:");
        }
    }

    /// Parts come together that never do in life.
    private static Item item(Random random) {
        ItemKey key = key(random);
        TreeMap<NodeId, Receipt> receipts = new TreeMap<>();
        TreeMap<NodeId, Payment> payments = new TreeMap<>();
        TreeMap<EntryKey, StandingEntry> entries = new TreeMap<>();
        TreeMap<String, Decision> decisions = new TreeMap<>();
        TreeMap<String, Allocation> allocations = new TreeMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            receipts.put(node(random), receipt(random));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            payments.put(node(random), payment(random));
        }
        for (int i = random.nextInt(MANY); i > 0; i--) {
            BookEntry entry = entry(random, key, pick(random, EntryKind.values()));
            entries.put(
                    new EntryKey(entry.source(), entry.entryId()),
                    new StandingEntry(entry, reused(random)));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            decisions.put("d" + i, decision(random, "d" + i));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            allocations.put("forwards/" + i, allocation(random));
        }
        return new Item(key, receipts, payments, facts(random), entries, decisions, allocations);
    }

    private static ItemKey key(Random random) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> KEY;
            case 2 -> ItemKey.of(Fact.NODE_A, new Reference.Forward("7", "1"));
            case 3 -> ItemKey.of(Fact.NODE_B, new Reference.Tx(Fact.hash(2)));
            case 4 -> ItemKey.of(new Reference.Order("order 7"), Optional.empty());
            default -> ItemKey.of(new Reference.OfNode(Fact.NODE_C), Optional.empty());
        };
    }

    private static NodeId node(Random random) {
        return pick(random, new NodeId[] {Fact.NODE_A, Fact.NODE_B, Fact.NODE_C});
    }

    private static SortedMap<Msat, Instant> reused(Random random) {
        SortedMap<Msat, Instant> reused = new TreeMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            reused.put(msat(random), instant(random));
        }
        return reused;
    }

    private static Allocation allocation(Random random) {
        return new Allocation(
                random.nextLong(),
                random.nextLong(),
                random.nextBoolean(),
                maybe(random, "proposal"));
    }

    /// Most legs are those that the item tells of; some have another amount or an unknown name.
    private static Effects effects(Random random, Item item) {
        List<Effects.Leg> legs = new ArrayList<>();
        for (UsualLeg usual : UsualLeg.of(item)) {
            if (random.nextInt(4) > 0) {
                legs.add(
                        new Effects.Leg(
                                random.nextInt(5) > 0 ? usual.name() : "rest/" + random.nextInt(),
                                random.nextInt(1_000_000),
                                random.nextLong(),
                                random.nextInt(5) > 0
                                        ? usual.amountMsat()
                                        : random.nextInt(1_000)));
            }
        }
        if (random.nextInt(4) == 0) {
            Collections.reverse(legs);
        }
        List<Effects.Reported> reported = new ArrayList<>();
        List<String> groups = new ArrayList<>();
        List<Height> heights = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            reported.add(new Effects.Reported(digest(random), digest(random)));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            groups.add("forwards/" + i);
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            heights.add(new Height(node(random), random.nextInt(900_000)));
        }
        return new Effects(legs, reported, groups, heights);
    }

    private static ByteString digest(Random random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private static Decision decision(Random random, String id) {
        return new Decision(
                id,
                Fact.hash(random.nextInt(9)),
                pick(random, Decision.Kind.values()),
                "ann",
                "because",
                Fact.at(random.nextInt(9)),
                Optional.of(Fact.at(random.nextInt(9))),
                random.nextInt(9),
                0,
                random.nextBoolean() ? "" : "losses",
                Fact.hash(0), // Of a signature it must be a digest.
                random.nextBoolean() ? "" : "2",
                "bea",
                random.nextInt(9));
    }

    private static Receipt receipt(Random random) {
        Msat requested = msat(random);
        Msat received = random.nextBoolean() ? requested : msat(random);
        TreeMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        for (int i = random.nextInt(MANY); i > 0; i--) {
            Msat total = random.nextBoolean() ? received : msat(random);
            Msat amount = random.nextBoolean() ? total : msat(random);
            htlcs.put(
                    new Receipt.HtlcKey(random.nextLong(), random.nextInt(1_000)),
                    new Receipt.Htlc(
                            pick(random, HtlcState.values()),
                            amount,
                            total,
                            random.nextBoolean() ? 0 : random.nextInt(1_000_000),
                            random.nextBoolean() ? 0 : random.nextInt(1_000_000),
                            random.nextInt(1_000),
                            random.nextBoolean() ? amount : msat(random)));
        }
        return new Receipt(
                pick(random, ReceiptState.values()),
                new Receipt.Terms(
                        seconds(random),
                        Duration.ofSeconds(random.nextInt(3) * 3_600L),
                        requested,
                        random.nextBoolean() ? "" : "für Bestellung 7 \uD83D\uDE80"),
                received,
                random.nextBoolean() ? Optional.of(received) : maybe(random, msat(random)),
                maybe(random, seconds(random)),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(3),
                maybe(random, instant(random)),
                htlcs);
    }

    private static Payment payment(Random random) {
        Msat amount = msat(random);
        Msat fee = msat(random);
        Optional<Instant> resolvedAt = maybe(random, instant(random));
        TreeMap<Long, Payment.Attempt> attempts = new TreeMap<>();
        for (int i = random.nextInt(MANY); i > 0; i--) {
            Msat total = random.nextBoolean() ? amount.plus(fee) : msat(random);
            attempts.put(
                    random.nextBoolean() ? random.nextInt(1_000) : random.nextLong(),
                    new Payment.Attempt(
                            pick(random, HtlcState.values()),
                            random.nextLong(),
                            total,
                            random.nextBoolean() ? fee : msat(random),
                            instant(random),
                            random.nextBoolean() ? resolvedAt : maybe(random, instant(random)),
                            random.nextInt(2) * random.nextInt(900_000),
                            random.nextBoolean() ? total : msat(random)));
        }
        TreeMap<Instant, Instant> failedTries = new TreeMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            failedTries.put(instant(random), instant(random));
        }
        return new Payment(
                pick(random, PaymentState.values()),
                instant(random),
                amount,
                fee,
                resolvedAt,
                attempts,
                failedTries);
    }

    private static Optional<NodeFacts> facts(Random random) {
        return switch (random.nextInt(7)) {
            case 0, 1 -> Optional.empty();
            case 2 -> Optional.of(forward(random));
            case 3 -> {
                ChainTx.Look look =
                        new ChainTx.Look(
                                pick(random, ChainTx.Standing.values()),
                                random.nextInt(900_000),
                                random.nextInt(2_000) - 1_000,
                                seconds(random));
                yield Optional.of(
                        new ChainTx(
                                new TreeMap<>(Map.of(look, instant(random))),
                                random.nextBoolean()
                                        ? Collections.emptySortedMap()
                                        : new TreeMap<>(Map.of(look, instant(random))),
                                "label",
                                random.nextBoolean()
                                        ? Collections.emptySortedMap()
                                        : new TreeMap<>(
                                                Map.of(
                                                        "point:0", msat(random),
                                                        "point:1", msat(random))),
                                new TreeMap<>(Map.of("a:0", random.nextBoolean(), "b:1", false)),
                                new TreeMap<>(Map.of(0, random.nextLong(9_000), 3, 1L)),
                                new ChainTx.Links(
                                        new TreeMap<>(Map.of("c:0", -random.nextLong(500))),
                                        new TreeSet<>(Set.of("point:1")),
                                        maybe(
                                                random,
                                                new ChainTx.Replacement(
                                                        "txid", seconds(random))))));
            }
            case 4 ->
                    Optional.of(
                            new Channel(
                                    pick(random, Channel.Stage.values()),
                                    instant(random),
                                    maybe(random, instant(random)),
                                    msat(random),
                                    msat(random),
                                    random.nextBoolean(),
                                    pick(random, Channel.Opener.values()),
                                    new TreeSet<>(Set.of(random.nextLong(), 7L)),
                                    close(random),
                                    new Channel.Links(
                                            new TreeMap<>(
                                                    Map.of(
                                                            "txid",
                                                            new Channel.Return(
                                                                    random.nextLong(900) - 450,
                                                                    random.nextBoolean(),
                                                                    seconds(random),
                                                                    random.nextBoolean()))),
                                            maybe(
                                                    random,
                                                    new Channel.Claim(
                                                            random.nextLong(900) - 450,
                                                            maybe(random, instant(random)))),
                                            maybe(
                                                    random,
                                                    new Channel.Opened(
                                                            random.nextBoolean(),
                                                            random.nextLong(900) - 450,
                                                            random.nextLong(900) - 450,
                                                            random.nextLong(900) - 450)))));
            case 5 ->
                    Optional.of(
                            new NodeFacts.Refused(
                                    maybe(random, Fact.NODE_A),
                                    instant(random),
                                    "reason",
                                    instant(random),
                                    random.nextBoolean(),
                                    random.nextBoolean()));
            default -> Optional.of(followed(random));
        };
    }

    private static Channel.Close close(Random random) {
        return new Channel.Close(
                new TreeMap<>(Map.of(pick(random, Channel.Stage.values()), "txid")),
                "LOCAL_FORCE_CLOSE",
                new TreeMap<>(
                        Map.of(
                                "txid:0",
                                new Channel.Resolution(
                                        "COMMIT", "CLAIMED", random.nextLong(900), "sweep"))),
                new Channel.Pending(
                        random.nextLong(900),
                        random.nextLong(900),
                        random.nextInt(900),
                        new TreeMap<>(
                                Map.of(
                                        "txid:1",
                                        new Channel.PendingHtlc(
                                                random.nextBoolean(),
                                                random.nextLong(900),
                                                random.nextInt(900),
                                                1)))),
                random.nextBoolean() ? Optional.of(instant(random)) : Optional.empty());
    }

    private static NodeFacts forward(Random random) {
        Msat in = msat(random);
        Msat out = msat(random);
        return new NodeFacts.Forward(
                random.nextLong(),
                random.nextLong(),
                in,
                out,
                instant(random),
                random.nextBoolean() ? in : msat(random),
                random.nextBoolean() ? out : msat(random));
    }

    private static NodeFacts followed(Random random) {
        TreeSet<Gaps.Gap> open = new TreeSet<>();
        for (int i = random.nextInt(MANY); i > 0; i--) {
            int from = random.nextInt(1_000);
            open.add(new Gaps.Gap("ADD_INDEX", from, from + i, instant(random)));
        }
        return new NodeFacts.Followed(
                new TreeMap<>(Map.of("INVOICES", instant(random), "PAYMENTS", instant(random))),
                new Gaps(random.nextInt(9), instant(random), open),
                random.nextBoolean()
                        ? OptionalLong.of(random.nextLong(900) - 450)
                        : OptionalLong.empty());
    }

    private static BookEntry entry(Random random, ItemKey key, EntryKind kind) {
        Reference reference = pick(random, references(key));
        Instant bookedAt = instant(random);
        return new BookEntry(
                "e" + random.nextInt(),
                "erp",
                bookedAt,
                random.nextBoolean()
                        ? LocalDate.ofInstant(bookedAt, ZoneOffset.UTC)
                        : LocalDate.ofEpochDay(random.nextInt(30_000)),
                kind,
                reference.isPerNode() ? Optional.of(node(random)) : maybe(random, node(random)),
                reference,
                Msat.of(1 + random.nextInt(1_000_000)),
                "trade",
                maybe(random, "order 7"),
                kind == EntryKind.REVERSAL ? Optional.of("e0") : Optional.empty(),
                random.nextBoolean() ? "" : "memo",
                kind == EntryKind.HOLD ? maybe(random, msat(random)) : Optional.empty());
    }

    private static Reference[] references(ItemKey key) {
        Reference own =
                key.reference().isBookable() ? key.reference() : new Reference.Order("order 7");
        return new Reference[] {
            own, own, new Reference.Payment(Fact.hash(3)), new Reference.AmpSet(Fact.hash(1))
        };
    }

    private static Msat msat(Random random) {
        return random.nextInt(8) == 0 ? Msat.ZERO : Msat.of(random.nextInt(Integer.MAX_VALUE));
    }

    private static Instant seconds(Random random) {
        return Instant.ofEpochSecond(random.nextInt(Integer.MAX_VALUE));
    }

    private static Instant instant(Random random) {
        return random.nextBoolean()
                ? seconds(random)
                : seconds(random).plusNanos(random.nextInt(1_000_000_000));
    }

    private static <T> Optional<T> maybe(Random random, T value) {
        return random.nextBoolean() ? Optional.of(value) : Optional.empty();
    }

    private static <T> T pick(Random random, T[] values) {
        return values[random.nextInt(values.length)];
    }
}
