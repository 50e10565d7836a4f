package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.db.write.NodeRepository;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.Initiator;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.ReceiptHtlc;

/// Turns Kafka records into statements about items. Whatever is wrong with a record is found here, before it can touch the
/// ledger.
final class RecordCodec {
    private final int partitions;

    RecordCodec(int partitions) {
        this.partitions = partitions;
    }

    Decoded decode(Topic topic, ConsumerRecord<byte[], byte[]> record) throws UndecodableException {
        try {
            Decoded decoded =
                    switch (topic) {
                        case INVOICES -> invoice(parse(InvoiceRecord.parser(), record));
                        case PAYMENTS -> payment(parse(PaymentRecord.parser(), record));
                        case FORWARDS -> forward(parse(ForwardRecord.parser(), record));
                        case CHANNELS -> channel(parse(ChannelRecord.parser(), record));
                        case CHAIN -> chain(parse(ChainRecord.parser(), record));
                        case BALANCES -> balances(parse(BalanceRecord.parser(), record));
                        case BOOKS -> entry(parse(BookEntry.parser(), record));
                        case COVERAGE -> coverage(parse(CoverageRecord.parser(), record), record);
                        case DECISIONS,
                                BOOKS_INBOX,
                                MISMATCHES,
                                MISMATCH_STATE,
                                REPORTS,
                                LEDGER_HEADS,
                                QUARANTINE,
                                INGEST_STATE ->
                                throw new IllegalStateException(
                                        "topic: %s (expected: one that is reconciled)"
                                                .formatted(topic));
                    };
            requireOwnPartition(decoded, record);
            return decoded;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new UndecodableException(String.valueOf(e.getMessage()), e);
        }
    }

    private static <T> T parse(Parser<T> parser, ConsumerRecord<byte[], byte[]> record)
            throws UndecodableException {
        if (record.value() == null) {
            throw new UndecodableException("value: none (expected: a message)");
        }
        try {
            return parser.parseFrom(record.value());
        } catch (InvalidProtocolBufferException e) {
            throw new UndecodableException(
                    "value: not a protobuf message (expected: the topic's message type): "
                            + e.getMessage(),
                    e);
        }
    }

    /// Everything about one item must lie in one partition number, or two workers would hold it.
    private void requireOwnPartition(Decoded decoded, ConsumerRecord<byte[], byte[]> record)
            throws UndecodableException {
        if (decoded instanceof Decoded.Statements(var statements, var _)) {
            for (Statement statement : statements) {
                String expected = RecordKeys.of(statement.key());
                if (record.key() == null || !expected.equals(new String(record.key(), UTF_8))) {
                    throw new UndecodableException(
                            "key: %s (expected: %s)"
                                    .formatted(
                                            record.key() == null
                                                    ? "none"
                                                    : new String(record.key(), UTF_8),
                                            expected));
                }
                int partition = RecordKeys.partition(expected, partitions);
                if (record.partition() != partition) {
                    throw new UndecodableException(
                            "partition: %d (expected: %d for key %s)"
                                    .formatted(record.partition(), partition, expected));
                }
            }
        }
    }

    // ---- payments and receipts

