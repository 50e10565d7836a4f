package tallystick.ops.model;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.TopicSettings;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.Stream;
import tallystick.proto.v1.TopicOffset;
import tallystick.simulator.node.Truth;

/// Holds what is in Kafka against what is and was at the node: every fact there, nothing else there, the last version the
/// node's, and no coverage that claims what was not read. Says in words what is wrong.
///
/// Coverage is held against the moment at which each invoice, payment, forward, channel and transaction came to be what it
/// was. That of balances is not: a balance is a reading of a moment, of which the truth keeps no history.
final class TruthCheck {
    private static final HexFormat HEX = HexFormat.of();
    private static final long NANOS = 1_000_000_000L;
    private static final String REPLACED = "REPLACED";

    private final Truth truth;
    private final Published published;
    private final TopicSettings topics;
    private final List<String> wrong = new ArrayList<>();
    private final Map<String, List<Published.One<Message>>> byHash = new HashMap<>();

    TruthCheck(Truth truth, Published published, TopicSettings topics) {
        this.truth = truth;
        this.published = published;
        this.topics = topics;
    }

    List<String> run() {
        invoices();
        payments();
        forwards();
        channels();
        transactions();
        nothingElse();
        coverage();
        return wrong;
    }

    /// Only that coverage claims nothing that was not read.
    List<String> coverageOnly() {
        coverage();
        return wrong;
    }

    /// Only what streams tell: receipts that were settled and payments that ended.
    List<String> streamedOnly() {
        Set<String> ended = new HashSet<>();
        published.all(InvoiceRecord.class).stream()
                .filter(r -> state(r).equals("SETTLED"))
                .forEach(r -> ended.add(hex(r.getPaymentHash())));
        published.all(PaymentRecord.class).stream()
                .filter(r -> r.getResolvedAtNs() > 0)
                .forEach(r -> ended.add(hex(r.getPaymentHash())));
        truth.invoices()
                .forEach(
                        (hash, invoice) -> {
                            if (invoice.getState() == Invoice.InvoiceState.SETTLED
                                    && !invoice.getIsAmp()
                                    && !ended.contains(hash)) {
                                wrong.add(
                                        "invoice %s: settled as %d, not published; %s"
                                                .formatted(
                                                        hash,
                                                        invoice.getSettleIndex(),
                                                        changesOf(hash)));
                            }
                        });
        truth.payments()
                .forEach(
                        (hash, payment) -> {
                            boolean isEnded =
                                    payment.getStatus() == Payment.PaymentStatus.SUCCEEDED
                                            || payment.getStatus() == Payment.PaymentStatus.FAILED;
                            if (isEnded && !ended.contains(hash)) {
                                wrong.add(
                                        "payment %s: %s, not published"
                                                .formatted(hash, payment.getStatus()));
                            }
                        });
        return wrong;
    }

    private String changesOf(String key) {
        return truth.changes().stream()
                .filter(change -> change.key().equals(key))
                .map(change -> change.at() + " " + change.state())
                .collect(Collectors.joining(", "));
    }

    // --- the last version is the node's

    private void invoices() {
        Map<String, InvoiceRecord> last = new LinkedHashMap<>();
        published
                .all(InvoiceRecord.class)
                .forEach(r -> last.put(hex(r.getPaymentHash()) + r.getIsAmpSet(), r));
        truth.invoices()
                .forEach(
                        (hash, invoice) -> {
                            if (!invoice.getRHash().isEmpty()) {
                                invoice(hash, invoice, last.get(hash + false));
                            }
                        });
        truth.ampSets()
                .forEach(
                        (set, state) -> {
                            if (state.getState() == InvoiceHTLCState.SETTLED) {
                                ampSet(set, state, last.get(set + true));
                            }
                        });
        truth.deletedInvoices()
                .forEach(
                        (hash, invoice) -> {
                            InvoiceRecord record = last.get(hash + false);
                            if (record != null
                                    && !truth.invoices().containsKey(hash)
                                    && invoice.getState() == Invoice.InvoiceState.CANCELED) {
                                equal("deleted invoice " + hash, "CANCELED", state(record));
                            }
                        });
    }

