package tallystick.ingest.known;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.ingest.record.Digest;
import tallystick.ingest.record.NodeMessage;
import tallystick.ingest.record.NodeRecord;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.OpenReference;
import tallystick.proto.v1.PageSum;
import tallystick.proto.v1.Source;

class KnownFactsTest {
    private static final NodeId NODE = new NodeId("02" + "a1".repeat(32));

    /// One seed alone: `-Dseed=N`.
    static List<Long> seeds() {
        Long only = Long.getLong("seed");
        if (only != null) {
            return List.of(only);
        }
        List<Long> seeds = new ArrayList<>();
        for (long seed = 1; seed <= 100; seed++) {
            seeds.add(seed);
        }
        return seeds;
    }

    /// A node's invoices live on; streams lose, repeat and delay; lists are answered late and stop half-way; the process dies.
    /// After one undisturbed list the last that was published of each invoice is what the node has, and another list is no
    /// news.
    @ParameterizedTest
    @MethodSource("seeds")
    void oneListPutsEverythingRight(long seed) {
        var world = new World(new SplittableRandom(seed));
        for (int step = 0; step < 600; step++) {
            world.step();
        }

        world.deliverAll();
        world.list(world.snapshot(), world.arrival);

        String repeat =
                "repeat with: ./tallystick test -pl ingest -am -Dtest=KnownFactsTest -Dseed="
                        + seed;
        for (Invoice invoice : world.invoices.values()) {
            assertThat(world.published.get(invoice.getRHash()))
                    .as(repeat)
                    .isEqualTo(record(invoice).facts());
        }
        int before = world.publishedCount;
        world.list(world.snapshot(), world.arrival);
        assertThat(world.publishedCount).as(repeat).isEqualTo(before);
        assertThat(world.facts.openCount()).as(repeat).isEqualTo((int) world.openCount());
    }

    @Test
    void pageThatIsKnownIsNoNews() {
        var world = new World(new SplittableRandom(1));
        for (int i = 0; i < 250; i++) {
            world.add(Invoice.InvoiceState.OPEN);
        }
        world.listFresh();
        assertThat(world.publishedCount).isEqualTo(250);

        world.restart();
        world.list(world.snapshot(), world.arrival);

        assertThat(world.publishedCount).isEqualTo(250);
    }

    @Test
    void transactionThatIsGoneIsForgottenAfterADayOfBlocks() {
        var facts = new KnownFacts();
        ChainRecord mined =
                ChainRecord.newBuilder()
                        .setTxid("f6".repeat(32))
                        .setIsConfirmed(true)
                        .setBlockHeight(2_008)
                        .build();
        assertThat(facts.read(fact(mined), 0)).isTrue();
        facts.sweepBegan(0);
        assertThat(facts.missingTransactions()).containsExactly(mined);

        facts.transactionGone(fact(mined.toBuilder().setIsGone(true).build()), 2_010);
        facts.forgetGone(2_010 + Standing.BURIED_BLOCKS - 1);

        assertThat(facts.openCount()).isEqualTo(1);
        assertThat(facts.stoodOtherwise(fact(mined))).isTrue();
        facts.sweepBegan(0);
        assertThat(facts.missingTransactions()).isEmpty();
        assertThat(facts.missing(NodeList.CHAIN)).isEmpty();
        facts.forgetGone(2_010 + Standing.BURIED_BLOCKS);
        assertThat(facts.openCount()).isZero();
    }

    @Test
    void transactionStandsAsItDidUnderAnotherLabel() {
        var facts = new KnownFacts();
        ChainRecord sent = ChainRecord.newBuilder().setTxid("f6".repeat(32)).build();
        assertThat(facts.stoodOtherwise(fact(sent))).isFalse();
        assertThat(facts.read(fact(sent), 0)).isTrue();

        ChainRecord labelled = sent.toBuilder().setLabel("0:sweep").build();
        assertThat(facts.stoodOtherwise(fact(labelled))).isFalse();
        assertThat(facts.read(fact(labelled), 0)).isTrue();
        assertThat(facts.stoodOtherwise(fact(sent.toBuilder().setIsConfirmed(true).build())))
                .isTrue();
    }

    private static Fact fact(ChainRecord transaction) {
        return Fact.of(
                NODE,
                new NodeRecord(
                        Topic.CHAIN, NODE.pubkey(), transaction.getTxid(), "tx", transaction),
                new Fact.Observation(Instant.EPOCH, Source.SOURCE_SWEEP, 0, "", ByteString.EMPTY),
                2_010);
    }

