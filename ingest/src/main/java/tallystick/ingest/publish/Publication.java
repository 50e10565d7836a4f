package tallystick.ingest.publish;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.known.Fact;
import tallystick.ingest.known.KnownFacts;
import tallystick.ingest.known.NodeList;
import tallystick.ingest.record.ChainRecords;
import tallystick.ingest.record.InvoiceRecords;
import tallystick.ingest.record.NodeMessage;
import tallystick.ingest.record.NodeRecord;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.ReceiptState;
import tallystick.proto.v1.Source;

/// What becomes of what a node says: which of it is news, how far the node has been read with it, and whether its indexes
/// still mean what they meant. Pure but for its own state. One thread.
final class Publication {
    private static final Logger LOG = LoggerFactory.getLogger(Publication.class);

    private final RecordWriter writer;
    private final KnownFacts facts;
    private final Cursors cursors;
    private final Map<NodeList, KnownFacts.Listing> listings = new HashMap<>();
    private final Announced announced = new Announced();
    private NodeIdentity node;

    /// The latest message that had come from a stream when the sweep began.
    private long sweepAsked;

    /// How far settlements were read when the sweep began: an older one that was not known is none that was missed.
    private long settledBefore;

    /// From the sign of renumbered indexes to the next connection, what is listed counts for nothing.
    private boolean isStale;

    private @Nullable String sign;
    private List<CoverageGap> gaps = List.of();
    private final Map<NodePublisher.Kind, Integer> counts = new HashMap<>();

    Publication(NodeIdentity node, RecordWriter writer, KnownFacts facts, NodeCursors stored) {
        this.node = node;
        this.writer = writer;
        this.facts = facts;
        this.cursors = new Cursors(stored);
    }

    NodeIdentity node() {
        return node;
    }

    Cursors cursors() {
        return cursors;
    }

    KnownFacts facts() {
        return facts;
    }

    /// What was to be written since the last call.
    Map<NodePublisher.Kind, Integer> takeCounts() {
        Map<NodePublisher.Kind, Integer> taken = Map.copyOf(counts);
        counts.clear();
        return taken;
    }

    /// Of the sweep that began or ended last: the gaps that it found, or what became of them.
    List<CoverageGap> gaps() {
        return gaps;
    }

    /// Whether what the present connection lists counts for nothing, because indexes were renumbered.
    boolean isStale() {
        return isStale;
    }

    /// What shows that indexes were renumbered, once.
    Optional<String> takeSign() {
        Optional<String> taken = Optional.ofNullable(sign);
        sign = null;
        return taken;
    }

    /// @param records gets what is to be written
    void apply(QueueItem item, List<ProducerRecord<byte[], byte[]>> records) {
        switch (item) {
            case QueueItem.Connected connected -> {
                node = connected.node();
                isStale = false;
                listings.clear();
                facts.sweepIsOver();
            }
            case QueueItem.Streamed streamed -> streamed(streamed, records);
            case QueueItem.Renumbered renumbered -> renumbered(renumbered.sign());
            case QueueItem.ListEnded ended when isStale -> ended.missing().complete(List.of());
            default -> {
                if (!isStale) {
                    swept(item, records);
                }
            }
        }
    }

    private void swept(QueueItem item, List<ProducerRecord<byte[], byte[]>> records) {
        switch (item) {
            case QueueItem.SweepBegan began -> {
                listings.clear();
                sweepAsked = began.asked();
                facts.sweepBegan(sweepAsked);
                settledBefore = cursors.settleCursor();
                gaps = cursors.sweepBegan(began.isRescan(), began.blockHeight(), began.isSynced());
            }
            case QueueItem.ListBegan began ->
                    listings.put(began.list(), facts.listing(began.list(), began.fromPage()));
            case QueueItem.Listed listed -> listed(listed, records);
            case QueueItem.ListEnded ended -> listEnded(ended, records);
            case QueueItem.Absent absent -> absent(absent, records);
            case QueueItem.SweepEnded ended -> {
                gaps = cursors.sweepEnded(ended.began(), ended.took());
                facts.sweepIsOver();
            }
            case QueueItem.Connected _,
                    QueueItem.Streamed _,
                    QueueItem.Renumbered _,
                    QueueItem.Marker _ -> {
                // Not of a sweep.
            }
        }
    }