    private void invoice(String hash, Invoice invoice, @Nullable InvoiceRecord record) {
        String what = "invoice " + hash;
        if (record == null) {
            wrong.add(what + ": missing, at the node " + invoice.getState());
            return;
        }
        equal(what + ", add index", invoice.getAddIndex(), record.getAddIndex());
        if (invoice.getIsAmp()) {
            long sets =
                    invoice.getAmpInvoiceStateMap().values().stream()
                            .filter(s -> s.getState() == InvoiceHTLCState.SETTLED)
                            .count();
            equal(what + ", sets", sets, (long) record.getSettledSets());
            return;
        }
        equal(what + ", state", invoice.getState().name(), state(record));
        equal(what + ", settle index", invoice.getSettleIndex(), record.getSettleIndex());
        long received =
                invoice.getHtlcsList().stream()
                        .filter(h -> h.getState() == InvoiceHTLCState.SETTLED)
                        .mapToLong(InvoiceHTLC::getAmtMsat)
                        .sum();
        equal(what + ", received", received, record.getReceivedMsat());
        equal(
                what + ", parts",
                invoice.getHtlcsList().stream()
                        .map(h -> h.getChanId() + "/" + h.getHtlcIndex() + "/" + h.getAmtMsat())
                        .collect(Collectors.toSet()),
                record.getHtlcsList().stream()
                        .map(h -> h.getChanId() + "/" + h.getHtlcIndex() + "/" + h.getAmountMsat())
                        .collect(Collectors.toSet()));
    }

    private void ampSet(String set, AMPInvoiceState state, @Nullable InvoiceRecord record) {
        String what = "AMP set " + set;
        if (record == null) {
            wrong.add(what + ": missing");
            return;
        }
        equal(what + ", state", "SETTLED", state(record));
        equal(what + ", received", state.getAmtPaidMsat(), record.getReceivedMsat());
    }

    private void payments() {
        Map<String, PaymentRecord> last = new HashMap<>();
        published.all(PaymentRecord.class).forEach(r -> last.put(hex(r.getPaymentHash()), r));
        truth.payments()
                .forEach(
                        (hash, payment) -> {
                            String what = "payment " + hash;
                            PaymentRecord record = last.get(hash);
                            if (record == null) {
                                wrong.add(what + ": missing, at the node " + payment.getStatus());
                                return;
                            }
                            equal(
                                    what + ", state",
                                    payment.getStatus().name(),
                                    record.getState().name().replace("PAYMENT_STATE_", ""));
                            equal(
                                    what + ", index",
                                    payment.getPaymentIndex(),
                                    record.getPaymentIndex());
                            equal(what + ", legs", legs(payment), legs(record));
                        });
    }

    private static Set<String> legs(Payment payment) {
        return payment.getHtlcsList().stream()
                .filter(a -> a.getStatus() == HTLCAttempt.HTLCStatus.SUCCEEDED)
                .map(
                        a ->
                                "%d/%d/%d"
                                        .formatted(
                                                a.getAttemptId(),
                                                a.getRoute().getHops(0).getChanId(),
                                                a.getRoute().getTotalAmtMsat()))
                .collect(Collectors.toSet());
    }

    private static Set<String> legs(PaymentRecord record) {
        return record.getAttemptsList().stream()
                .filter(a -> a.getState() == HtlcState.HTLC_STATE_SETTLED)
                .map(TruthCheck::leg)
                .collect(Collectors.toSet());
    }

    private static String leg(PaymentAttempt attempt) {
        return "%d/%d/%d"
                .formatted(attempt.getAttemptId(), attempt.getChanId(), attempt.getTotalMsat());
    }

