package tallystick.ledger.item;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import tallystick.ledger.Books;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.Samples;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// Makes up what nodes and books say about one payment hash. Amounts and moments come from few values, so that they often
/// coincide, as they do in life when something is wrong.
public final class RandomHistory {
    private static final int MOST_RECORDS = 6;
    private static final int MOST_ENTRIES = 6;
    private static final long[] AMOUNTS = {
        100_000_000, 100_000, 99_999_500, 100_000_400, 200_000_000, 40_000_000, 1_000, 700
    };
    private static final NodeId[] NODES = {
        Samples.ALICE, Samples.BOB, new NodeId("02" + "cc".repeat(32))
    };
    private static final EntryKind[] KINDS = {
        EntryKind.RECEIPT,
        EntryKind.RECEIPT,
        EntryKind.PAYMENT,
        EntryKind.PAYMENT,
        EntryKind.ROUTING_FEE,
        EntryKind.REBALANCE_FEE,
        EntryKind.HOLD,
        EntryKind.HOLD_RELEASE,
        EntryKind.ADJUSTMENT_IN,
        EntryKind.ADJUSTMENT_OUT
    };

    private final SplittableRandom random;

    public RandomHistory(SplittableRandom random) {
        this.random = random;
    }

    /// What is told of one hash, each part as the step that merges it into an item.
    public List<UnaryOperator<Item>> steps() {
        List<UnaryOperator<Item>> steps = new ArrayList<>();
        for (int i = random.nextInt(MOST_RECORDS); i > 0; i--) {
            NodeId node = NODES[random.nextInt(2)];
            if (random.nextBoolean()) {
                Receipt receipt = receipt();
                steps.add(item -> item.with(node, receipt));
            } else {
                Payment payment = payment();
                steps.add(item -> item.with(node, payment));
            }
        }
        entries().forEach(entry -> steps.add(item -> item.with(entry)));
        return steps;
    }

    List<BookEntry> entries() {
        List<BookEntry> entries = new ArrayList<>();
        int count = random.nextInt(MOST_ENTRIES);
        for (int i = 0; i < count; i++) {
            BookEntry entry = entry("e" + i);
            entries.add(entry);
            if (random.nextInt(5) == 0) {
                entries.add(Books.reversal("r" + i, entry));
            }
        }
        return entries;
    }

    private BookEntry entry(String id) {
        EntryKind kind = KINDS[random.nextInt(KINDS.length)];
        Books draft = Books.of(kind, id).at(moment());
        if (random.nextBoolean()) {
            draft = draft.under(NODES[random.nextInt(NODES.length)]);
        }
        if (random.nextInt(4) == 0) {
            draft = draft.forOrder("o" + random.nextInt(2));
        }
        if (random.nextInt(4) == 0) {
            draft = draft.under(new Reference.AmpSet(Samples.HASH));
        }
        if (kind == EntryKind.HOLD && random.nextBoolean()) {
            draft = draft.withFeeLimit(amount().value());
        }
        return draft.amount(amount().value());
    }

    Receipt receipt() {
        ReceiptState state = any(ReceiptState.values());
        boolean isSettled = state == ReceiptState.SETTLED;
        Msat received = isSettled ? amount() : Msat.ZERO;
        return new Receipt(
                state,
                new Receipt.Terms(
                        moment(),
                        random.nextBoolean() ? Duration.ZERO : Duration.ofMinutes(3),
                        random.nextBoolean() ? amount() : Msat.ZERO),
                received,
                isSettled ? Optional.of(received) : Optional.empty(),
                isSettled ? Optional.of(moment()) : Optional.empty(),
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                random.nextInt(2),
                state == ReceiptState.CANCELED ? Optional.of(moment()) : Optional.empty(),
                htlcs(received));
    }

    private SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs(Msat received) {
        TreeMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        if (!received.isZero() && random.nextInt(3) > 0) {
            htlcs.put(
                    new Receipt.HtlcKey(random.nextInt(2), random.nextInt(2)),
                    new Receipt.Htlc(
                            any(HtlcState.values()),
                            received,
                            random.nextBoolean() ? received : Msat.ZERO,
                            random.nextInt(3),
                            random.nextInt(3),
                            random.nextInt(3)));
        }
        return htlcs;
    }