    private static Decoded invoice(InvoiceRecord record) {
        NodeId node = node(record.getEnvelope());
        Instant observedAt = Times.ofNanos(record.getEnvelope().getObservedAtNs());
        ReceiptState state =
                switch (record.getState()) {
                    case RECEIPT_STATE_OPEN -> ReceiptState.OPEN;
                    case RECEIPT_STATE_ACCEPTED -> ReceiptState.ACCEPTED;
                    case RECEIPT_STATE_SETTLED -> ReceiptState.SETTLED;
                    case RECEIPT_STATE_CANCELED -> ReceiptState.CANCELED;
                    case RECEIPT_STATE_UNSPECIFIED, UNRECOGNIZED ->
                            throw unknown("state", record.getStateValue());
                };
        boolean isSettled = state == ReceiptState.SETTLED;
        Msat received = Msat.of(isSettled ? record.getReceivedMsat() : 0);
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        for (ReceiptHtlc htlc : record.getHtlcsList()) {
            htlcs.put(
                    new Receipt.HtlcKey(htlc.getChanId(), htlc.getHtlcIndex()),
                    new Receipt.Htlc(
                            htlcState(htlc.getState()),
                            Msat.of(htlc.getAmountMsat()),
                            Msat.of(htlc.getTotalMsat()),
                            htlc.getAcceptedAt(),
                            htlc.getResolvedAt()));
        }
        Receipt receipt =
                new Receipt(
                        state,
                        new Receipt.Terms(
                                Instant.ofEpochSecond(record.getCreatedAt()),
                                Duration.ofSeconds(record.getExpirySeconds()),
                                Msat.of(record.getRequestedMsat())),
                        received,
                        isSettled ? Optional.of(received) : Optional.empty(),
                        isSettled
                                ? Times.ofSecondsUnlessZero(record.getSettledAt())
                                : Optional.empty(),
                        record.getIsAmpSet(),
                        record.getIsSpontaneous(),
                        record.getSettledSets(),
                        state == ReceiptState.CANCELED ? Optional.of(observedAt) : Optional.empty(),
                        htlcs);
        return Decoded.Statements.of(
                new Statement(
                        paymentKey(record.getPaymentHash().toByteArray()),
                        node.pubkey(),
                        observedAt,
                        item -> item.with(node, receipt)));
    }

    private static Decoded payment(PaymentRecord record) {
        NodeId node = node(record.getEnvelope());
        PaymentState state =
                switch (record.getState()) {
                    case PAYMENT_STATE_INITIATED -> PaymentState.INITIATED;
                    case PAYMENT_STATE_IN_FLIGHT -> PaymentState.IN_FLIGHT;
                    case PAYMENT_STATE_SUCCEEDED -> PaymentState.SUCCEEDED;
                    case PAYMENT_STATE_FAILED -> PaymentState.FAILED;
                    case PAYMENT_STATE_UNSPECIFIED, UNRECOGNIZED ->
                            throw unknown("state", record.getStateValue());
                };
        SortedMap<Long, Payment.Attempt> attempts = new TreeMap<>();
        for (PaymentAttempt attempt : record.getAttemptsList()) {
            attempts.put(
                    attempt.getAttemptId(),
                    new Payment.Attempt(
                            htlcState(attempt.getState()),
                            attempt.getChanId(),
                            Msat.of(attempt.getTotalMsat()),
                            Msat.of(attempt.getFeeMsat()),
                            Times.ofNanos(attempt.getSentAtNs()),
                            Times.ofNanosUnlessZero(attempt.getResolvedAtNs()),
                            attempt.getExpiryHeight()));
        }
        Payment payment =
                new Payment(
                        state,
                        Times.ofNanos(record.getCreatedAtNs()),
                        Msat.of(record.getAmountMsat()),
                        Msat.of(record.getFeeMsat()),
                        state.isTerminal()
                                ? Times.ofNanosUnlessZero(record.getResolvedAtNs())
                                : Optional.empty(),
                        attempts);
        return Decoded.Statements.of(
                new Statement(
                        paymentKey(record.getPaymentHash().toByteArray()),
                        node.pubkey(),
                        Times.ofNanos(record.getEnvelope().getObservedAtNs()),
                        item -> item.with(node, payment)));
    }

    private static ItemKey paymentKey(byte[] hash) {
        return ItemKey.ofPayment(HexFormat.of().formatHex(hash));
    }

    private static HtlcState htlcState(tallystick.proto.v1.HtlcState state) {
        return switch (state) {
            case HTLC_STATE_IN_FLIGHT -> HtlcState.IN_FLIGHT;
            case HTLC_STATE_SETTLED -> HtlcState.SETTLED;
            case HTLC_STATE_FAILED -> HtlcState.FAILED;
            case HTLC_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException(
                            "HTLC state: %s (expected: one this version knows)".formatted(state));
        };
    }

    // ---- what exists once per node