    private void forwards() {
        Set<String> records =
                published.all(ForwardRecord.class).stream()
                        .map(
                                r ->
                                        "%d:%d %d %d"
                                                .formatted(
                                                        r.getChanIdIn(),
                                                        r.getHtlcIdIn(),
                                                        r.getAmountInMsat(),
                                                        r.getAmountOutMsat()))
                        .collect(Collectors.toSet());
        Set<String> facts =
                truth.forwards().stream().map(TruthCheck::forward).collect(Collectors.toSet());
        minus(facts, records).forEach(each -> wrong.add("forward " + each + ": missing"));
        // A node that was restored from its seed has forgotten what it was.
        Set<String> ever =
                truth.changes().stream()
                        .filter(change -> change.kind() == Truth.Kind.FORWARD)
                        .map(Truth.Change::key)
                        .collect(Collectors.toSet());
        minus(records, facts).stream()
                .filter(each -> !ever.contains(each.substring(0, each.indexOf(' '))))
                .forEach(each -> wrong.add("forward " + each + ": never was"));
    }

    private static String forward(ForwardingEvent event) {
        return "%d:%d %d %d"
                .formatted(
                        event.getChanIdIn(),
                        event.getIncomingHtlcId(),
                        event.getAmtInMsat(),
                        event.getAmtOutMsat());
    }

    private void channels() {
        Map<String, Set<ChannelState>> states = new HashMap<>();
        published
                .all(ChannelRecord.class)
                .forEach(
                        r ->
                                states.computeIfAbsent(r.getChannelPoint(), _ -> new HashSet<>())
                                        .add(r.getState()));
        truth.channels()
                .keySet()
                .forEach(point -> has(states, point, ChannelState.CHANNEL_STATE_OPEN));
        truth.closedChannels()
                .keySet()
                .forEach(point -> has(states, point, ChannelState.CHANNEL_STATE_CLOSED));
    }

    private void has(Map<String, Set<ChannelState>> states, String point, ChannelState state) {
        if (!states.getOrDefault(point, Set.of()).contains(state)) {
            wrong.add("channel " + point + ": no record of " + state);
        }
    }

    private void transactions() {
        Map<String, ChainRecord> last = new HashMap<>();
        published.all(ChainRecord.class).forEach(r -> last.put(r.getTxid(), r));
        truth.transactions()
                .forEach(
                        (txid, transaction) -> {
                            ChainRecord record = last.get(txid);
                            if (record == null) {
                                wrong.add("transaction " + txid + ": missing");
                            } else {
                                transaction(txid, transaction, record);
                            }
                        });
        minus(last.keySet(), truth.transactions().keySet())
                .forEach(
                        txid ->
                                equal(
                                        "transaction " + txid + ", gone",
                                        true,
                                        Objects.requireNonNull(last.get(txid)).getIsGone()));
    }

    private void transaction(String txid, Transaction transaction, ChainRecord record) {
        String what = "transaction " + txid;
        equal(what + ", amount", transaction.getAmount(), record.getChangeSat());
        equal(what + ", block", transaction.getBlockHash(), record.getBlockHash());
        equal(what + ", gone", false, record.getIsGone());
    }

    // --- nothing that is not

    private void nothingElse() {
        for (Published.One<Message> each : published.records()) {
            ByteString message = Published.envelope(each.value()).getNodeMessage();
            if (!message.isEmpty() && !truth.wasSent(message)) {
                wrong.add(
                        "%s, partition %d, offset %d: %s that the node never sent"
                                .formatted(
                                        each.topic(),
                                        each.partition(),
                                        each.offset(),
                                        Published.envelope(each.value()).getNodeMessageType()));
            }
        }
        Set<String> paymentHashes = new HashSet<>(truth.payments().keySet());
        truth.deletedPayments().forEach(p -> paymentHashes.add(p.getPaymentHash()));
        truth.changes().stream()
                .filter(c -> c.kind() == Truth.Kind.PAYMENT)
                .forEach(c -> paymentHashes.add(c.key()));
        published
                .all(PaymentRecord.class)
                .forEach(
                        r -> {
                            if (!paymentHashes.contains(hex(r.getPaymentHash()))) {
                                wrong.add("payment " + hex(r.getPaymentHash()) + ": never was");
                            }
                        });
    }

    // --- coverage claims nothing that was not read