    Payment payment() {
        PaymentState state = any(PaymentState.values());
        TreeMap<Long, Payment.Attempt> attempts = new TreeMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            attempts.put(random.nextLong(3), attempt());
        }
        return new Payment(
                state,
                moment(),
                amount(),
                state == PaymentState.SUCCEEDED && random.nextBoolean() ? amount() : Msat.ZERO,
                state.isTerminal() ? Optional.of(moment()) : Optional.empty(),
                attempts);
    }

    private Payment.Attempt attempt() {
        HtlcState state = any(HtlcState.values());
        Msat fee = random.nextBoolean() ? Msat.ZERO : Msat.of(700);
        return new Payment.Attempt(
                state,
                random.nextLong(3),
                amount().plus(fee),
                fee,
                moment(),
                state == HtlcState.IN_FLIGHT ? Optional.empty() : Optional.of(moment()),
                random.nextInt(3));
    }

    NodeFacts facts(int kind) {
        return switch (kind) {
            case 0 -> forward();
            case 1 -> chainTx();
            default -> channel();
        };
    }

    private NodeFacts forward() {
        Msat out = amount();
        return new NodeFacts.Forward(
                random.nextLong(2), random.nextLong(2), out.plus(amount()), out, moment());
    }

    private NodeFacts chainTx() {
        TreeMap<String, Msat> openings = new TreeMap<>();
        if (random.nextBoolean()) {
            openings.put(Samples.TXID + ":" + random.nextInt(2), amount());
        }
        SortedMap<ChainTx.Look, Instant> seen =
                new TreeMap<>(
                        Map.of(
                                new ChainTx.Look(
                                        any(ChainTx.Standing.values()),
                                        random.nextInt(3),
                                        random.nextLong(3),
                                        Instant.EPOCH),
                                moment()));
        return new ChainTx(
                seen,
                random.nextBoolean() ? seen : new TreeMap<>(),
                List.of("", "external", "0:sweep").get(random.nextInt(3)),
                openings,
                new TreeMap<>(Map.of("spent:" + random.nextInt(3), true)),
                new TreeMap<>(Map.of(random.nextInt(3), 500L)),
                ChainTx.Links.NONE);
    }

    private NodeFacts channel() {
        Channel.Stage stage = any(Channel.Stage.values());
        return new Channel(
                stage,
                moment(),
                random.nextBoolean() ? Optional.of(moment()) : Optional.empty(),
                amount(),
                amount(),
                random.nextBoolean(),
                any(Channel.Opener.values()),
                new TreeSet<>(Set.of(random.nextLong(3))),
                new Channel.Close(
                        new TreeMap<>(Map.of(stage, List.of("a", "b").get(random.nextInt(2)))),
                        List.of("", "COOPERATIVE_CLOSE").get(random.nextInt(2)),
                        new TreeMap<>(
                                Map.of(
                                        "out:" + random.nextInt(2),
                                        new Channel.Resolution(
                                                "COMMIT", "CLAIMED", random.nextLong(3), ""))),
                        new Channel.Pending(
                                random.nextLong(3),
                                random.nextLong(3),
                                random.nextInt(3),
                                new TreeMap<>()),
                        random.nextBoolean() ? Optional.of(moment()) : Optional.empty()),
                Channel.Links.NONE);
    }

    /// The steps in another order, some of them more than once.
    public <T> List<T> shuffledWithRepeats(List<T> steps) {
        List<T> result = new ArrayList<>(steps);
        for (T step : steps) {
            if (random.nextInt(3) == 0) {
                result.add(step);
            }
        }
        for (int i = result.size() - 1; i > 0; i--) {
            Collections.swap(result, i, random.nextInt(i + 1));
        }
        return result;
    }

    public static Item merged(List<UnaryOperator<Item>> steps) {
        Item item = Samples.nothingKnown();
        for (UnaryOperator<Item> step : steps) {
            item = step.apply(item);
        }
        return item;
    }

    private <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private Msat amount() {
        return Msat.of(AMOUNTS[random.nextInt(AMOUNTS.length)]);
    }

    Instant moment() {
        return Samples.minute(random.nextInt(12));
    }
}