    private static Decoded forward(ForwardRecord record) {
        NodeId node = node(record.getEnvelope());
        String htlcIn =
                record.getHasHtlcId()
                        ? Long.toUnsignedString(record.getHtlcIdIn())
                        : "t" + record.getLegacyId().replace(':', '-');
        ItemKey key =
                ItemKey.of(
                        node,
                        new Reference.Forward(Long.toUnsignedString(record.getChanIdIn()), htlcIn));
        NodeFacts facts =
                new NodeFacts.Forward(
                        record.getChanIdIn(),
                        record.getChanIdOut(),
                        Msat.of(record.getAmountInMsat()),
                        Msat.of(record.getAmountOutMsat()),
                        Times.ofNanos(record.getSettledAtNs()));
        return Decoded.Statements.of(statement(key, record.getEnvelope(), facts));
    }

    private static Decoded channel(ChannelRecord record) {
        NodeId node = node(record.getEnvelope());
        Reference.Channel channel = Reference.Channel.ofPoint(record.getChannelPoint());
        NodeFacts.Channel facts =
                new NodeFacts.Channel(
                        stage(record),
                        Msat.ofSat(record.getCapacitySat()),
                        Msat.ofSat(record.getPushSat()),
                        record.getPushKnown(),
                        opener(record.getOpener()),
                        record.getClosingTxid());
        List<Statement> statements = new ArrayList<>();
        statements.add(statement(ItemKey.of(node, channel), record.getEnvelope(), facts));
        if (facts.opener() == NodeFacts.Channel.Opener.LOCAL
                && facts.stage() != NodeFacts.Channel.Stage.OPEN_FAILED
                && !facts.capacity().isZero()) {
            // The capacity leaves the wallet with the funding transaction, so it is that item's.
            statements.add(
                    statement(
                            ItemKey.of(node, new Reference.Tx(channel.txid())),
                            record.getEnvelope(),
                            funding(channel.point(), facts.capacity())));
        }
        List<NodeRepository.Alias> aliases = new ArrayList<>();
        addAlias(aliases, node, record.getChanId(), channel.point());
        record.getAliasChanIdsList()
                .forEach(alias -> addAlias(aliases, node, alias, channel.point()));
        return new Decoded.Statements(statements, aliases);
    }

    private static NodeFacts funding(String channelPoint, Msat capacity) {
        return new NodeFacts.ChainTx(
                false,
                0,
                NodeFacts.ChainTx.Standing.UNCONFIRMED,
                0,
                Instant.EPOCH,
                "",
                new TreeMap<>(Map.of(channelPoint, capacity)));
    }

    private static void addAlias(
            List<NodeRepository.Alias> aliases, NodeId node, long chanId, String point) {
        if (chanId != 0) {
            aliases.add(new NodeRepository.Alias(node.pubkey(), chanId, point));
        }
    }

    private static NodeFacts.Channel.Stage stage(ChannelRecord record) {
        return switch (record.getState()) {
            case CHANNEL_STATE_PENDING_OPEN -> NodeFacts.Channel.Stage.PENDING_OPEN;
            case CHANNEL_STATE_OPEN -> NodeFacts.Channel.Stage.OPEN;
            case CHANNEL_STATE_CLOSING -> NodeFacts.Channel.Stage.CLOSING;
            case CHANNEL_STATE_FORCE_CLOSING -> NodeFacts.Channel.Stage.FORCE_CLOSING;
            case CHANNEL_STATE_CLOSED -> NodeFacts.Channel.Stage.CLOSED;
            case CHANNEL_STATE_OPEN_FAILED -> NodeFacts.Channel.Stage.OPEN_FAILED;
            case CHANNEL_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw unknown("state", record.getStateValue());
        };
    }

    private static NodeFacts.Channel.Opener opener(Initiator initiator) {
        return switch (initiator) {
            case INITIATOR_LOCAL -> NodeFacts.Channel.Opener.LOCAL;
            case INITIATOR_REMOTE -> NodeFacts.Channel.Opener.REMOTE;
            case INITIATOR_UNSPECIFIED, INITIATOR_BOTH, UNRECOGNIZED ->
                    NodeFacts.Channel.Opener.UNKNOWN;
        };
    }

