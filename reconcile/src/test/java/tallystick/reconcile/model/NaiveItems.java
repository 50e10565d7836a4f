package tallystick.reconcile.model;

import static java.util.Comparator.comparingInt;
import static java.util.Comparator.comparingLong;
import static java.util.Comparator.naturalOrder;
import static java.util.stream.Collectors.toCollection;

import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.EntryKey;
import tallystick.ledger.item.Gaps;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.item.StandingEntry;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.Initiator;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.ReceiptHtlc;

/// Puts items together from all that was said about them, at once: no step-by-step merging, only "the most", "the first",
/// "the newest of all". Knows nothing of the production code but the shape of its items.
// The same message, not one that reads alike: telling them apart by content would cost most of a
// run's time.
@SuppressWarnings({"IdentityHashMapUsage", "ReferenceEquality"})
public final class NaiveItems {
    private final Map<Message, List<ItemKey>> keys = new IdentityHashMap<>();
    private final Map<ItemKey, Together> items = new HashMap<>();

    /// What was put together, and of what.
    private record Together(List<Message> said, Item item) {}

    /// All items, by key. Messages must be in the order of their partition. An item of which nothing more was said is not put
    /// together again, to save time.
    Map<ItemKey, Item> of(Collection<Message> messages) {
        Map<ItemKey, List<Message>> byKey = new LinkedHashMap<>();
        for (Message message : messages) {
            for (ItemKey key : keys.computeIfAbsent(message, NaiveItems::keys)) {
                byKey.computeIfAbsent(key, _ -> new ArrayList<>()).add(message);
            }
        }
        Map<ItemKey, Item> result = new LinkedHashMap<>();
        byKey.forEach((key, said) -> result.put(key, item(key, said).item()));
        return result;
    }

    private Together item(ItemKey key, List<Message> said) {
        Together present = items.get(key);
        if (present == null || !isSame(present.said(), said)) {
            present = new Together(said, together(key, said));
            items.put(key, present);
        }
        return present;
    }

