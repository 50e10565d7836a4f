package tallystick.reconcile.model;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.decision.Signing;
import tallystick.ledger.mismatch.Code;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptHtlc;
import tallystick.proto.v1.ReceiptState;
import tallystick.proto.v1.ReferenceAmount;

/// One reference, and what is told about it in its natural order. A kind of history tells it step by step; time passes in
/// between. One thread.
public final class Thing {
    static final NodeId A = new NodeId("02" + "a1".repeat(32));
    static final NodeId B = new NodeId("03" + "b2".repeat(32));
    static final NodeId C = new NodeId("02" + "c3".repeat(32));

    private static final long[] CHANNELS = {871_234_567_890L, 871_234_567_891L, 900_000_000_001L};
    private static final long NANOS = 1_000_000_000L;

    private static final List<DecisionKind> SIGNATURES =
            List.of(
                    DecisionKind.DECISION_KIND_SIGN,
                    DecisionKind.DECISION_KIND_PREPARE,
                    DecisionKind.DECISION_KIND_COUNTERSIGN);

    final int number;

    /// Which of those that happen together, from 0 on.
    final int nth;

    final RandomGenerator random;
    final NodeId node;
    final NodeId other;

    /// What it is about: some thousands of satoshis, whole ones.
    final long msat;

    /// Not a multiple of a satoshi, and more than one.
    final long fee;

    private int minute;
    private int lines;
    private final List<Event.Said> told = new ArrayList<>();
    private final Map<Draft, String> standing = new LinkedHashMap<>();
    private final Map<NodeId, InvoiceRecord.Builder> invoices = new HashMap<>();
    private final Map<NodeId, PaymentRecord.Builder> payments = new HashMap<>();
    private Optional<Expected> expected = Optional.empty();

    Thing(int number, int nth, RandomGenerator random) {
        this.number = number;
        this.nth = nth;
        this.random = random;
        this.node = random.nextInt(3) > 0 ? A : B;
        this.other = node.equals(A) ? B : A;
        this.msat = 1_000L * (2_000 + random.nextInt(50_000));
        this.fee = 1_100L + random.nextInt(800);
        this.minute = 10 + random.nextInt(500);
    }

    /// What must be open about this reference in the end, whatever else is.
    public record Expected(Code code, long msat) {}

    /// An entry that is to be booked.
    record Draft(
            EntryKind kind, long msat, String node, String order, long feeLimit, boolean again) {
        static Draft of(EntryKind kind, long msat) {
            return new Draft(kind, msat, "", "", 0, false);
        }

        Draft under(NodeId other) {
            return new Draft(kind, msat, other.pubkey(), order, feeLimit, again);
        }

        Draft forOrder(String other) {
            return new Draft(kind, msat, node, other, feeLimit, again);
        }

        Draft withFeeLimit(long limit) {
            return new Draft(kind, msat, node, order, limit, again);
        }

        /// The same once more.
        Draft twice() {
            return new Draft(kind, msat, node, order, feeLimit, true);
        }
    }

    List<Event.Said> told() {
        return told;
    }

    Optional<Expected> expected() {
        return expected;
    }

    void expect(Code code, long amount) {
        expected = Optional.of(new Expected(code, amount));
    }

    int minute() {
        return minute;
    }

    static int height(int minute) {
        return 700 + minute / 3;
    }

    /// Some height that is seen soon, or late, or that had passed before.
    int someHeight() {
        return height(minute) - 5 + random.nextInt(random.nextBoolean() ? 30 : 500);
    }

    void pass(int least, int most) {
        minute += least + random.nextInt(most - least + 1);
    }

    String hash() {
        return hash(number);
    }

    static String hash(int number) {
        return HexFormat.of().formatHex(sha256("thing " + number));
    }