    private static Decoded chain(ChainRecord record) {
        NodeFacts.ChainTx.Standing standing =
                record.getIsConfirmed()
                        ? NodeFacts.ChainTx.Standing.CONFIRMED
                        : NodeFacts.ChainTx.Standing.UNCONFIRMED;
        NodeFacts facts =
                new NodeFacts.ChainTx(
                        true,
                        record.getChangeSat(),
                        record.getIsGone() ? NodeFacts.ChainTx.Standing.GONE : standing,
                        record.getBlockHeight(),
                        Instant.ofEpochSecond(record.getTime()),
                        record.getLabel(),
                        Collections.emptySortedMap());
        ItemKey key = ItemKey.of(node(record.getEnvelope()), new Reference.Tx(record.getTxid()));
        return Decoded.Statements.of(statement(key, record.getEnvelope(), facts));
    }

    private static Statement statement(ItemKey key, Envelope envelope, NodeFacts facts) {
        return new Statement(
                key,
                envelope.getNode(),
                Times.ofNanos(envelope.getObservedAtNs()),
                item -> item.with(facts));
    }

    private static Decoded balances(BalanceRecord record) {
        return new Decoded.Balances(
                new NodeRepository.Balance(
                        node(record.getEnvelope()).pubkey(),
                        Times.ofNanos(record.getEnvelope().getObservedAtNs()),
                        record.getChannelsLocalMsat(),
                        record.getUnsettledOutgoingMsat(),
                        Msat.ofSat(record.getWalletTotalSat()).value(),
                        record.getChannelsList().stream()
                                .map(
                                        channel ->
                                                new NodeRepository.ChannelBalance(
                                                        channel.getChannelPoint(),
                                                        channel.getCapacitySat(),
                                                        channel.getLocalSat(),
                                                        channel.getRemoteSat(),
                                                        channel.getCommitFeeSat(),
                                                        channel.getWeOpened(),
                                                        channel.getIsQuiet()))
                                .toList()));
    }

    private static Decoded coverage(CoverageRecord record, ConsumerRecord<byte[], byte[]> at)
            throws UndecodableException {
        NodeId unused = new NodeId(record.getNode());
        if (record.getPartition() != at.partition()) {
            throw new UndecodableException(
                    "coverage of %s: for partition %d (expected: %d, where it lies)"
                            .formatted(unused, record.getPartition(), at.partition()));
        }
        return new Decoded.Covered(record);
    }

    // ---- books

    private static Decoded entry(BookEntry message) {
        tallystick.ledger.books.BookEntry entry = bookEntry(message);
        return Decoded.Statements.of(
                new Statement(
                        entry.itemKey(),
                        entry.node().map(NodeId::pubkey).orElse(""),
                        entry.bookedAt(),
                        item -> item.with(entry)));
    }

    static tallystick.ledger.books.BookEntry bookEntry(BookEntry message) {
        return new tallystick.ledger.books.BookEntry(
                message.getEntryId(),
                message.getSource(),
                Times.ofNanos(message.getBookedAtNs()),
                LocalDate.parse(message.getValueDate()),
                kind(message),
                optional(message.getNode()).map(NodeId::new),
                Reference.parse(message.getReference()),
                Msat.of(message.getAmountMsat()),
                message.getAccount(),
                optional(message.getOrder()),
                optional(message.getReverses()),
                message.getMemo(),
                message.hasFeeLimitMsat()
                        ? Optional.of(Msat.of(message.getFeeLimitMsat()))
                        : Optional.empty());
    }

    private static EntryKind kind(BookEntry message) {
        return switch (message.getKind()) {
            case ENTRY_KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw unknown("kind", message.getKindValue());
            default ->
                    EntryKind.parse(
                            message.getKind()
                                    .name()
                                    .substring("ENTRY_KIND_".length())
                                    .toLowerCase(Locale.ROOT));
        };
    }

    private static Optional<String> optional(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static NodeId node(Envelope envelope) {
        return new NodeId(envelope.getNode());
    }

    private static IllegalArgumentException unknown(String field, int number) {
        return new IllegalArgumentException(
                "%s: number %d (expected: one this version knows)".formatted(field, number));
    }
}