    private void coverage() {
        Map<Truth.Kind, Map<String, List<Truth.Change>>> changes = new HashMap<>();
        for (Truth.Change change : truth.changes()) {
            changes.computeIfAbsent(change.kind(), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(change.key(), _ -> new ArrayList<>())
                    .add(change);
        }
        long restored =
                truth.changes().stream()
                        .filter(c -> c.state().equals("RESTORED"))
                        .mapToLong(c -> nanos(c))
                        .max()
                        .orElse(Long.MIN_VALUE);
        for (Published.One<CoverageRecord> one : published.coverage()) {
            CoverageRecord claim = one.value();
            Truth.Kind kind = kind(claim.getStream());
            if (kind == null || claim.getProvenUntilNs() == 0) {
                continue;
            }
            Map<String, Long> below = new HashMap<>();
            for (TopicOffset offset : claim.getBelowList()) {
                below.put(offset.getTopic(), offset.getEndOffset());
            }
            changes.getOrDefault(kind, Map.of())
                    .forEach(
                            (key, all) -> {
                                if (isCovered(claim, kind, key)) {
                                    claimed(claim, key, all, below, restored);
                                }
                            });
        }
    }

    /// A spontaneous AMP payment shows no hash; its set is what counts.
    private static boolean isUnnamed(String key) {
        return key.startsWith("addr:");
    }

    /// Whether records of it belong to the claim's partition.
    private boolean isCovered(CoverageRecord claim, Truth.Kind kind, String key) {
        return switch (kind) {
            case INVOICE, PAYMENT, AMP_SET ->
                    !isUnnamed(key) && partition(key) == claim.getPartition();
            case CHANNEL, TRANSACTION, NODE -> partition(claim.getNode()) == claim.getPartition();
            // One without any record is missing altogether, and is told as that.
            case FORWARD ->
                    recordsOf(key).stream().anyMatch(r -> r.partition() == claim.getPartition());
        };
    }

    private int partition(String key) {
        return RecordKeys.partition(key, topics.partitions());
    }

    /// The state that one had at the proven time, or a later one, lies below the offsets.
    private void claimed(
            CoverageRecord claim,
            String key,
            List<Truth.Change> changes,
            Map<String, Long> below,
            long restored) {
        int last = -1;
        for (int i = 0; i < changes.size(); i++) {
            boolean isSilent = changes.get(i).state().startsWith("GROWN");
            if (nanos(changes.get(i)) < claim.getProvenUntilNs() && !isSilent) {
                last = i;
            }
        }
        boolean isDeleted = changes.stream().anyMatch(c -> c.state().equals("DELETED"));
        if (last < 0
                || isDeleted
                || (nanos(changes.get(last)) <= restored && claim.getProvenUntilNs() > restored)) {
            return;
        }
        Set<String> good =
                changes.subList(last, changes.size()).stream()
                        .map(Truth.Change::state)
                        .collect(Collectors.toSet());
        if (good.stream().anyMatch(s -> s.startsWith("GROWN"))) {
            good.add("SETTLED");
        }
        List<Message> records =
                recordsOf(key).stream()
                        .filter(one -> one.partition() == claim.getPartition())
                        .filter(
                                one ->
                                        one.offset()
                                                < below.getOrDefault(topics.name(one.topic()), 0L))
                        .map(Published.One::value)
                        .toList();
        // One that was replaced before anybody read it leaves nothing to take back.
        boolean neverWas = records.isEmpty() && good.contains(REPLACED);
        boolean isThere =
                records.stream()
                        .anyMatch(
                                record ->
                                        record instanceof ChannelRecord channel
                                                ? good.stream().anyMatch(s -> isAsFar(channel, s))
                                                : stateOf(record, key)
                                                        .filter(good::contains)
                                                        .isPresent());
        if (!isThere && !neverWas) {
            wrong.add(
                    "coverage of %s until %d: %s is not among the records below although it was %s at %s"
                            .formatted(
                                    claim.getStream(),
                                    claim.getProvenUntilNs() / NANOS,
                                    key,
                                    changes.get(last).state(),
                                    changes.get(last).at()));
        }
    }

    private List<Published.One<Message>> recordsOf(String key) {
        if (byHash.isEmpty()) {
            for (Published.One<Message> one : published.records()) {
                hash(one.value())
                        .ifPresent(
                                hash ->
                                        byHash.computeIfAbsent(hash, _ -> new ArrayList<>())
                                                .add(one));
            }
        }
        return byHash.getOrDefault(key, List.of());
    }

    private static Optional<String> hash(Message record) {
        return switch (record) {
            case InvoiceRecord r -> Optional.of(hex(r.getPaymentHash()));
            case PaymentRecord r -> Optional.of(hex(r.getPaymentHash()));
            case ForwardRecord r ->
                    Optional.of(
                            "%s:%d"
                                    .formatted(
                                            Long.toUnsignedString(r.getChanIdIn()),
                                            r.getHtlcIdIn()));
            case ChannelRecord r -> Optional.of(r.getChannelPoint());
            case ChainRecord r -> Optional.of(r.getTxid());
            default -> Optional.empty();
        };
    }

    /// The list of closed channels has one only when it is resolved; until then it is closing, whatever was told.
    private static boolean isAsFar(ChannelRecord record, String state) {
        return switch (state) {
            case "PENDING_OPEN" -> true;
            case "OPEN" -> record.getState() != ChannelState.CHANNEL_STATE_PENDING_OPEN;
            case "FULLY_RESOLVED" -> record.getState() == ChannelState.CHANNEL_STATE_CLOSED;
            default ->
                    switch (record.getState()) {
                        case CHANNEL_STATE_CLOSING,
                                CHANNEL_STATE_FORCE_CLOSING,
                                CHANNEL_STATE_CLOSED ->
                                true;
                        default -> false;
                    };
        };
    }

    private static Optional<String> stateOf(Message record, String key) {
        return switch (record) {
            case InvoiceRecord r
                    when !r.getIsAmpSet() && hex(r.getPaymentHash()).equals(key) && !r.getIsAmp() ->
                    Optional.of(state(r));
            case InvoiceRecord r
                    when !r.getIsAmpSet() && hex(r.getPaymentHash()).equals(key) && r.getIsAmp() ->
                    Optional.of(state(r));
            case PaymentRecord r when hex(r.getPaymentHash()).equals(key) ->
                    Optional.of(r.getState().name().replace("PAYMENT_STATE_", ""));
            case ForwardRecord _ -> Optional.of("SETTLED");
            case ChainRecord r when r.getIsGone() -> Optional.of(REPLACED);
            case ChainRecord r when !r.getBlockHash().isEmpty() ->
                    Optional.of("CONFIRMED " + r.getBlockHash());
            case ChainRecord _ -> Optional.of("UNCONFIRMED");
            default -> Optional.empty();
        };
    }

    private static Truth.@Nullable Kind kind(Stream stream) {
        return switch (stream) {
            case STREAM_INVOICES -> Truth.Kind.INVOICE;
            case STREAM_PAYMENTS -> Truth.Kind.PAYMENT;
            case STREAM_FORWARDS -> Truth.Kind.FORWARD;
            case STREAM_CHANNELS -> Truth.Kind.CHANNEL;
            case STREAM_CHAIN -> Truth.Kind.TRANSACTION;
            default -> null;
        };
    }

    // --- words

    private void equal(String what, Object expected, Object actual) {
        if (!expected.equals(actual)) {
            wrong.add("%s: %s in Kafka, %s at the node".formatted(what, actual, expected));
        }
    }

    private static <T> Set<T> minus(Set<T> all, Set<T> without) {
        Set<T> rest = new HashSet<>(all);
        rest.removeAll(without);
        return rest;
    }

    private static long nanos(Truth.Change change) {
        return ChronoUnit.NANOS.between(Instant.EPOCH, change.at());
    }

    private static String state(InvoiceRecord record) {
        return record.getState().name().replace("RECEIPT_STATE_", "");
    }

    private static String hex(ByteString bytes) {
        return HEX.formatHex(bytes.toByteArray());
    }
}