    static byte[] sha256(String text) {
        try {
            return java.security.MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    String reference() {
        return "payment_hash:" + hash();
    }

    long channel() {
        return CHANNELS[number % CHANNELS.length];
    }

    // ---- receipts

    /// Settled, without a word of its parts: they are told later, if at all.
    void settleWhole(NodeId at, long received) {
        InvoiceRecord.Builder invoice = requireNonNull(invoices.get(at));
        if (invoice.getSettledAt() == 0) {
            invoice.setSettledAt(seconds(minute));
        }
        invoice.setReceivedMsat(invoice.getReceivedMsat() + received);
        tellInvoice(at, ReceiptState.RECEIPT_STATE_SETTLED);
    }

    /// A new invoice at that node, not told yet.
    ///
    /// @param expirySeconds 0 when it does not expire
    InvoiceRecord.Builder invoice(NodeId at, long requested, int expirySeconds) {
        InvoiceRecord.Builder invoice =
                InvoiceRecord.newBuilder()
                        .setPaymentHash(bytes(hash()))
                        .setRequestedMsat(requested)
                        .setCreatedAt(seconds(minute))
                        .setExpirySeconds(expirySeconds);
        invoices.put(at, invoice);
        return invoice;
    }

    void tellInvoice(NodeId at, ReceiptState state) {
        InvoiceRecord.Builder invoice = requireNonNull(invoices.get(at)).setState(state);
        say(
                Topic.INVOICES,
                hash(),
                invoice.setEnvelope(envelope(at)).build(),
                "%s says receipt %s, %,d of %,d msat"
                        .formatted(
                                shortly(at),
                                shortly(state),
                                invoice.getReceivedMsat(),
                                invoice.getRequestedMsat()));
    }

    /// All of it with one more HTLC; what came before stays.
    void settle(NodeId at, long received) {
        InvoiceRecord.Builder invoice = requireNonNull(invoices.get(at));
        int index = number * 100 + invoice.getHtlcsCount();
        if (invoice.getSettledAt() == 0) {
            invoice.setSettledAt(seconds(minute));
        }
        invoice.setReceivedMsat(invoice.getReceivedMsat() + received)
                .addHtlcs(htlc(index, received, received, HtlcState.HTLC_STATE_SETTLED));
        tellInvoice(at, ReceiptState.RECEIPT_STATE_SETTLED);
    }

    ReceiptHtlc htlc(long index, long amount, long total, HtlcState state) {
        return ReceiptHtlc.newBuilder()
                .setChanId(channel())
                .setHtlcIndex(index)
                .setAmountMsat(amount)
                .setTotalMsat(total)
                .setState(state)
                .setAcceptedAt(seconds(minute))
                .setExpiryHeight(random.nextInt(3) == 0 ? 0 : someHeight())
                .setResolvedAt(state == HtlcState.HTLC_STATE_IN_FLIGHT ? 0 : seconds(minute))
                .build();
    }

    /// An invoice that is told open, perhaps held, and settled.
    void received(NodeId at, long requested, long received) {
        invoice(at, requested, 86_400);
        tellInvoice(at, ReceiptState.RECEIPT_STATE_OPEN);
        pass(1, 20);
        if (random.nextInt(3) == 0) {
            tellInvoice(at, ReceiptState.RECEIPT_STATE_ACCEPTED);
            pass(0, 3);
        }
        settle(at, received);
    }

    // ---- payments

    PaymentRecord.Builder payment(NodeId at, long amount) {
        PaymentRecord.Builder payment =
                PaymentRecord.newBuilder()
                        .setPaymentHash(bytes(hash()))
                        .setAmountMsat(amount)
                        .setCreatedAtNs(nanos(minute));
        payments.put(at, payment);
        return payment;
    }

    /// Adds an attempt, or changes the one with that id.
    void attempt(NodeId at, long id, long amount, long feeMsat, HtlcState state, int height) {
        PaymentRecord.Builder payment = requireNonNull(payments.get(at));
        PaymentAttempt.Builder attempt =
                PaymentAttempt.newBuilder()
                        .setAttemptId(id)
                        .setChanId(channel())
                        .setTotalMsat(amount + feeMsat)
                        .setFeeMsat(feeMsat)
                        .setSentAtNs(nanos(minute))
                        .setState(state)
                        .setExpiryHeight(height);
        for (int i = 0; i < payment.getAttemptsCount(); i++) {
            if (payment.getAttempts(i).getAttemptId() == id) {
                attempt.setSentAtNs(payment.getAttempts(i).getSentAtNs());
                payment.removeAttempts(i);
                break;
            }
        }
        if (state != HtlcState.HTLC_STATE_IN_FLIGHT) {
            attempt.setResolvedAtNs(nanos(minute));
        }
        payment.addAttempts(attempt);
    }

    void tellPayment(NodeId at, PaymentState state) {
        PaymentRecord.Builder payment = requireNonNull(payments.get(at)).setState(state);
        if (state == PaymentState.PAYMENT_STATE_SUCCEEDED
                || state == PaymentState.PAYMENT_STATE_FAILED) {
            payment.setResolvedAtNs(nanos(minute));
        }
        long fees =
                payment.getAttemptsList().stream()
                        .filter(one -> one.getState() == HtlcState.HTLC_STATE_SETTLED)
                        .mapToLong(PaymentAttempt::getFeeMsat)
                        .sum();
        if (state == PaymentState.PAYMENT_STATE_SUCCEEDED) {
            payment.setFeeMsat(fees);
        }
        say(
                Topic.PAYMENTS,
                hash(),
                payment.setEnvelope(envelope(at)).build(),
                "%s says payment %s, %,d msat, attempts %s"
                        .formatted(
                                shortly(at),
                                shortly(state),
                                payment.getAmountMsat(),
                                payment.getAttemptsList().stream()
                                        .map(
                                                one ->
                                                        shortly(one.getState())
                                                                + " with fee "
                                                                + one.getFeeMsat())
                                        .toList()));
    }

    /// A payment that is told under way and done.
    void paid(NodeId at, long amount, long feeMsat) {
        payment(at, amount);
        long id = number * 100L;
        attempt(at, id, amount, feeMsat, HtlcState.HTLC_STATE_IN_FLIGHT, 1_000);
        tellPayment(at, PaymentState.PAYMENT_STATE_IN_FLIGHT);
        pass(0, 10);
        attempt(at, id, amount, feeMsat, HtlcState.HTLC_STATE_SETTLED, 1_000);
        tellPayment(at, PaymentState.PAYMENT_STATE_SUCCEEDED);
    }

    // ---- books

    /// Brings the books from what stands now to these entries: takes back what is too much, books what is missing.
    void books(Draft... wanted) {
        List<Draft> drafts = List.of(wanted);
        for (Draft draft : List.copyOf(standing.keySet())) {
            if (!drafts.contains(draft)) {
                var _ = reverse(draft, requireNonNull(standing.remove(draft)));
                pass(0, 2);
            }
        }
        for (Draft draft : drafts) {
            if (!standing.containsKey(draft)) {
                standing.put(draft, book(draft));
                pass(0, 2);
            }
        }
    }

    /// Wrong, right, wrong again, with time in between in which everything becomes due.
    void wrongRightWrong(Draft[] wrong, Draft[] right) {
        pass(1, 10);
        books(wrong);
        pass(30, 90);
        books(right);
        pass(20, 60);
        books(wrong);
    }

    static Draft[] drafts(Draft... drafts) {
        return drafts;
    }

    String book(Draft draft) {
        String id = "e%d-%d".formatted(number, lines++);
        BookEntry.Builder entry =
                entry(id, draft.kind(), draft.msat()).setNode(draft.node()).setOrder(draft.order());
        if (draft.feeLimit() > 0) {
            entry.setFeeLimitMsat(draft.feeLimit());
        }
        tellEntry(entry);
        return id;
    }

    String reverse(Draft draft, String id) {
        String reversal = "r%d-%d".formatted(number, lines++);
        tellEntry(
                entry(reversal, EntryKind.ENTRY_KIND_REVERSAL, draft.msat())
                        .setNode(draft.node())
                        .setReverses(id));
        return reversal;
    }

    /// An entry that names an order or nothing.
    void bookUnder(String reference, String nth, EntryKind kind, long amount, String memo) {
        tellEntry(
                entry("u%d-%s".formatted(number, nth), kind, amount)
                        .setReference(reference)
                        .setMemo(memo));
    }

    void takeBackUnder(String reference, String nth, long amount) {
        String id = "u%d-%s".formatted(number, nth);
        tellEntry(
                entry(id + "r", EntryKind.ENTRY_KIND_REVERSAL, amount)
                        .setReference(reference)
                        .setReverses(id));
    }

    /// This thing's copy of an entry over all that happen together.
    BookEntry.Builder share(String id, EntryKind kind) {
        BookEntry.Builder entry = entry(id, kind, sharedMsat()).setOrder(together());
        for (int other = number - nth; other < number - nth + 2; other++) {
            entry.addReferences(
                    ReferenceAmount.newBuilder()
                            .setReference("payment_hash:" + hash(other))
                            .setAmountMsat(sharedMsat()));
        }
        return entry;
    }

    BookEntry.Builder entry(String id, EntryKind kind, long amount) {
        return BookEntry.newBuilder()
                .setEntryId(id)
                .setSource("erp")
                .setBookedAtNs(nanos(minute))
                .setValueDate(Event.at(minute).atOffset(ZoneOffset.UTC).toLocalDate().toString())
                .setKind(kind)
                .setReference(reference())
                .setAmountMsat(amount)
                .setAccount(kind.name().contains("FEE") ? "fees" : "trade");
    }

    void tellEntry(BookEntry.Builder draft) {
        BookEntry entry = draft.build();
        ItemKey key =
                ItemKey.of(
                        Reference.parse(entry.getReference()),
                        Optional.of(entry.getNode())
                                .filter(pubkey -> !pubkey.isEmpty())
                                .map(NodeId::new));
        say(
                Topic.BOOKS,
                RecordKeys.of(key),
                entry,
                "books: %s %s of %,d msat%s%s%s"
                        .formatted(
                                entry.getEntryId(),
                                shortly(entry.getKind()),
                                entry.getAmountMsat(),
                                entry.getReverses().isEmpty() ? "" : ", of " + entry.getReverses(),
                                entry.getNode().isEmpty()
                                        ? ""
                                        : " under " + entry.getNode().substring(0, 4),
                                entry.getOrder().isEmpty() ? "" : " for " + entry.getOrder()));
    }

    // ---- people

    /// What a person decides about a mismatch of this thing.
    Decision.Builder decision(DecisionKind kind, Code code, NodeId at, long seen) {
        return Decision.newBuilder()
                .setDecisionId("d%d-%d".formatted(number, lines++))
                .setMismatchId(NaiveLedger.mismatchId(code, reference(), at.pubkey()))
                .setKind(kind)
                .setPerson("ann")
                .setReason("seen")
                .setDecidedAtNs(nanos(minute))
                .setReference(reference())
                .setRuleVersion(1)
                .setSeenAmountMsat(seen);
    }

    /// A person sets it aside for some minutes.
    void ignore(Code code, long seen, int minutes) {
        NodeId at = code == Code.DUPLICATE_PAYMENT_SAME_ORDER ? A : node;
        tellDecision(
                decision(DecisionKind.DECISION_KIND_IGNORE, code, at, seen)
                        .setUntilNs(nanos(minute + minutes)));
    }

    /// A person says what an entry without a reference is about.
    void confirm(String reference, String alternative, long seen) {
        tellDecision(
                decision(DecisionKind.DECISION_KIND_CONFIRM_MATCH, Code.AMBIGUOUS_MATCH, node, seen)
                        .setMismatchId(NaiveLedger.mismatchId(Code.AMBIGUOUS_MATCH, reference, ""))
                        .setReference(reference)
                        .setAlternative(alternative));
    }

    void tellDecision(Decision.Builder decision) {
        say(
                Topic.DECISIONS,
                RecordKeys.of(
                        ItemKey.of(Reference.parse(decision.getReference()), Optional.empty())),
                decision.build(),
                "%s decides %s %s, seen %,d msat, moves %,d msat"
                        .formatted(
                                decision.getPerson(),
                                decision.getDecisionId(),
                                decision.getKind(),
                                decision.getSeenAmountMsat(),
                                decision.getAdjustmentMsat()));
    }

    /// Two people sign the report of the first day, each in any role. That may leave the day open.
    void signFirstDay(String report) {
        for (String person : List.of("ann", "bea")) {
            pass(1, 5);
            LocalDate day = LocalDate.ofInstant(Event.DAY, ZoneOffset.UTC);
            DecisionKind kind = SIGNATURES.get(random.nextInt(SIGNATURES.size()));
            say(
                    Topic.DECISIONS,
                    Signing.reference(day),
                    Decision.newBuilder()
                            .setDecisionId("s%d-%d".formatted(number, lines++))
                            .setMismatchId(Signing.subject(day))
                            .setKind(kind)
                            .setPerson(person)
                            .setDecidedAtNs(nanos(minute))
                            .setReference(Signing.reference(day))
                            .setApproves(report.repeat(64))
                            .build(),
                    "%s signs report %s of the first day, %s".formatted(person, report, kind));
        }
    }

    /// On another day, dated the first.
    String bookIntoFirstDay(Draft draft) {
        String id = "e%d-%d".formatted(number, lines++);
        tellEntry(
                entry(id, draft.kind(), draft.msat())
                        .setValueDate(LocalDate.ofInstant(Event.DAY, ZoneOffset.UTC).toString()));
        return id;
    }

    // ---- all

    void say(Topic topic, String key, com.google.protobuf.Message message, String words) {
        told.add(
                new Event.Said(
                        minute,
                        number,
                        topic,
                        key,
                        message,
                        "minute %d, #%d: %s".formatted(minute, number, words)));
    }

    Envelope envelope(NodeId at) {
        return Envelope.newBuilder().setNode(at.pubkey()).setObservedAtNs(nanos(minute)).build();
    }

    static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }

    long nanos(int minute) {
        return seconds(minute) * NANOS;
    }

    /// Each thing has a second of its own in which all of it happens: what comes due in one minute does not at one moment.
    long seconds(int minute) {
        return Event.at(minute).getEpochSecond() + number * 7L % 60;
    }

    /// It begins then, as do those that happen together with it.
    void startAt(int start) {
        minute = start;
    }

    /// What is the same for all that happen together.
    String together() {
        return "ord-" + (1_000 + number - nth);
    }

    /// An amount that all that happen together know.
    long sharedMsat() {
        return 1_000L * (3_000 + number - nth);
    }

    static String shortly(NodeId node) {
        return node.pubkey().substring(0, 4);
    }

    private static String shortly(@Nullable Enum<?> state) {
        return String.valueOf(state)
                .replaceFirst("^(RECEIPT|PAYMENT|HTLC)_STATE_|^ENTRY_KIND_", "");
    }
}