    @Test
    void receiptThatGrewInSilenceIsFoundWithItsPageOnly() {
        var world = new World(new SplittableRandom(1));
        for (int i = 0; i < 250; i++) {
            world.add(Invoice.InvoiceState.OPEN);
            world.settle(i + 1);
        }
        world.listFresh();
        world.restart();
        int before = world.publishedCount;

        world.grow(120);
        world.list(world.snapshot(), world.arrival);

        assertThat(world.publishedCount - before).isEqualTo(100);
        assertThat(world.published.get(hash(120))).isEqualTo(world.facts(120));
    }

    @Test
    void stateThatNobodyKnowsIsNews() {
        var facts = new KnownFacts();
        Invoice open = Invoice.newBuilder().setRHash(hash(1)).setAddIndex(1).build();
        Invoice unknown = open.toBuilder().setStateValue(77).build();

        assertThat(facts.streamed(World.fact(open, Source.SOURCE_STREAM), 1)).isTrue();
        assertThat(facts.streamed(World.fact(unknown, Source.SOURCE_STREAM), 2)).isTrue();
        assertThat(facts.streamed(World.fact(open, Source.SOURCE_STREAM), 3)).isFalse();
    }

    private static NodeRecord record(Invoice invoice) {
        try {
            return NodeMessage.invoice(invoice.toByteString()).records(NODE).getFirst();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static ByteString hash(long number) {
        byte[] hash = new byte[32];
        for (int i = 0; i < 8; i++) {
            hash[i] = (byte) (number >> (8 * i));
        }
        return ByteString.copyFrom(hash);
    }

    /// A node, its stream and what is known of it.
    private static final class World {
        private final SplittableRandom random;
        private final Map<Long, Invoice> invoices = new TreeMap<>();
        private final List<Invoice> onItsWay = new ArrayList<>();
        private final Map<ByteString, InvoiceRecord> published = new HashMap<>();
        private final State state = new State();
        private KnownFacts facts = new KnownFacts();
        private int publishedCount;
        private long arrival;
        private long settles;

        World(SplittableRandom random) {
            this.random = random;
        }

        void step() {
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> add();
                case 4, 5, 6 -> settle(any());
                case 7 -> grow(any());
                case 8 -> deliver(random.nextInt(onItsWay.size() + 1));
                case 9 -> {
                    // A list that is answered while the stream goes on.
                    long asked = arrival;
                    deliver(random.nextInt(onItsWay.size() + 1));
                    List<Invoice> answer = snapshot();
                    add();
                    settle(any());
                    deliver(random.nextInt(onItsWay.size() + 1));
                    list(answer, asked);
                }
                case 10 -> {
                    if (random.nextInt(4) == 0) {
                        restart();
                    }
                }
                default -> {
                    if (random.nextInt(3) == 0) {
                        partOfAList();
                    }
                }
            }
        }

        void add() {
            add(random.nextInt(5) == 0 ? Invoice.InvoiceState.CANCELED : Invoice.InvoiceState.OPEN);
        }

        void add(Invoice.InvoiceState first) {
            long number = invoices.size() + 1L;
            tell(
                    Invoice.newBuilder()
                            .setRHash(hash(number))
                            .setAddIndex(number)
                            .setCreationDate(1_000 + number)
                            .setPaymentRequest("lnbcrt")
                            .setState(first)
                            .build(),
                    true);
        }

        void settle(long number) {
            Invoice invoice = invoices.get(number);
            if (invoice != null && invoice.getState() == Invoice.InvoiceState.OPEN) {
                tell(
                        invoice.toBuilder()
                                .setState(Invoice.InvoiceState.SETTLED)
                                .setSettleIndex(++settles)
                                .addHtlcs(part(1))
                                .build(),
                        true);
            }
        }

        /// Without a word on the stream.
        void grow(long number) {
            Invoice invoice = invoices.get(number);
            if (invoice != null && invoice.getState() == Invoice.InvoiceState.SETTLED) {
                tell(
                        invoice.toBuilder()
                                .setSettleIndex(++settles)
                                .addHtlcs(part(invoice.getHtlcsCount() + 1))
                                .build(),
                        false);
            }
        }

        long openCount() {
            return invoices.values().stream()
                    .filter(i -> i.getState() == Invoice.InvoiceState.OPEN)
                    .count();
        }

        Message facts(long number) {
            return record(requireNonNull(invoices.get(number))).facts();
        }

        List<Invoice> snapshot() {
            return List.copyOf(invoices.values());
        }

        void deliverAll() {
            deliver(onItsWay.size());
        }

        void list(List<Invoice> answer, long asked) {
            facts.sweepBegan(asked);
            KnownFacts.Listing listing = facts.listing(NodeList.INVOICES, 0);
            List<Fact> news = new ArrayList<>();
            for (Invoice invoice : answer) {
                listing.add(fact(invoice, Source.SOURCE_SWEEP), asked, news);
                if (!onItsWay.isEmpty()) {
                    meanwhile();
                }
                news.forEach(this::publish);
                news.clear();
            }
            listing.end(news);
            news.forEach(this::publish);
            state.take(facts);
        }

        /// Between two facts of a list streams go on, and single facts are asked for.
        private void meanwhile() {
            if (random.nextInt(20) == 0) {
                deliver(random.nextInt(onItsWay.size() + 1));
            }
            Invoice invoice = invoices.get(any());
            boolean isPending = invoice != null && invoice.getState() == Invoice.InvoiceState.OPEN;
            if (invoice != null && isPending && random.nextInt(20) == 0) {
                Fact fact = fact(invoice, Source.SOURCE_SWEEP);
                if (facts.read(fact, arrival)) {
                    publish(fact);
                }
            }
        }

        void listFresh() {
            list(snapshot(), arrival);
        }

        /// The process dies; what it had written to the state topic is there again.
        void restart() {
            onItsWay.clear();
            facts = state.restored();
        }

        private void partOfAList() {
            KnownFacts.Listing listing = facts.listing(NodeList.INVOICES, 0);
            List<Fact> news = new ArrayList<>();
            snapshot().stream()
                    .limit(random.nextInt(invoices.size() + 1))
                    .forEach(
                            invoice ->
                                    listing.add(fact(invoice, Source.SOURCE_SWEEP), arrival, news));
            news.forEach(this::publish);
            state.take(facts);
        }

        private void tell(Invoice invoice, boolean onStream) {
            invoices.put(invoice.getAddIndex(), invoice);
            if (onStream && random.nextInt(10) > 0) {
                onItsWay.add(invoice);
                if (random.nextInt(10) == 0) {
                    onItsWay.add(invoice);
                }
            }
        }

        private void deliver(int count) {
            for (Invoice invoice : List.copyOf(onItsWay.subList(0, count))) {
                Fact fact = fact(invoice, Source.SOURCE_STREAM);
                if (facts.streamed(fact, ++arrival)) {
                    publish(fact);
                }
            }
            onItsWay.subList(0, count).clear();
            state.take(facts);
        }

        private void publish(Fact fact) {
            published.put(
                    ((InvoiceRecord) fact.record().facts()).getPaymentHash(),
                    (InvoiceRecord) fact.record().facts());
            publishedCount++;
        }

        private long any() {
            return random.nextLong(invoices.size() + 1L);
        }

        private static Fact fact(Invoice invoice, Source source) {
            return Fact.of(
                    NODE,
                    record(invoice),
                    new Fact.Observation(Instant.EPOCH, source, 0, "", ByteString.EMPTY),
                    0);
        }

        private static InvoiceHTLC part(int index) {
            return InvoiceHTLC.newBuilder()
                    .setHtlcIndex(index)
                    .setAmtMsat(1_000)
                    .setState(InvoiceHTLCState.SETTLED)
                    .build();
        }
    }

    /// As the state topic keeps it.
    private static final class State implements KnownFacts.Changes {
        private final Map<NodeList, Map<Digest, OpenReference>> open =
                new EnumMap<>(NodeList.class);
        private final Map<NodeList, Map<Long, PageSum>> pages = new EnumMap<>(NodeList.class);

        void take(KnownFacts facts) {
            facts.takeChanges(this);
        }

        KnownFacts restored() {
            var facts = new KnownFacts();
            open.forEach((list, each) -> each.forEach((key, one) -> facts.restore(list, key, one)));
            pages.forEach(
                    (list, each) ->
                            each.forEach((number, one) -> facts.restore(list, number, one)));
            return facts;
        }

        @Override
        public void open(NodeList list, Digest key, @Nullable OpenReference value) {
            keep(open.computeIfAbsent(list, _ -> new HashMap<>()), key, value);
        }

        @Override
        public void page(NodeList list, long number, @Nullable PageSum value) {
            keep(pages.computeIfAbsent(list, _ -> new HashMap<>()), number, value);
        }

        private static <K, V> void keep(Map<K, V> map, K key, @Nullable V value) {
            if (value == null) {
                map.remove(key);
            } else {
                map.put(key, value);
            }
        }
    }
}