    private void streamed(
            QueueItem.Streamed streamed, List<ProducerRecord<byte[], byte[]>> records) {
        for (Fact fact :
                factsOf(streamed.message(), Source.SOURCE_STREAM, streamed.at(), records)) {
            if (fact.list() == NodeList.CHAIN) {
                if (!facts.isOpen(fact)) {
                    announced.add(fact, streamed.arrival());
                }
                continue;
            }
            if (!isStale) {
                cursors.streamed(fact.record().facts());
            }
            if (!isPart(fact) && facts.streamed(fact, streamed.arrival())) {
                write(fact, records);
            }
        }
    }

    /// A stream tells of an AMP invoice with the one set that was just settled: of the invoice itself that is a part only.
    private static boolean isPart(Fact fact) {
        return fact.record().facts() instanceof InvoiceRecord invoice
                && invoice.getSettledSets() > 0;
    }

    private void listed(QueueItem.Listed listed, List<ProducerRecord<byte[], byte[]>> records) {
        boolean isInPages = listed.reading() == QueueItem.Reading.IN_PAGES;
        for (NodeMessage message : listed.messages()) {
            List<Fact> news = new ArrayList<>();
            KnownFacts.Listing sets = facts.answer(NodeList.AMP_SETS);
            for (Fact fact : factsOf(message, Source.SOURCE_SWEEP, listed.at(), records)) {
                if (noticeRenumbering(fact)) {
                    return;
                }
                cursors.listed(fact.record().facts(), isInPages);
                announced.listed(fact);
                KnownFacts.Listing pages = listings.get(fact.list());
                if (fact.list() == NodeList.AMP_SETS) {
                    // Each answer holds all sets of an invoice.
                    sets.add(fact, listed.asked(), news);
                } else if (isInPages && pages != null) {
                    pages.add(fact, listed.asked(), news);
                } else if (facts.read(fact, listed.asked())) {
                    news.add(fact);
                }
            }
            sets.completeAll(news);
            write(news, records);
        }
    }

    private void listEnded(
            QueueItem.ListEnded ended, List<ProducerRecord<byte[], byte[]>> records) {
        List<Fact> news = new ArrayList<>();
        KnownFacts.Listing pages = listings.remove(ended.list());
        if (pages != null) {
            pages.end(news);
        }
        write(news, records);
        if (ended.list() == NodeList.CHAIN && cursors.isWalletCurrent()) {
            transactionsGone(ended.at(), records);
        } else if (ended.list() == NodeList.CHANNELS) {
            facts.forgetMissing(NodeList.CHANNELS);
        }
        ended.missing().complete(facts.missing(ended.list()));
    }

    /// Transactions that were unconfirmed or fresh and are listed no more were replaced, or left with their block; some that a
    /// stream told of were never listed.
    private void transactionsGone(Instant at, List<ProducerRecord<byte[], byte[]>> records) {
        for (Fact neverListed : announced.takeLacking(sweepAsked)) {
            write(neverListed, records);
            transactionGone((ChainRecord) neverListed.record().facts(), at, records);
        }
        for (ChainRecord last : facts.missingTransactions()) {
            transactionGone(last, at, records);
        }
        facts.forgetGone(cursors.chainHeight());
    }

    private void transactionGone(
            ChainRecord last, Instant at, List<ProducerRecord<byte[], byte[]>> records) {
        Fact gone = absent(ChainRecords.gone(node.id(), last), at);
        facts.transactionGone(gone, cursors.chainHeight());
        write(gone.asChange(), records);
    }