    private static boolean isSame(List<Message> a, List<Message> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (a.get(i) != b.get(i)) {
                return false;
            }
        }
        return true;
    }

    private static List<ItemKey> keys(Message message) {
        return switch (message) {
            case InvoiceRecord one -> List.of(payment(one.getPaymentHash()));
            case PaymentRecord one -> List.of(payment(one.getPaymentHash()));
            case BookEntry one ->
                    List.of(ItemKey.of(Reference.parse(one.getReference()), node(one.getNode())));
            case Decision one when isSignature(one) -> List.of();
            case Decision one ->
                    List.of(ItemKey.of(Reference.parse(one.getReference()), node(one.getNode())));
            case ForwardRecord one ->
                    List.of(
                            ItemKey.of(
                                    new NodeId(one.getEnvelope().getNode()),
                                    new Reference.Forward(
                                            Long.toString(one.getChanIdIn()),
                                            Long.toString(one.getHtlcIdIn()))));
            case CoverageRecord one ->
                    List.of(
                            ItemKey.of(
                                    new Reference.OfNode(new NodeId(one.getNode())),
                                    Optional.empty()));
            case ChainRecord one ->
                    List.of(
                            ItemKey.of(
                                    new NodeId(one.getEnvelope().getNode()),
                                    new Reference.Tx(one.getTxid())));
            case ChannelRecord one -> {
                NodeId node = new NodeId(one.getEnvelope().getNode());
                Reference.Channel channel = Reference.Channel.ofPoint(one.getChannelPoint());
                ItemKey key = ItemKey.of(node, channel);
                yield isFunding(one)
                        ? List.of(key, ItemKey.of(node, new Reference.Tx(channel.txid())))
                        : List.of(key);
            }
            default -> throw new IllegalStateException(message.getClass().getName());
        };
    }

    private static ItemKey payment(com.google.protobuf.ByteString hash) {
        return ItemKey.ofPayment(HexFormat.of().formatHex(hash.toByteArray()));
    }

    private static Optional<NodeId> node(String pubkey) {
        return pubkey.isEmpty() ? Optional.empty() : Optional.of(new NodeId(pubkey));
    }

    private static boolean isFunding(ChannelRecord record) {
        return record.getOpener() == Initiator.INITIATOR_LOCAL
                && record.getState() != ChannelState.CHANNEL_STATE_OPEN_FAILED
                && record.getCapacitySat() > 0;
    }

    private static Item together(ItemKey key, List<Message> said) {
        return new Item(
                key,
                byNode(
                        said,
                        InvoiceRecord.class,
                        one -> one.getEnvelope().getNode(),
                        NaiveItems::receipt),
                byNode(
                        said,
                        PaymentRecord.class,
                        one -> one.getEnvelope().getNode(),
                        NaiveItems::payment),
                facts(key, said),
                entries(all(said, BookEntry.class)),
                decisions(all(said, Decision.class)),
                new TreeMap<>());
    }

    private static <M, T> SortedMap<NodeId, T> byNode(
            List<Message> said,
            Class<M> type,
            Function<M, String> node,
            Function<List<M>, T> together) {
        Map<NodeId, List<M>> byNode = new LinkedHashMap<>();
        all(said, type)
                .forEach(
                        one ->
                                byNode.computeIfAbsent(
                                                new NodeId(node.apply(one)), _ -> new ArrayList<>())
                                        .add(one));
        SortedMap<NodeId, T> result = new TreeMap<>();
        byNode.forEach((one, messages) -> result.put(one, together.apply(messages)));
        return result;
    }

    private static <M> List<M> all(List<Message> said, Class<M> type) {
        return said.stream().filter(type::isInstance).map(type::cast).toList();
    }

    // ---- receipts

    private static final List<tallystick.proto.v1.ReceiptState> RECEIPT_RANK =
            List.of(
                    tallystick.proto.v1.ReceiptState.RECEIPT_STATE_OPEN,
                    tallystick.proto.v1.ReceiptState.RECEIPT_STATE_ACCEPTED,
                    tallystick.proto.v1.ReceiptState.RECEIPT_STATE_CANCELED,
                    tallystick.proto.v1.ReceiptState.RECEIPT_STATE_SETTLED);
    private static final List<HtlcState> HTLC_RANK =
            List.of(
                    HtlcState.HTLC_STATE_IN_FLIGHT,
                    HtlcState.HTLC_STATE_FAILED,
                    HtlcState.HTLC_STATE_SETTLED);

    private static Receipt receipt(List<InvoiceRecord> said) {
        List<InvoiceRecord> settled =
                where(
                        said,
                        one ->
                                one.getState()
                                        == tallystick.proto.v1.ReceiptState.RECEIPT_STATE_SETTLED);
        List<InvoiceRecord> canceled =
                where(
                        said,
                        one ->
                                one.getState()
                                        == tallystick.proto.v1.ReceiptState.RECEIPT_STATE_CANCELED);
        InvoiceRecord newest =
                said.stream()
                        .max(
                                comparingLong(InvoiceRecord::getCreatedAt)
                                        .thenComparingLong(InvoiceRecord::getExpirySeconds)
                                        .thenComparingLong(InvoiceRecord::getRequestedMsat)
                                        .thenComparing(InvoiceRecord::getMemo))
                        .orElseThrow();
        Map<Receipt.HtlcKey, List<ReceiptHtlc>> htlcs = new LinkedHashMap<>();
        said.forEach(
                one ->
                        one.getHtlcsList()
                                .forEach(
                                        htlc ->
                                                htlcs.computeIfAbsent(
                                                                new Receipt.HtlcKey(
                                                                        htlc.getChanId(),
                                                                        htlc.getHtlcIndex()),
                                                                _ -> new ArrayList<>())
                                                        .add(htlc)));
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> merged = new TreeMap<>();
        htlcs.forEach((key, some) -> merged.put(key, htlc(some)));
        return new Receipt(
                ReceiptState.valueOf(
                        most(said, one -> RECEIPT_RANK.indexOf(one.getState()))
                                .map(rank -> RECEIPT_RANK.get(rank).name())
                                .orElseThrow()
                                .substring("RECEIPT_STATE_".length())),
                new Receipt.Terms(
                        Instant.ofEpochSecond(newest.getCreatedAt()),
                        Duration.ofSeconds(newest.getExpirySeconds()),
                        Msat.of(newest.getRequestedMsat()),
                        newest.getMemo()),
                Msat.of(most(settled, InvoiceRecord::getReceivedMsat).orElse(0L)),
                least(settled, InvoiceRecord::getReceivedMsat).map(Msat::of),
                least(where(settled, one -> one.getSettledAt() > 0), InvoiceRecord::getSettledAt)
                        .map(Instant::ofEpochSecond),
                said.stream().anyMatch(InvoiceRecord::getIsAmpSet),
                said.stream().anyMatch(InvoiceRecord::getIsSpontaneous),
                most(said, InvoiceRecord::getSettledSets).orElseThrow(),
                least(canceled, one -> one.getEnvelope().getObservedAtNs()).map(NaiveItems::time),
                merged);
    }

    private static Receipt.Htlc htlc(List<ReceiptHtlc> some) {
        return new Receipt.Htlc(
                state(most(some, one -> HTLC_RANK.indexOf(one.getState())).orElseThrow()),
                Msat.of(most(some, ReceiptHtlc::getAmountMsat).orElseThrow()),
                Msat.of(most(some, ReceiptHtlc::getTotalMsat).orElseThrow()),
                most(some, ReceiptHtlc::getAcceptedAt).orElseThrow(),
                most(some, ReceiptHtlc::getResolvedAt).orElseThrow(),
                most(some, ReceiptHtlc::getExpiryHeight).orElseThrow(),
                Msat.of(
                        least(
                                        where(
                                                some,
                                                one ->
                                                        one.getState()
                                                                == HtlcState.HTLC_STATE_SETTLED),
                                        ReceiptHtlc::getAmountMsat)
                                .orElse(0L)));
    }

    private static tallystick.ledger.item.HtlcState state(int rank) {
        return tallystick.ledger.item.HtlcState.valueOf(
                HTLC_RANK.get(rank).name().substring("HTLC_STATE_".length()));
    }

    // ---- payments

    private static final List<tallystick.proto.v1.PaymentState> PAYMENT_RANK =
            List.of(
                    tallystick.proto.v1.PaymentState.PAYMENT_STATE_INITIATED,
                    tallystick.proto.v1.PaymentState.PAYMENT_STATE_IN_FLIGHT,
                    tallystick.proto.v1.PaymentState.PAYMENT_STATE_FAILED,
                    tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED);

    /// Of what succeeded, else of the newest try: what is said about its furthest state.
    private static Payment payment(List<PaymentRecord> said) {
        List<PaymentRecord> succeeded =
                where(
                        said,
                        one ->
                                one.getState()
                                        == tallystick.proto.v1.PaymentState
                                                .PAYMENT_STATE_SUCCEEDED);
        List<PaymentRecord> counting = succeeded.isEmpty() ? said : succeeded;
        long newest = most(counting, PaymentRecord::getCreatedAtNs).orElseThrow();
        List<PaymentRecord> ofTry = where(counting, one -> one.getCreatedAtNs() == newest);
        int rank = most(ofTry, one -> PAYMENT_RANK.indexOf(one.getState())).orElseThrow();
        List<PaymentRecord> furthest =
                where(ofTry, one -> PAYMENT_RANK.indexOf(one.getState()) == rank);
        PaymentState state =
                PaymentState.valueOf(
                        PAYMENT_RANK.get(rank).name().substring("PAYMENT_STATE_".length()));
        Map<Long, List<PaymentAttempt>> attempts = new LinkedHashMap<>();
        said.forEach(
                one ->
                        one.getAttemptsList()
                                .forEach(
                                        attempt ->
                                                attempts.computeIfAbsent(
                                                                attempt.getAttemptId(),
                                                                _ -> new ArrayList<>())
                                                        .add(attempt)));
        SortedMap<Long, Payment.Attempt> merged = new TreeMap<>();
        attempts.forEach((id, some) -> merged.put(id, attempt(some)));
        return new Payment(
                state,
                time(newest),
                Msat.of(most(furthest, PaymentRecord::getAmountMsat).orElseThrow()),
                Msat.of(most(furthest, PaymentRecord::getFeeMsat).orElseThrow()),
                state.isTerminal()
                        ? most(
                                        where(furthest, one -> one.getResolvedAtNs() > 0),
                                        PaymentRecord::getResolvedAtNs)
                                .map(NaiveItems::time)
                        : Optional.empty(),
                merged,
                failedTries(said, state, newest));
    }

    /// All that failed but the one that stands.
    private static SortedMap<Instant, Instant> failedTries(
            List<PaymentRecord> said, PaymentState state, long newest) {
        SortedMap<Instant, Instant> failed = new TreeMap<>();
        where(said, one -> one.getState() == tallystick.proto.v1.PaymentState.PAYMENT_STATE_FAILED)
                .stream()
                .filter(one -> state != PaymentState.FAILED || one.getCreatedAtNs() != newest)
                .forEach(
                        one ->
                                failed.merge(
                                        time(one.getCreatedAtNs()),
                                        time(Math.max(one.getCreatedAtNs(), one.getResolvedAtNs())),
                                        (a, b) -> a.isAfter(b) ? a : b));
        return failed;
    }

    private static Payment.Attempt attempt(List<PaymentAttempt> some) {
        PaymentAttempt newest =
                some.stream()
                        .max(
                                comparingInt(
                                                (PaymentAttempt one) ->
                                                        HTLC_RANK.indexOf(one.getState()))
                                        .thenComparingLong(PaymentAttempt::getTotalMsat)
                                        .thenComparingLong(PaymentAttempt::getFeeMsat)
                                        .thenComparingLong(PaymentAttempt::getChanId)
                                        .thenComparingLong(PaymentAttempt::getSentAtNs))
                        .orElseThrow();
        return new Payment.Attempt(
                state(HTLC_RANK.indexOf(newest.getState())),
                newest.getChanId(),
                Msat.of(newest.getTotalMsat()),
                Msat.of(newest.getFeeMsat()),
                time(newest.getSentAtNs()),
                most(where(some, one -> one.getResolvedAtNs() > 0), PaymentAttempt::getResolvedAtNs)
                        .map(NaiveItems::time),
                most(some, PaymentAttempt::getExpiryHeight).orElseThrow(),
                Msat.of(
                        least(
                                        where(
                                                some,
                                                one ->
                                                        one.getState()
                                                                == HtlcState.HTLC_STATE_SETTLED),
                                        PaymentAttempt::getTotalMsat)
                                .orElse(0L)));
    }

    // ---- what exists once per node

    private static Optional<NodeFacts> facts(ItemKey key, List<Message> said) {
        List<ChannelRecord> channels = all(said, ChannelRecord.class);
        return switch (key.reference()) {
            case Reference.Forward _ ->
                    all(said, ForwardRecord.class).stream()
                            .max(
                                    comparingLong(ForwardRecord::getAmountInMsat)
                                            .thenComparingLong(ForwardRecord::getAmountOutMsat)
                                            .thenComparingLong(ForwardRecord::getSettledAtNs))
                            .map(one -> forward(one, all(said, ForwardRecord.class)));
            case Reference.OfNode _ ->
                    said.isEmpty() ? Optional.empty() : Optional.of(followed(said));
            case Reference.Tx _ -> transaction(all(said, ChainRecord.class), channels);
            case Reference.Channel _ ->
                    channels.isEmpty() ? Optional.empty() : Optional.of(channel(channels));
            default -> Optional.empty();
        };
    }

    /// When each stream was last heard of. Gaps are not told of in these histories.
    private static NodeFacts followed(List<Message> said) {
        SortedMap<String, Instant> heard = new TreeMap<>();
        long proven = 0;
        for (CoverageRecord one : all(said, CoverageRecord.class)) {
            heard.merge(
                    one.getStream().name().substring("STREAM_".length()),
                    time(one.getSeenAtNs()),
                    (a, b) -> a.isAfter(b) ? a : b);
            if (one.getProvenUntilNs() > 0) {
                proven = Math.max(proven, one.getSeenAtNs());
            }
        }
        return new NodeFacts.Followed(
                heard, new Gaps(0, time(proven), java.util.Collections.emptySortedSet()));
    }

    private static NodeFacts forward(ForwardRecord record, List<ForwardRecord> said) {
        return new NodeFacts.Forward(
                record.getChanIdIn(),
                record.getChanIdOut(),
                Msat.of(record.getAmountInMsat()),
                Msat.of(record.getAmountOutMsat()),
                time(record.getSettledAtNs()),
                Msat.of(least(said, ForwardRecord::getAmountInMsat).orElseThrow()),
                Msat.of(least(said, ForwardRecord::getAmountOutMsat).orElseThrow()));
    }

    private static Optional<NodeFacts> transaction(
            List<ChainRecord> said, List<ChannelRecord> channels) {
        SortedMap<String, Msat> openings = new TreeMap<>();
        channels.stream()
                .filter(NaiveItems::isFunding)
                .forEach(
                        one ->
                                openings.merge(
                                        one.getChannelPoint(),
                                        Msat.ofSat(one.getCapacitySat()),
                                        (a, b) -> a.compareTo(b) > 0 ? a : b));
        if (said.isEmpty()) {
            return openings.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            new ChainTx(
                                    Collections.emptySortedMap(),
                                    Collections.emptySortedMap(),
                                    "",
                                    openings,
                                    Collections.emptySortedMap(),
                                    Collections.emptySortedMap(),
                                    ChainTx.Links.NONE));
        }
        SortedMap<ChainTx.Look, Instant> looks = new TreeMap<>();
        SortedMap<ChainTx.Look, Instant> seenAgain = new TreeMap<>();
        for (ChainRecord one : said) {
            looks.put(look(one), Instant.ofEpochSecond(0, seen(one, said)));
            if (one.getStoodOtherwise()) {
                Instant at = Instant.ofEpochSecond(0, seenAt(one));
                seenAgain.merge(look(one), at, (a, b) -> a.isAfter(b) ? a : b);
            }
        }
        return Optional.of(
                new ChainTx(
                        looks,
                        seenAgain,
                        most(said, ChainRecord::getLabel).orElseThrow(),
                        openings,
                        inputs(said),
                        Collections.emptySortedMap(),
                        ChainTx.Links.NONE));
    }

    private static long seenAt(ChainRecord record) {
        return record.getEnvelope().getObservedAtNs();
    }

    private static ChainTx.Look look(ChainRecord record) {
        return new ChainTx.Look(
                standing(record),
                record.getBlockHeight(),
                record.getChangeSat(),
                Instant.ofEpochSecond(record.getTime()));
    }

    /// What is final and seen again says nothing new.
    private static long seen(ChainRecord record, List<ChainRecord> said) {
        LongStream alike =
                said.stream()
                        .filter(one -> look(one).equals(look(record)))
                        .mapToLong(NaiveItems::seenAt);
        return standing(record) == ChainTx.Standing.UNCONFIRMED
                ? alike.max().orElseThrow()
                : alike.min().orElseThrow();
    }

    private static SortedMap<String, Boolean> inputs(List<ChainRecord> said) {
        SortedMap<String, Boolean> inputs = new TreeMap<>();
        said.forEach(
                one ->
                        one.getInputsList()
                                .forEach(
                                        input ->
                                                inputs.put(
                                                        input.getOutpoint(), input.getIsOurs())));
        return inputs;
    }

    private static ChainTx.Standing standing(ChainRecord record) {
        if (record.getIsGone()) {
            return ChainTx.Standing.GONE;
        }
        return record.getIsConfirmed() ? ChainTx.Standing.CONFIRMED : ChainTx.Standing.UNCONFIRMED;
    }

    private static NodeFacts channel(List<ChannelRecord> said) {
        Channel.Stage stage = most(said, NaiveItems::stage).orElseThrow();
        return new Channel(
                stage,
                first(said, one -> stage(one) == stage).orElseThrow(),
                first(
                        said,
                        one ->
                                stage(one) != Channel.Stage.PENDING_OPEN
                                        && stage(one) != Channel.Stage.OPEN_FAILED),
                Msat.ofSat(most(said, ChannelRecord::getCapacitySat).orElseThrow()),
                Msat.ofSat(most(said, ChannelRecord::getPushSat).orElseThrow()),
                said.stream().anyMatch(ChannelRecord::getPushKnown),
                said.stream().anyMatch(one -> one.getOpener() == Initiator.INITIATOR_LOCAL)
                        ? Channel.Opener.LOCAL
                        : Channel.Opener.REMOTE,
                said.stream()
                        .map(ChannelRecord::getChanId)
                        .filter(id -> id != 0)
                        .collect(toCollection(TreeSet::new)),
                Channel.Close.NONE,
                Channel.Links.NONE);
    }

    private static Channel.Stage stage(ChannelRecord record) {
        return Channel.Stage.valueOf(record.getState().name().substring("CHANNEL_STATE_".length()));
    }

    private static Optional<Instant> first(
            List<ChannelRecord> said, Predicate<ChannelRecord> which) {
        return said.stream()
                .filter(which)
                .map(one -> Instant.ofEpochSecond(0, one.getEnvelope().getObservedAtNs()))
                .min(naturalOrder());
    }

    // ---- books

    private static SortedMap<EntryKey, StandingEntry> entries(List<BookEntry> said) {
        Map<EntryKey, List<BookEntry>> byNumber = new LinkedHashMap<>();
        said.forEach(
                one ->
                        byNumber.computeIfAbsent(
                                        new EntryKey(one.getSource(), one.getEntryId()),
                                        _ -> new ArrayList<>())
                                .add(one));
        SortedMap<EntryKey, StandingEntry> result = new TreeMap<>();
        byNumber.forEach(
                (number, some) -> {
                    BookEntry first = some.getFirst();
                    TreeMap<Msat, Instant> reused = new TreeMap<>();
                    some.stream()
                            .filter(one -> !one.equals(first))
                            .sorted(comparingLong(BookEntry::getBookedAtNs))
                            .forEach(
                                    one ->
                                            reused.putIfAbsent(
                                                    Msat.of(one.getAmountMsat()),
                                                    time(one.getBookedAtNs())));
                    result.put(number, new StandingEntry(entry(first), reused));
                });
        return result;
    }

    private static tallystick.ledger.books.BookEntry entry(BookEntry said) {
        return new tallystick.ledger.books.BookEntry(
                said.getEntryId(),
                said.getSource(),
                time(said.getBookedAtNs()),
                LocalDate.parse(said.getValueDate()),
                tallystick.ledger.books.EntryKind.valueOf(
                        said.getKind().name().substring("ENTRY_KIND_".length())),
                node(said.getNode()),
                Reference.parse(said.getReference()),
                Msat.of(said.getAmountMsat()),
                said.getAccount(),
                text(said.getOrder()),
                text(said.getReverses()),
                said.getMemo(),
                said.hasFeeLimitMsat()
                        ? Optional.of(Msat.of(said.getFeeLimitMsat()))
                        : Optional.empty());
    }

    private static SortedMap<String, tallystick.ledger.decision.Decision> decisions(
            List<Decision> said) {
        SortedMap<String, tallystick.ledger.decision.Decision> result = new TreeMap<>();
        said.forEach(one -> result.put(one.getDecisionId(), decision(one)));
        return result;
    }

    private static tallystick.ledger.decision.Decision decision(Decision said) {
        return new tallystick.ledger.decision.Decision(
                said.getDecisionId(),
                said.getMismatchId(),
                tallystick.ledger.decision.Decision.Kind.valueOf(
                        said.getKind().name().substring("DECISION_KIND_".length())),
                said.getPerson(),
                said.getReason(),
                time(said.getDecidedAtNs()),
                said.getUntilNs() == 0 ? Optional.empty() : Optional.of(time(said.getUntilNs())),
                said.getSeenAmountMsat(),
                said.getAdjustmentMsat(),
                said.getAccount(),
                said.getApproves(),
                said.getAlternative(),
                said.getAssignee(),
                said.getRuleVersion());
    }

    private static boolean isSignature(Decision said) {
        return Set.of(
                        DecisionKind.DECISION_KIND_SIGN,
                        DecisionKind.DECISION_KIND_PREPARE,
                        DecisionKind.DECISION_KIND_COUNTERSIGN)
                .contains(said.getKind());
    }

    /// What was signed about the report of that day.
    static List<tallystick.ledger.decision.Decision> signatures(
            Collection<Message> said, LocalDate day) {
        return said.stream()
                .filter(Decision.class::isInstance)
                .map(Decision.class::cast)
                .filter(one -> isSignature(one))
                .filter(one -> one.getReference().equals("report:" + day))
                .map(NaiveItems::decision)
                .toList();
    }

    private static Optional<String> text(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    static Instant time(long nanos) {
        return Instant.ofEpochSecond(0, nanos);
    }

    private static <T> List<T> where(List<T> some, Predicate<T> is) {
        return some.stream().filter(is).toList();
    }

    private static <T, V extends Comparable<V>> Optional<V> most(
            List<T> some, Function<T, V> value) {
        return some.stream().map(value).max(naturalOrder());
    }

    private static <T, V extends Comparable<V>> Optional<V> least(
            List<T> some, Function<T, V> value) {
        return some.stream().map(value).min(Comparator.naturalOrder());
    }
}
