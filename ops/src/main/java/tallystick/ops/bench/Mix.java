package tallystick.ops.bench;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptHtlc;
import tallystick.proto.v1.ReceiptState;
import tallystick.proto.v1.Source;

/// A business's traffic, drawn from a seed: 45% receipts of one to four HTLCs, 30% payments of one to three parts, 20%
/// forwards, 5% payments with a hold; and beside every two hundred of them one step on chain. Books follow their node's record within a window. Into a share of the items a
/// disagreement is planted, and counted. Memory is bounded by the window. One thread.
final class Mix {
    /// Items between a node's record and its entries, at most.
    private static final int WINDOW = 20_000;

    private static final int NODES = 3;
    private static final int CHANNELS = 8;
    private static final int NODE_BYTES_MIN = 300;
    private static final int NODE_BYTES_SPREAD = 200;
    private static final long AMOUNT_MIN_MSAT = 1_000_001;
    private static final int AMOUNT_SPREAD_MSAT = 400_000_000;
    private static final int SAMPLES_MAX = 2_000;
    private static final int SAMPLE_EACH = 500;
    private static final int KINDS = 20;
    private static final int CHAIN_EACH = 200;
    private static final int RECEIPTS = 9;
    private static final int PAYMENTS = 15;
    private static final int FORWARDS = 19;

    /// What goes to Kafka.
    record Message(Topic topic, String key, byte[] value) {}

    private final SplittableRandom random;
    private final double mismatchRate;
    private final List<NodeId> nodes = new ArrayList<>();
    private final byte[] noise = new byte[NODE_BYTES_MIN + NODE_BYTES_SPREAD];
    private final SortedMap<String, Long> planted = new TreeMap<>();
    private final List<Message>[] ring = ring();
    private final Deque<byte[]> samples = new ArrayDeque<>();
    private final List<ChainMix> chains = new ArrayList<>();
    private long items;
    private int plantedReceipts;
    private int plantedPayments;
    private int plantedHolds;