    private void absent(QueueItem.Absent absent, List<ProducerRecord<byte[], byte[]>> records) {
        if (absent.list() == NodeList.INVOICES) {
            // A node deletes no invoices but canceled ones.
            Fact deleted =
                    absent(
                            InvoiceRecords.deleted(absent.what().hash(), absent.what().index()),
                            absent.at());
            facts.gone(deleted.key(), deleted.list());
            write(deleted, records);
        } else {
            // How it ended cannot be known any more.
            LOG.atWarn()
                    .addKeyValue("node", node.id())
                    .addKeyValue("list", absent.list())
                    .log(
                            "index {} was deleted at the node before its end was read",
                            Long.toUnsignedString(absent.what().index()));
            facts.gone(absent.what().key(), absent.list());
        }
    }

    /// A fact that shows by being absent: no message of the node says it, and no list will.
    private Fact absent(NodeRecord record, Instant at) {
        var observation =
                new Fact.Observation(
                        at, Source.SOURCE_SWEEP, cursors.indexEpoch(), "", ByteString.EMPTY);
        return Fact.of(node.id(), record, observation, cursors.chainHeight());
    }

    private void write(List<Fact> news, List<ProducerRecord<byte[], byte[]>> records) {
        news.forEach(fact -> write(fact, records));
    }

    private void write(Fact fact, List<ProducerRecord<byte[], byte[]>> records) {
        records.add(writer.record(node, fact));
        boolean isStreamed = fact.observation().source() == Source.SOURCE_STREAM;
        counts.merge(
                new NodePublisher.Kind(fact.list().label(), isStreamed ? "stream" : "sweep"),
                1,
                Integer::sum);
    }

    // --- renumbering

    /// Two signs that a node's indexes are not those of before: one fact with two indexes, or a settlement that was never
    /// told although all up to its number had been.
    private boolean noticeRenumbering(Fact fact) {
        Optional<Long> before = facts.openIndex(fact);
        if (before.isEmpty()) {
            return false;
        }
        if (before.get() != fact.index()) {
            renumbered(
                    "%s was index %s and is %s"
                            .formatted(
                                    fact.record().subject(),
                                    Long.toUnsignedString(before.get()),
                                    Long.toUnsignedString(fact.index())));
            return true;
        }
        if (fact.record().facts() instanceof InvoiceRecord invoice
                && invoice.getState() == ReceiptState.RECEIPT_STATE_SETTLED
                && invoice.getSettleIndex() > 0
                && invoice.getSettleIndex() <= settledBefore) {
            renumbered(
                    "%s was settled as %d, and settlements up to %d had been read"
                            .formatted(
                                    fact.record().subject(),
                                    invoice.getSettleIndex(),
                                    settledBefore));
            return true;
        }
        return false;
    }

    private void renumbered(String shown) {
        cursors.raiseEpoch();
        facts.forgetPlaces();
        listings.clear();
        isStale = true;
        sign = shown;
    }

    // --- facts

    private List<Fact> factsOf(
            NodeMessage message,
            Source source,
            Instant at,
            List<ProducerRecord<byte[], byte[]>> records) {
        var observation =
                new Fact.Observation(
                        at, source, cursors.indexEpoch(), message.type(), message.bytes());
        List<Fact> read = new ArrayList<>();
        try {
            for (NodeRecord record : message.records(node.id())) {
                Fact fact = Fact.of(node.id(), record, observation, cursors.chainHeight());
                read.add(facts.stoodOtherwise(fact) ? fact.asChange() : fact);
            }
            return read;
        } catch (InvalidProtocolBufferException
                | IllegalArgumentException
                | ArithmeticException e) {
            String reason = String.valueOf(e.getMessage());
            writer.quarantined(node, message, at, reason).ifPresent(records::add);
            return List.of();
        }
    }
}
