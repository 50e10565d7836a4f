package tallystick.reconcile;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.CoverageRecord;
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
import tallystick.proto.v1.Stream;
import tallystick.proto.v1.TopicOffset;

/// What a record says, before it lies anywhere. Times are minutes of one day.
record Fact(Topic topic, String key, byte[] value) {
    static final NodeId NODE_A = new NodeId("02" + "a1".repeat(32));
    static final NodeId NODE_B = new NodeId("03" + "b2".repeat(32));
    static final NodeId NODE_C = new NodeId("02" + "c3".repeat(32));
    static final Instant DAY = Instant.parse("2026-03-02T00:00:00Z");

    private static final Map<Stream, Topic> READ =
            new TreeMap<>(
                    Map.of(
                            Stream.STREAM_INVOICES, Topic.INVOICES,
                            Stream.STREAM_PAYMENTS, Topic.PAYMENTS,
                            Stream.STREAM_FORWARDS, Topic.FORWARDS));
    private static final Map<Stream, Topic> ALL =
            new TreeMap<>(
                    Map.of(
                            Stream.STREAM_INVOICES, Topic.INVOICES,
                            Stream.STREAM_PAYMENTS, Topic.PAYMENTS,
                            Stream.STREAM_FORWARDS, Topic.FORWARDS,
                            Stream.STREAM_CHANNELS, Topic.CHANNELS,
                            Stream.STREAM_CHAIN, Topic.CHAIN,
                            Stream.STREAM_BALANCES, Topic.BALANCES));
    private static final long CHANNEL = 871_234_567_890L;

    static Instant at(int minute) {
        return DAY.plus(Duration.ofMinutes(minute));
    }

    static String hash(int number) {
        return "%064x".formatted(0xabc0_0000L + number);
    }

    /// A settled invoice of one HTLC for the whole amount.
    static Fact settled(NodeId node, int hash, long msat, int minute) {
        return of(
                Topic.INVOICES,
                hash,
                invoice(node, hash, msat, minute)
                        .setState(ReceiptState.RECEIPT_STATE_SETTLED)
                        .setReceivedMsat(msat)
                        .setSettledAt(at(minute).getEpochSecond())
                        .addHtlcs(
                                ReceiptHtlc.newBuilder()
                                        .setChanId(CHANNEL)
                                        .setHtlcIndex(hash)
                                        .setAmountMsat(msat)
                                        .setTotalMsat(msat)
                                        .setState(HtlcState.HTLC_STATE_SETTLED)
                                        .setAcceptedAt(at(minute).getEpochSecond())
                                        .setResolvedAt(at(minute).getEpochSecond()))
                        .build());
    }

    static Fact invoiced(NodeId node, int hash, long msat, int minute, ReceiptState state) {
        return of(Topic.INVOICES, hash, invoice(node, hash, msat, minute).setState(state).build());
    }

    private static InvoiceRecord.Builder invoice(NodeId node, int hash, long msat, int minute) {
        return InvoiceRecord.newBuilder()
                .setEnvelope(envelope(node, minute))
                .setPaymentHash(bytes(hash))
                .setRequestedMsat(msat)
                .setCreatedAt(at(minute).minusSeconds(60).getEpochSecond())
                .setExpirySeconds(86_400);
    }

    static Fact paid(NodeId node, int hash, long msat, long fee, int minute, PaymentState state) {
        boolean isDone = state == PaymentState.PAYMENT_STATE_SUCCEEDED;
        long nanos = Times.nanos(at(minute));
        PaymentRecord.Builder record =
                PaymentRecord.newBuilder()
                        .setEnvelope(envelope(node, minute))
                        .setPaymentHash(bytes(hash))
                        .setState(state)
                        .setAmountMsat(msat)
                        .setFeeMsat(isDone ? fee : 0)
                        .setCreatedAtNs(nanos);
        PaymentAttempt.Builder attempt =
                PaymentAttempt.newBuilder()
                        .setAttemptId(hash)
                        .setChanId(CHANNEL)
                        .setTotalMsat(msat + fee)
                        .setFeeMsat(fee)
                        .setSentAtNs(nanos)
                        .setState(
                                isDone
                                        ? HtlcState.HTLC_STATE_SETTLED
                                        : HtlcState.HTLC_STATE_IN_FLIGHT);
        if (isDone) {
            record.setResolvedAtNs(nanos + 1_000);
            attempt.setResolvedAtNs(nanos + 1_000);
        }
        return of(Topic.PAYMENTS, hash, record.addAttempts(attempt).build());
    }

    /// A payment under way, whose failure is final only after the given block.
    static Fact underWay(NodeId node, int hash, long msat, int minute, int expiryHeight) {
        long nanos = Times.nanos(at(minute));
        return of(
                Topic.PAYMENTS,
                hash,
                PaymentRecord.newBuilder()
                        .setEnvelope(envelope(node, minute))
                        .setPaymentHash(bytes(hash))
                        .setState(PaymentState.PAYMENT_STATE_IN_FLIGHT)
                        .setAmountMsat(msat)
                        .setCreatedAtNs(nanos)
                        .addAttempts(
                                PaymentAttempt.newBuilder()
                                        .setAttemptId(hash)
                                        .setChanId(CHANNEL)
                                        .setTotalMsat(msat)
                                        .setSentAtNs(nanos)
                                        .setExpiryHeight(expiryHeight)
                                        .setState(HtlcState.HTLC_STATE_IN_FLIGHT))
                        .build());
    }

