package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnknownFieldSet;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.NodeRepository;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;

/// Turns Kafka records into statements about items. Whatever is wrong with a record is found here, before it can touch the
/// ledger.
final class RecordCodec {
    private final int partitions;

    RecordCodec(int partitions) {
        this.partitions = partitions;
    }

    int partitions() {
        return partitions;
    }

    Decoded decode(Topic topic, ConsumerRecord<byte[], byte[]> record) throws UndecodableException {
        try {
            Decoded decoded = said(topic, record);
            requireOwnPartition(decoded, record);
            return decoded;
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
            throw new UndecodableException(String.valueOf(e.getMessage()), e);
        }
    }

    /// What a record says, wherever it lies.
    static Decoded said(Topic topic, ConsumerRecord<byte[], byte[]> record)
            throws UndecodableException {
        return switch (topic) {
            case INVOICES -> invoice(known(parse(InvoiceRecord.parser(), record)));
            case PAYMENTS -> payment(known(parse(PaymentRecord.parser(), record)));
            case FORWARDS -> NodeFactsCodec.forward(known(parse(ForwardRecord.parser(), record)));
            case CHANNELS -> NodeFactsCodec.channel(known(parse(ChannelRecord.parser(), record)));
            case CHAIN -> NodeFactsCodec.chain(known(parse(ChainRecord.parser(), record)));
            case BALANCES -> balances(parse(BalanceRecord.parser(), record));
            case BOOKS -> entry(known(parse(BookEntry.parser(), record)));
            case COVERAGE -> coverage(parse(CoverageRecord.parser(), record));
            case DECISIONS -> decision(parse(Decision.parser(), record));
            case QUARANTINE -> RefusedRecords.fromTopic(record);
            case BOOKS_INBOX, MISMATCHES, MISMATCH_STATE, REPORTS, LEDGER_HEADS, INGEST_STATE ->
                    throw new IllegalStateException(
                            "topic: %s (expected: one that is reconciled)".formatted(topic));
        };
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

    /// A field that this version does not know may change what the others mean, so it is not left out where money is told.
    private static <T extends Message> T known(T message) {
        require(message);
        switch (message) {
            case InvoiceRecord invoice -> invoice.getHtlcsList().forEach(RecordCodec::require);
            case PaymentRecord payment -> payment.getAttemptsList().forEach(RecordCodec::require);
            case BookEntry entry -> entry.getReferencesList().forEach(RecordCodec::require);
            default -> {
                // Has no parts that move money.
            }
        }
        return message;
    }

    private static void require(Message message) {
        UnknownFieldSet unknown = message.getUnknownFields();
        if (!unknown.isEmpty()) {
            throw new UnknownException(
                    "%s: field %s (expected: those this version knows)"
                            .formatted(
                                    message.getDescriptorForType().getName(),
                                    new TreeSet<>(unknown.asMap().keySet())));
        }
    }

    /// Everything about one item must lie in one partition number, or two workers would hold it.
    private void requireOwnPartition(Decoded decoded, ConsumerRecord<byte[], byte[]> record)
            throws UndecodableException {
        switch (decoded) {
            case Decoded.Statements(var statements, var _) -> {
                for (Statement statement : statements) {
                    requireKey(RecordKeys.of(statement.key()), record);
                }
            }
            case Decoded.OfGroup(var decision) -> requireKey(decision.reference(), record);
            case Decoded.Balances(var balance) -> requireKey(balance.node(), record);
            case Decoded.Covered(var coverage) -> {
                // Its copies lie in every partition number, each for its own.
                if (coverage.getPartition() != record.partition()) {
                    throw new UndecodableException(
                            "coverage of %s: for partition %d (expected: %d, where it lies)"
                                    .formatted(
                                            coverage.getNode(),
                                            coverage.getPartition(),
                                            record.partition()));
                }
            }
        }
    }

    private void requireKey(String expected, ConsumerRecord<byte[], byte[]> record)
            throws UndecodableException {
        byte[] bytes = RecordKeys.bytes(expected);
        if (!Arrays.equals(bytes, record.key())) {
            requireSame(expected, record.key());
        }
        int partition = RecordKeys.partition(bytes, partitions);
        if (record.partition() != partition) {
            throw new UndecodableException(
                    "partition: %d (expected: %d for key %s)"
                            .formatted(record.partition(), partition, expected));
        }
    }

    private static void requireSame(String expected, byte @Nullable [] found)
            throws UndecodableException {
        String key = found == null ? "none" : new String(found, UTF_8);
        if (!expected.equals(key)) {
            throw new UndecodableException("key: %s (expected: %s)".formatted(key, expected));
        }
    }

    private static Decoded invoice(InvoiceRecord record) {
        NodeId node = node(record.getEnvelope());
        Receipt receipt = ReceiptCodec.decode(record);
        return Decoded.Statements.of(
                new Statement(
                        paymentKey(record.getPaymentHash().toByteArray()),
                        node.pubkey(),
                        Times.ofNanos(record.getEnvelope().getObservedAtNs()),
                        item -> item.with(node, receipt)));
    }

    private static Decoded payment(PaymentRecord record) {
        NodeId node = node(record.getEnvelope());
        Payment payment = PaymentCodec.decode(record);
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

    private static Decoded entry(BookEntry message) {
        tallystick.ledger.books.BookEntry entry = BookEntryCodec.decode(message);
        return Decoded.Statements.of(
                new Statement(
                        entry.itemKey(),
                        entry.node().map(NodeId::pubkey).orElse(""),
                        entry.bookedAt(),
                        item -> item.with(entry)));
    }

    private static Decoded decision(Decision message) {
        tallystick.ledger.decision.Decision decision = DecisionCodec.decode(message);
        if (GroupDecision.isGroup(message.getReference()) || decision.kind().isSignature()) {
            return new Decoded.OfGroup(GroupDecision.of(message.getReference(), decision));
        }
        ItemKey key = DecisionCodec.itemKey(message);
        String subject = Digests.hex(Digests.itemKey(key));
        if (decision.kind() == Kind.ERASE && !decision.mismatchId().equals(subject)) {
            throw new IllegalArgumentException(
                    "mismatch_id: %s (expected: %s, which names what is to be erased)"
                            .formatted(decision.mismatchId(), subject));
        }
        return Decoded.Statements.of(
                new Statement(
                        key,
                        message.getNode(),
                        decision.decidedAt(),
                        item -> item.with(decision),
                        Optional.of(decision)));
    }

    private static Decoded balances(BalanceRecord record) {
        return new Decoded.Balances(
                new NodeRepository.Balance(
                        node(record.getEnvelope()).pubkey(),
                        Times.ofNanos(record.getEnvelope().getObservedAtNs()),
                        Msat.of(record.getChannelsLocalMsat()).value(),
                        Msat.of(record.getUnsettledIncomingMsat()).value(),
                        Msat.of(record.getUnsettledOutgoingMsat()).value(),
                        Msat.ofSat(record.getWalletTotalSat()).value(),
                        Msat.ofSat(record.getWalletLockedSat()).value(),
                        record.getChannelsList().stream()
                                .map(
                                        channel ->
                                                new NodeRepository.ChannelBalance(
                                                        channel.getChannelPoint(),
                                                        checked(channel.getCapacitySat()),
                                                        checked(channel.getLocalSat()),
                                                        checked(channel.getRemoteSat()),
                                                        channel.getCommitFeeSat(),
                                                        channel.getWeOpened(),
                                                        channel.getIsQuiet(),
                                                        channel.getNumUpdates(),
                                                        channel.getPendingHtlcs()))
                                .toList()));
    }

    private static long checked(long sat) {
        return Msat.ofSat(sat).value() / Msat.PER_SAT;
    }

    private static Decoded coverage(CoverageRecord record) {
        return new Decoded.Covered(CoverageBook.checked(record));
    }

    static NodeId node(Envelope envelope) {
        return new NodeId(envelope.getNode());
    }

    static IllegalArgumentException unknown(String field, int number) {
        return new UnknownException(
                "%s: number %d (expected: one this version knows)".formatted(field, number));
    }
}