    Mix(long seed, double mismatchRate) {
        this.random = new SplittableRandom(seed);
        this.mismatchRate = mismatchRate;
        for (int i = 0; i < NODES; i++) {
            byte[] key = new byte[32];
            random.nextBytes(key);
            nodes.add(new NodeId("02" + HexFormat.of().formatHex(key)));
            chains.add(new ChainMix(nodes.get(i), seed + i, planted));
        }
        random.nextBytes(noise);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // There are no arrays of lists of something.
    private static List<Message>[] ring() {
        List<Message>[] ring = new List[WINDOW];
        Arrays.setAll(ring, _ -> new ArrayList<>(2));
        return ring;
    }

    List<NodeId> nodes() {
        return nodes;
    }

    /// Items begun so far.
    long items() {
        return items;
    }

    /// Codes that must be open in the end, with their number.
    SortedMap<String, Long> planted() {
        return planted;
    }

    /// Keys of some of the items, for lookups.
    List<byte[]> samples() {
        return List.copyOf(samples);
    }

    /// The records of one further item's nodes, and entries of those before it whose time has come.
    List<Message> next(Instant at) {
        List<Message> now = new ArrayList<>(4);
        NodeId node = nodes.get(random.nextInt(NODES));
        boolean isPlanted = random.nextDouble() < mismatchRate;
        int kind = (int) (items % KINDS);
        if (kind < RECEIPTS) {
            receipt(now, node, at, isPlanted ? plantedReceipts++ % Receipt.values().length : -1);
        } else if (kind < PAYMENTS) {
            payment(now, node, at, isPlanted ? plantedPayments++ % 3 : -1);
        } else if (kind < FORWARDS) {
            forward(now, node, at);
        } else {
            hold(now, node, at, isPlanted ? plantedHolds++ % 2 : -1);
        }
        if (items % CHAIN_EACH == 0) {
            onChain(now, at);
        }
        List<Message> due = later(0);
        now.addAll(due);
        due.clear();
        items++;
        return now;
    }

    /// The entries that are still to come.
    List<Message> rest() {
        List<Message> all = new ArrayList<>();
        for (int behind = 0; behind < WINDOW; behind++) {
            List<Message> due = later(behind);
            all.addAll(due);
            due.clear();
        }
        return all;
    }

    /// Disagreements of receipts.
    private enum Receipt {
        SETTLED_NOT_BOOKED,
        BOOKED_NOT_ON_NODE,
        AMOUNT_DIFFERS,
        UNIT_ERROR,
        OVERPAID,
        UNDERPAID,
        DUPLICATE_POSTING,
        WRONG_NODE,
        ORPHAN_KEYSEND,
        STATUS_CONFLICT,
        REUSED_ENTRY_ID
    }

    private void receipt(List<Message> now, NodeId node, Instant at, int plant) {
        byte[] hash = hash();
        String key = HexFormat.of().formatHex(hash);
        long received = amount();
        Receipt planted = plant < 0 ? null : Receipt.values()[plant];
        if (planted != null) {
            this.planted.merge(planted.name(), 1L, Long::sum);
        }
        boolean isCanceled = planted == Receipt.STATUS_CONFLICT;
        long requested = received;
        long booked = received;
        NodeId bookedAt = node;
        int entries = 1;
        switch (planted) {
            case null -> {}
            case SETTLED_NOT_BOOKED, ORPHAN_KEYSEND -> entries = 0;
            case AMOUNT_DIFFERS -> booked = received + 7_001;
            case UNIT_ERROR -> booked = received * 1_000;
            case OVERPAID -> booked = requested = received - 50_003;
            case UNDERPAID -> booked = requested = received + 50_003;
            case DUPLICATE_POSTING, REUSED_ENTRY_ID -> entries = 2;
            case WRONG_NODE -> bookedAt = nodes.get((nodes.indexOf(node) + 1) % NODES);
            case BOOKED_NOT_ON_NODE, STATUS_CONFLICT -> {}
        }
        if (planted != Receipt.BOOKED_NOT_ON_NODE) {
            InvoiceRecord.Builder record =
                    InvoiceRecord.newBuilder()
                            .setEnvelope(envelope(node, at, "lnrpc.Invoice"))
                            .setPaymentHash(ByteString.copyFrom(hash))
                            .setIsSpontaneous(planted == Receipt.ORPHAN_KEYSEND)
                            .setState(
                                    isCanceled
                                            ? ReceiptState.RECEIPT_STATE_CANCELED
                                            : ReceiptState.RECEIPT_STATE_SETTLED)
                            .setRequestedMsat(planted == Receipt.ORPHAN_KEYSEND ? 0 : requested)
                            .setReceivedMsat(isCanceled ? 0 : received)
                            .setCreatedAt(at.getEpochSecond() - 20)
                            .setSettledAt(isCanceled ? 0 : at.getEpochSecond())
                            .setExpirySeconds(planted == Receipt.ORPHAN_KEYSEND ? 0 : 86_400)
                            .setAddIndex(items + 1)
                            .setSettleIndex(items + 1)
                            .setMemo("order " + items);
            if (!isCanceled) {
                addHtlcs(record, received, at);
            }
            now.add(new Message(Topic.INVOICES, key, record.build().toByteArray()));
        }
        for (int i = 0; i < entries; i++) {
            boolean isReused = planted == Receipt.REUSED_ENTRY_ID && i == 1;
            String id = "r" + items + (i == 0 || isReused ? "" : "-" + i);
            book(
                    planted == Receipt.REUSED_ENTRY_ID ? WINDOW / 2 : drawn(),
                    key,
                    entry(id, EntryKind.ENTRY_KIND_RECEIPT, bookedAt, "payment_hash:" + key, at)
                            .setAmountMsat(isReused ? booked + 9_001 : booked)
                            .setAccount("sales"));
        }
    }

    private void addHtlcs(InvoiceRecord.Builder record, long received, Instant at) {
        int parts = 1 + random.nextInt(4);
        long rest = received;
        for (int i = parts; i > 0; i--) {
            long part = i == 1 ? rest : rest / i;
            rest -= part;
            record.addHtlcs(
                    ReceiptHtlc.newBuilder()
                            .setChanId(channel(record.getEnvelope().getNode()))
                            .setHtlcIndex(items * 4 + i)
                            .setAmountMsat(part)
                            .setState(HtlcState.HTLC_STATE_SETTLED)
                            .setTotalMsat(received)
                            .setAcceptedAt(at.getEpochSecond() - 1)
                            .setResolvedAt(at.getEpochSecond())
                            .setExpiryHeight(900_000));
        }
    }

    private void payment(List<Message> now, NodeId node, Instant at, int plant) {
        byte[] hash = hash();
        String key = HexFormat.of().formatHex(hash);
        long amount = amount();
        PaymentRecord record = paid(hash, node, amount, at, PaymentState.PAYMENT_STATE_SUCCEEDED);
        now.add(new Message(Topic.PAYMENTS, key, record.toByteArray()));
        String reference = "payment_hash:" + key;
        if (plant == 0) {
            planted.merge("SETTLED_NOT_BOOKED", 1L, Long::sum);
            return;
        }
        book(
                drawn(),
                key,
                entry("p" + items, EntryKind.ENTRY_KIND_PAYMENT, node, reference, at)
                        .setAmountMsat(amount)
                        .setAccount("suppliers"));
        if (plant == 1) {
            planted.merge("FEE_NOT_BOOKED", 1L, Long::sum);
            return;
        }
        if (plant == 2) {
            planted.merge("FEE_DIFFERS", 1L, Long::sum);
        }
        book(
                drawn(),
                key,
                entry("f" + items, EntryKind.ENTRY_KIND_ROUTING_FEE, node, reference, at)
                        .setAmountMsat(record.getFeeMsat() + (plant == 2 ? 3_001 : 0))
                        .setAccount("fees"));
    }

    private void hold(List<Message> now, NodeId node, Instant at, int plant) {
        byte[] hash = hash();
        String key = HexFormat.of().formatHex(hash);
        long amount = amount();
        String reference = "payment_hash:" + key;
        PaymentRecord begun = paid(hash, node, amount, at, PaymentState.PAYMENT_STATE_IN_FLIGHT);
        PaymentRecord ended = succeeded(begun, at);
        long fee = ended.getFeeMsat();
        now.add(
                entryMessage(
                        key,
                        entry("h" + items, EntryKind.ENTRY_KIND_HOLD, node, reference, at)
                                .setAmountMsat(amount + fee * 2)
                                .setFeeLimitMsat(plant == 0 ? fee - 500 : fee * 2)
                                .setAccount("held")));
        now.add(new Message(Topic.PAYMENTS, key, begun.toByteArray()));
        later(drawn() / 2).add(new Message(Topic.PAYMENTS, key, ended.toByteArray()));
        book(
                drawn(),
                key,
                entry("p" + items, EntryKind.ENTRY_KIND_PAYMENT, node, reference, at)
                        .setAmountMsat(amount)
                        .setAccount("suppliers"));
        book(
                drawn(),
                key,
                entry("f" + items, EntryKind.ENTRY_KIND_ROUTING_FEE, node, reference, at)
                        .setAmountMsat(fee)
                        .setAccount("fees"));
        if (plant == 0) {
            planted.merge("FEE_OVER_BUDGET", 1L, Long::sum);
        }
        if (plant == 1) {
            planted.merge("PENDING_NOT_RESOLVED", 1L, Long::sum);
            return;
        }
        book(
                drawn(),
                key,
                entry("l" + items, EntryKind.ENTRY_KIND_HOLD_RELEASE, node, reference, at)
                        .setAmountMsat(amount + fee * 2)
                        .setAccount("held"));
    }

    private PaymentRecord paid(
            byte[] hash, NodeId node, long amount, Instant at, PaymentState state) {
        boolean isOver = state == PaymentState.PAYMENT_STATE_SUCCEEDED;
        PaymentRecord.Builder record =
                PaymentRecord.newBuilder()
                        .setEnvelope(envelope(node, at, "lnrpc.Payment"))
                        .setPaymentHash(ByteString.copyFrom(hash))
                        .setState(state)
                        .setAmountMsat(amount)
                        .setCreatedAtNs(nanos(at))
                        .setResolvedAtNs(isOver ? nanos(at.plusSeconds(1)) : 0)
                        .setPaymentIndex(items + 1);
        int parts = 1 + random.nextInt(3);
        long rest = amount;
        long fees = 0;
        for (int i = parts; i > 0; i--) {
            long part = i == 1 ? rest : rest / i;
            rest -= part;
            long fee = 1_001L + random.nextInt(5_000);
            fees += fee;
            record.addAttempts(
                    PaymentAttempt.newBuilder()
                            .setAttemptId(items * 4 + i)
                            .setState(
                                    isOver
                                            ? HtlcState.HTLC_STATE_SETTLED
                                            : HtlcState.HTLC_STATE_IN_FLIGHT)
                            .setChanId(channel(node.pubkey()))
                            .setTotalMsat(part + fee)
                            .setFeeMsat(fee)
                            .setSentAtNs(nanos(at))
                            .setResolvedAtNs(isOver ? nanos(at.plusSeconds(1)) : 0)
                            .setExpiryHeight(900_000));
        }
        return record.setFeeMsat(isOver ? fees : 0).build();
    }

    private PaymentRecord succeeded(PaymentRecord begun, Instant at) {
        PaymentRecord.Builder record =
                begun.toBuilder()
                        .setState(PaymentState.PAYMENT_STATE_SUCCEEDED)
                        .setResolvedAtNs(nanos(at.plusSeconds(1)));
        long fees = 0;
        for (PaymentAttempt.Builder attempt : record.getAttemptsBuilderList()) {
            attempt.setState(HtlcState.HTLC_STATE_SETTLED)
                    .setResolvedAtNs(record.getResolvedAtNs());
            fees += attempt.getFeeMsat();
        }
        return record.setFeeMsat(fees).build();
    }

    private void forward(List<Message> now, NodeId node, Instant at) {
        long in = channel(node.pubkey());
        long out = channel(node.pubkey());
        long fee = 1_001L + random.nextInt(9_000);
        long amount = amount();
        Reference.Forward reference =
                new Reference.Forward(Long.toUnsignedString(in), Long.toString(items));
        String key = RecordKeys.of(ItemKey.of(node, reference));
        now.add(
                new Message(
                        Topic.FORWARDS,
                        key,
                        ForwardRecord.newBuilder()
                                .setEnvelope(envelope(node, at, "lnrpc.ForwardingEvent"))
                                .setChanIdIn(in)
                                .setChanIdOut(out)
                                .setHasHtlcId(true)
                                .setHtlcIdIn(items)
                                .setHtlcIdOut(items)
                                .setAmountInMsat(amount + fee)
                                .setAmountOutMsat(amount)
                                .setSettledAtNs(nanos(at))
                                .build()
                                .toByteArray()));
        book(
                drawn(),
                key,
                entry("w" + items, EntryKind.ENTRY_KIND_ROUTING_INCOME, node, reference.text(), at)
                        .setAmountMsat(fee)
                        .setAccount("routing"));
    }

    private void onChain(List<Message> now, Instant at) {
        chains.get(random.nextInt(NODES))
                .next(
                        new ChainMix.Sink() {
                            @Override
                            public Envelope envelope(NodeId node, Instant at, String type) {
                                return Mix.this.envelope(node, at, type);
                            }

                            @Override
                            public void now(Topic topic, String key, byte[] value) {
                                now.add(new Message(topic, key, value));
                            }

                            @Override
                            public void booked(
                                    String key,
                                    String id,
                                    EntryKind kind,
                                    NodeId node,
                                    String reference,
                                    long msat) {
                                book(
                                        drawn(),
                                        key,
                                        entry(id, kind, node, reference, at)
                                                .setAmountMsat(msat)
                                                .setAccount("chain"));
                            }
                        },
                        at,
                        random.nextDouble() < mismatchRate);
    }

    private Envelope envelope(NodeId node, Instant at, String type) {
        int from = random.nextInt(NODE_BYTES_SPREAD);
        return Envelope.newBuilder()
                .setNode(node.pubkey())
                .setObservedAtNs(nanos(at.plusSeconds(1)))
                .setSource(Source.SOURCE_STREAM)
                .setNodeVersion("0.21.2-beta commit=v0.21.2-beta")
                .setNodeMessageType(type)
                .setNodeMessage(
                        ByteString.copyFrom(
                                noise,
                                from,
                                NODE_BYTES_MIN
                                        + random.nextInt(noise.length - from - NODE_BYTES_MIN + 1)))
                .build();
    }

    private static BookEntry.Builder entry(
            String id, EntryKind kind, NodeId node, String reference, Instant at) {
        return BookEntry.newBuilder()
                .setEntryId(id)
                .setSource("erp")
                .setBookedAtNs(nanos(at.plus(Duration.ofSeconds(3))))
                .setValueDate(at.atZone(ZoneOffset.UTC).toLocalDate().toString())
                .setKind(kind)
                .setNode(node.pubkey())
                .setReference(reference)
                .setMemo("as ordered");
    }

    private void book(int behind, String key, BookEntry.Builder entry) {
        later(behind).add(entryMessage(key, entry));
    }

    private static Message entryMessage(String key, BookEntry.Builder entry) {
        return new Message(Topic.BOOKS, key, entry.build().toByteArray());
    }

    private byte[] hash() {
        byte[] hash = new byte[32];
        random.nextBytes(hash);
        if (samples.size() < SAMPLES_MAX) {
            samples.add(hash);
        } else if (random.nextInt(SAMPLE_EACH) == 0) {
            samples.removeFirst();
            samples.addLast(hash);
        }
        return hash;
    }

    private long amount() {
        return AMOUNT_MIN_MSAT + random.nextInt(AMOUNT_SPREAD_MSAT);
    }

    /// How many items behind its node's record an entry comes.
    private int drawn() {
        return random.nextInt(WINDOW);
    }

    private List<Message> later(int behind) {
        return ring[(int) ((items + behind) % WINDOW)];
    }

    private long channel(String node) {
        return (800_000L << 40)
                + Character.digit(node.charAt(3), 16) * 1_000L
                + random.nextInt(CHANNELS);
    }

    static long nanos(Instant at) {
        return at.getEpochSecond() * 1_000_000_000L + at.getNano();
    }
}