    /// A receipt that is held until the given block.
    static Fact held(NodeId node, int hash, long msat, int minute, int expiryHeight) {
        return of(
                Topic.INVOICES,
                hash,
                invoice(node, hash, msat, minute)
                        .setState(ReceiptState.RECEIPT_STATE_ACCEPTED)
                        .addHtlcs(
                                ReceiptHtlc.newBuilder()
                                        .setChanId(CHANNEL)
                                        .setHtlcIndex(hash)
                                        .setAmountMsat(msat)
                                        .setTotalMsat(msat)
                                        .setExpiryHeight(expiryHeight)
                                        .setState(HtlcState.HTLC_STATE_IN_FLIGHT)
                                        .setAcceptedAt(at(minute).getEpochSecond()))
                        .build());
    }

    /// A forward that earned the fee.
    static Fact forwarded(NodeId node, int htlc, long fee, int minute) {
        ItemKey key =
                ItemKey.of(
                        node,
                        new Reference.Forward(
                                Long.toUnsignedString(CHANNEL), String.valueOf(htlc)));
        return new Fact(
                Topic.FORWARDS,
                RecordKeys.of(key),
                ForwardRecord.newBuilder()
                        .setEnvelope(envelope(node, minute))
                        .setChanIdIn(CHANNEL)
                        .setChanIdOut(CHANNEL + 1)
                        .setHtlcIdIn(htlc)
                        .setHasHtlcId(true)
                        .setAmountInMsat(100_000 + fee)
                        .setAmountOutMsat(100_000)
                        .setSettledAtNs(Times.nanos(at(minute)))
                        .build()
                        .toByteArray());
    }

    /// Income under a forward, or under the forwards of the day.
    static BookEntry.Builder income(
            String id, NodeId node, String reference, long msat, int minute) {
        return entry(id, EntryKind.ENTRY_KIND_ROUTING_INCOME, 0, msat, minute)
                .setNode(node.pubkey())
                .setReference(reference);
    }

    static String forward(int htlc) {
        return "forward:" + CHANNEL + ":" + htlc;
    }

    static String forwardsOf(NodeId node) {
        return "forwards:" + node.pubkey() + ":" + LocalDate.ofInstant(DAY, ZoneOffset.UTC);
    }

    static BookEntry.Builder entry(String id, EntryKind kind, int hash, long msat, int minute) {
        return BookEntry.newBuilder()
                .setEntryId(id)
                .setSource("erp")
                .setBookedAtNs(Times.nanos(at(minute)))
                .setValueDate(LocalDate.ofInstant(at(minute), ZoneOffset.UTC).toString())
                .setKind(kind)
                .setReference("payment_hash:" + hash(hash))
                .setAmountMsat(msat)
                .setAccount("trade");
    }

    static Fact booked(BookEntry.Builder entry) {
        ItemKey key =
                ItemKey.of(
                        Reference.parse(entry.getReference()),
                        java.util.Optional.of(entry.getNode())
                                .filter(node -> !node.isEmpty())
                                .map(NodeId::new));
        return new Fact(Topic.BOOKS, RecordKeys.of(key), entry.build().toByteArray());
    }

    static Fact booked(String id, EntryKind kind, int hash, long msat, int minute) {
        return booked(entry(id, kind, hash, msat, minute));
    }

    /// All of a node's receipts, payments and forwards up to the given minute lie in the log as it is now.
    static void cover(FakeLog log, NodeId node, int minute) {
        cover(log, node, minute, 0, 0);
    }

    /// @param height of the chain, as the node sees it; 0 when it does not say
    /// @param later so many records are counted in of each topic that are yet to come
    static void cover(FakeLog log, NodeId node, int minute, int height, int later) {
        cover(READ, log, node, minute, height, later);
    }

    /// Its channels and its wallet too; as an ingestor does, each copy names how far all of these topics must be read.
    static void coverAll(FakeLog log, NodeId node, int minute, int height) {
        cover(ALL, log, node, minute, height, 0);
    }

    private static void cover(
            Map<Stream, Topic> streams,
            FakeLog log,
            NodeId node,
            int minute,
            int height,
            int later) {
        for (int partition = 0; partition < FakeLog.PARTITIONS; partition++) {
            for (Map.Entry<Stream, Topic> read : streams.entrySet()) {
                Stream stream = read.getKey();
                Topic topic = read.getValue();
                CoverageRecord record =
                        CoverageRecord.newBuilder()
                                .setNode(node.pubkey())
                                .setStream(stream)
                                .setProvenUntilNs(Times.nanos(at(minute)))
                                .setSeenAtNs(Times.nanos(at(minute)))
                                .setBlockHeight(height)
                                .setPartition(partition)
                                .setAlias("node")
                                .addAllBelow(below(streams, log, topic, partition, later))
                                .build();
                log.append(
                        Topic.COVERAGE,
                        partition,
                        RecordKeys.bytes(node.pubkey()),
                        record.toByteArray());
            }
        }
    }

    private static List<TopicOffset> below(
            Map<Stream, Topic> streams, FakeLog log, Topic topic, int partition, int later) {
        Collection<Topic> topics = streams.equals(ALL) ? ALL.values() : List.of(topic);
        return topics.stream()
                .map(
                        one ->
                                TopicOffset.newBuilder()
                                        .setTopic(FakeLog.name(one))
                                        .setEndOffset(
                                                log.end(one, partition)
                                                        + (one == topic ? later : 0))
                                        .build())
                .toList();
    }

    private static Fact of(Topic topic, int hash, Message message) {
        return new Fact(topic, hash(hash), message.toByteArray());
    }

    private static ByteString bytes(int hash) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hash(hash)));
    }

    private static Envelope envelope(NodeId node, int minute) {
        return Envelope.newBuilder()
                .setNode(node.pubkey())
                .setObservedAtNs(Times.nanos(at(minute)))
                .build();
    }
}
