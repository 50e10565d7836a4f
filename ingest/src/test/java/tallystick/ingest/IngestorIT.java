package tallystick.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ingest.publish.FakeKafka;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelCommitUpdate;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.ReceiptState;
import tallystick.proto.v1.Source;
import tallystick.proto.v1.Stream;
import tallystick.proto.v1.TopicOffset;

class IngestorIT {
    private static final String ALICE = "02" + "a1".repeat(32);
    private static final String BOB = "03" + "b2".repeat(32);
    private static final Instant NOW = Instant.parse("2026-11-23T00:10:00.000000007Z");
    private static final String INVOICES = "/lnrpc.Lightning/SubscribeInvoices";
    private static final Duration FAR = Duration.ofDays(365);
    private static final Duration SECOND_SWEEP = Duration.ofSeconds(30);

    private final TopicSettings topics = TopicSettings.defaults();
    private final FakeKafka kafka = new FakeKafka(topics);
    private final BlockingQueue<NodeStatus> statuses = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final CountDownLatch refusedRetry = new CountDownLatch(1);

    @TempDir private Path directory;
    private FakeLnd lnd;
    private volatile Instant now = NOW;

    @BeforeEach
    void startNode() {
        lnd = node("alice", ALICE);
    }

    @AfterEach
    void closeAll() throws Exception {
        kafka.resume();
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void publishesListsAndStreams() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        Ingestor ingestor = started(config());
        lnd.awaitSubscription();

        lnd.invoices.add(open(2));
        lnd.send(open(2));
        kafka.await(k -> k.committed(Topic.INVOICES).size() == 2);
        sweep(ingestor);

        assertThat(kafka.committed(Topic.INVOICES, InvoiceRecord.parser()))
                .extracting(r -> r.getEnvelope().getSource())
                .containsExactlyInAnyOrder(Source.SOURCE_SWEEP, Source.SOURCE_STREAM);
        InvoiceRecord listed = record(1);
        assertThat(listed.getReceivedMsat()).isEqualTo(21_000);
        assertThat(listed.getEnvelope().getNode()).isEqualTo(ALICE);
        assertThat(listed.getEnvelope().getNodeVersion()).isEqualTo("0.21.2-beta");
        assertThat(listed.getEnvelope().getNodeMessage())
                .isEqualTo(settled(1, 21_000).toByteString());
        assertThat(listed.getEnvelope().getObservedAtNs()).isEqualTo(nanos(NOW));
        assertThat(ingestor.taken("alice", INVOICES)).isEqualTo(1);
        assertThat(ingestor.statuses())
                .containsExactly(new NodeStatus("alice", Optional.of(ALICE), NodeState.LIVE, ""));
    }

    @Test
    void putsEachRecordWhereItsKeyBelongs() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        lnd.channels.add(Channel.newBuilder().setChannelPoint("c4".repeat(32) + ":1").build());

        sweep(started(config()));

        for (Topic topic : List.of(Topic.INVOICES, Topic.CHANNELS, Topic.BALANCES)) {
            ProducerRecord<byte[], byte[]> record = kafka.committed(topic).getFirst();
            assertThat(record.partition())
                    .isEqualTo(RecordKeys.partition(record.key(), topics.partitions()));
            assertThat(header(record, "ce_source")).isEqualTo("/nodes/" + ALICE);
            assertThat(header(record, "ce_type")).isEqualTo(topic.messageType());
            assertThat(header(record, "ce_id")).hasSize(32);
        }
    }

    @Test
    void datesBalancesWithWhatTheyAreHeldAgainst() throws Exception {
        lnd.channels.add(Channel.newBuilder().setChannelPoint("c4".repeat(32) + ":1").build());
        lnd.transactions.add(Transaction.newBuilder().setTxHash("d5".repeat(32)).build());
        lnd.onClosedChannels(() -> now = NOW.plusSeconds(90)); // Its answer takes long.

        sweep(started(config()));

        for (Topic topic : List.of(Topic.CHANNELS, Topic.CHAIN, Topic.BALANCES)) {
            assertThat(header(kafka.committed(topic).getFirst(), "ce_time"))
                    .as(topic.name())
                    .isEqualTo(NOW.toString());
        }
    }

    @Test
    void announcesNodeThenProvesEveryStreamInEveryPartition() throws Exception {
        lnd.invoices.add(settled(1, 21_000));

        sweep(started(config()));

        List<CoverageRecord> coverage = kafka.committed(Topic.COVERAGE, CoverageRecord.parser());
        assertThat(coverage.getFirst().getProvenUntilNs()).isZero();
        List<CoverageRecord> proofs =
                coverage.stream().filter(c -> c.getProvenUntilNs() > 0).toList();
        // The first sweep and the one asked for: six streams in four partitions each; one may have
        // served both.
        assertThat(proofs).hasSizeGreaterThanOrEqualTo(24);
        for (CoverageRecord proof : proofs) {
            Instant expected =
                    proof.getStream() == Stream.STREAM_FORWARDS ? NOW.minusSeconds(30) : NOW;
            assertThat(proof.getProvenUntilNs()).isEqualTo(nanos(expected));
            assertThat(proof.getBlockHeight()).isEqualTo(144);
            assertThat(proof.getBelowList()).hasSize(9);
        }
        assertThat(proofs.stream().map(CoverageRecord::getPartition).distinct())
                .containsExactlyInAnyOrder(0, 1, 2, 3);
        assertThat(below(proofs, Topic.INVOICES)).isEqualTo(1);
    }

    @Test
    void unchangedSweepPublishesNothing() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        lnd.transactions.add(transaction("e5", 0));
        Ingestor ingestor = started(config());
        sweep(ingestor);
        long before = withoutCoverage();

        sweep(ingestor);
        sweep(ingestor);

        assertThat(withoutCoverage()).isEqualTo(before);
    }

    @Test
    void invoiceThatGrewIsPublishedAgain() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        Ingestor ingestor = started(config());
        sweep(ingestor);

        lnd.invoices.set(0, settled(1, 43_000));
        sweep(ingestor);

        assertThat(kafka.committed(Topic.INVOICES, InvoiceRecord.parser()))
                .extracting(InvoiceRecord::getReceivedMsat)
                .containsExactly(21_000L, 43_000L);
    }

    /// A restart knows what is published: nothing is written twice.
    @Test
    void startAgainPublishesNothingThatIsKnown() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        lnd.invoices.add(open(2));
        lnd.transactions.add(transaction("e5", 0));
        lnd.forwards.add(ForwardingEvent.newBuilder().setTimestampNs(5_000_000_000_000L).build());
        Ingestor first = started(config());
        sweep(first);
        first.close();
        long before = withoutCoverage();

        sweep(started(config()));

        assertThat(withoutCoverage()).isEqualTo(before);
    }

    /// An old invoice that was settled while nobody listened is above no cursor: its absence among the open ones shows it.
    @Test
    void shortSweepAsksForWhatIsNoLongerPending() throws Exception {
        for (int i = 1; i <= 1_500; i++) {
            lnd.invoices.add(i == 7 ? open(i) : settled(i, 1_000L * i));
        }
        Ingestor first = started(config());
        sweep(first);
        first.close();

        lnd.invoices.set(6, settled(7, 7_000).toBuilder().setSettleIndex(1_501).build());
        lnd.lookups.clear();
        lnd.invoicePages.set(0);
        statuses.clear();
        Ingestor second = started(config());
        awaitStatus(s -> s.state() == NodeState.LIVE);

        assertThat(record(7).getState()).isEqualTo(ReceiptState.RECEIPT_STATE_SETTLED);
        assertThat(lnd.lookups).contains(hash(7));
        // The overlap of a thousand and some, and what is pending; not all from the beginning.
        assertThat(lnd.invoicePages.get()).isLessThan(7);
        second.close();
    }

    @Test
    void openInvoiceThatTheNodeDeletedWasCanceled() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        lnd.invoices.add(open(2));
        Ingestor ingestor = started(config());
        sweep(ingestor);

        lnd.invoices.removeLast();
        sweep(ingestor);
        sweep(ingestor);

        assertThat(kafka.committed(Topic.INVOICES, InvoiceRecord.parser()))
                .filteredOn(r -> r.getPaymentHash().equals(hash(2)))
                .extracting(InvoiceRecord::getState)
                .containsExactly(
                        ReceiptState.RECEIPT_STATE_OPEN, ReceiptState.RECEIPT_STATE_CANCELED);
    }

    /// After a migration of the node's database settlements are counted from 1 again, and an old cursor mutes the stream.
    @Test
    void renumberedIndexesRaiseTheEpochAndEverythingIsReadAgain() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        lnd.invoices.add(settled(2, 22_000));
        lnd.invoices.add(open(3));
        Ingestor ingestor = started(config());
        lnd.awaitSubscription();
        sweep(ingestor);
        sweep(ingestor);

        lnd.invoices.set(2, settled(3, 23_000).toBuilder().setSettleIndex(1).build());
        sweep(ingestor);

        InvoiceSubscription again = lnd.awaitSubscription();
        assertThat(again).isEqualTo(InvoiceSubscription.getDefaultInstance());
        List<InvoiceRecord> records = kafka.committed(Topic.INVOICES, InvoiceRecord.parser());
        assertThat(records)
                .filteredOn(r -> r.getEnvelope().getIndexEpoch() == 1)
                .extracting(InvoiceRecord::getReceivedMsat)
                .contains(21_000L, 22_000L, 23_000L);
        assertThat(kafka.committed(Topic.COVERAGE, CoverageRecord.parser()).getLast())
                .extracting(CoverageRecord::getIndexEpoch)
                .isEqualTo(1);
    }

    @Test
    void gapInAStreamIsNamedAndLookedFor() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        Ingestor ingestor = started(config());
        lnd.awaitSubscription();
        sweep(ingestor);
        sweep(ingestor);

        lnd.invoices.add(settled(2, 22_000));
        lnd.invoices.add(settled(3, 23_000));
        lnd.send(settled(3, 23_000));

        kafka.await(k -> k.committed(Topic.INVOICES).size() == 3);
        kafka.await(k -> gaps(k).contains(CoverageGap.State.STATE_CLOSED));
        assertThat(gaps(kafka)).contains(CoverageGap.State.STATE_UNPROVEN);
    }

    @Test
    void readsListsPageByPage() throws Exception {
        for (int i = 1; i <= 7; i++) {
            lnd.invoices.add(settled(i, 1_000L * i));
        }

        sweep(started(config().withPages(3, 100_000)));

        assertThat(kafka.committed(Topic.INVOICES)).hasSize(7);
        assertThat(lnd.invoicePages.get() % 3).isZero();
    }

    @Test
    void transactionThatIsNoLongerListedIsGone() throws Exception {
        lnd.transactions.add(transaction("e5", 0));
        lnd.transactions.add(transaction("f6", 3));
        Ingestor first = started(config());
        sweep(first);
        first.close();

        lnd.transactions.removeFirst();
        sweep(started(config()));

        assertThat(kafka.committed(Topic.CHAIN, ChainRecord.parser()))
                .filteredOn(ChainRecord::getIsGone)
                .extracting(ChainRecord::getTxid)
                .containsExactly("e5".repeat(32));
    }

    /// What comes back to where it stood is told again, and as a change: a reader cannot know else that it stands so now.
    @Test
    void transactionThatComesBackIsToldAsAChange() throws Exception {
        lnd.chain(2_010, true);
        Transaction mined =
                transaction("f6", 3).toBuilder()
                        .setBlockHeight(2_008)
                        .setBlockHash("ab".repeat(32))
                        .build();
        Ingestor ingestor = started(config());
        for (List<Transaction> listed :
                List.of(
                        List.of(mined, transaction("e5", 0)),
                        List.of(transaction("f6", 0)),
                        List.of(mined, transaction("e5", 0)),
                        List.of(transaction("f6", 0)),
                        List.<Transaction>of())) {
            lnd.transactions.clear();
            lnd.transactions.addAll(listed);
            sweep(ingestor);
        }
        ingestor.close();
        lnd.transactions.add(mined);
        oneStart();
        oneStart();

        assertThat(told("f6"))
                .containsExactly(
                        "in a block",
                        "in none, a change",
                        "in a block, a change",
                        "in none, a change",
                        "gone, a change",
                        "in a block, a change");
        assertThat(told("e5"))
                .containsExactly(
                        "in none", "gone, a change", "in none, a change", "gone, a change");
    }

    /// lnd announces a transaction, and lists it no more once another that spends the same coins has confirmed.
    @Test
    void transactionThatIsReplacedBetweenTwoListsIsTold() throws Exception {
        Ingestor ingestor = started(config());
        sweep(ingestor);
        lnd.send(transaction("e5", 0));
        lnd.send(transaction("a1", 0));
        lnd.send(transaction("b2", 3));
        lnd.transactions.add(transaction("a1", 0));
        while (ingestor.taken("alice", "/lnrpc.Lightning/SubscribeTransactions") < 3) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(kafka.committed(Topic.CHAIN)).isEmpty();

        sweep(ingestor);
        sweep(ingestor);
        assertThat(told("e5")).containsExactly("in none", "gone, a change");
        assertThat(told("a1")).containsExactly("in none");
        assertThat(told("b2")).isEmpty();

        lnd.transactions.add(transaction("e5", 3));
        sweep(ingestor);
        assertThat(told("e5")).containsExactly("in none", "gone, a change", "in a block, a change");
    }

    private List<String> told(String twoDigits) {
        return kafka.committed(Topic.CHAIN, ChainRecord.parser()).stream()
                .filter(one -> one.getTxid().equals(twoDigits.repeat(32)))
                .map(
                        one ->
                                (one.getIsGone()
                                                ? "gone"
                                                : one.getIsConfirmed() ? "in a block" : "in none")
                                        + (one.getStoodOtherwise() ? ", a change" : ""))
                .toList();
    }

    @Test
    void reconnectsAfterWhatIsPublished() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        Ingestor ingestor = started(config());
        lnd.awaitSubscription();
        sweep(ingestor);
        sweep(ingestor);

        lnd.endInvoiceStream();

        InvoiceSubscription again = lnd.awaitSubscription();
        assertThat(again.getAddIndex()).isEqualTo(1);
        assertThat(again.getSettleIndex()).isEqualTo(1);
        awaitStatus(
                s -> s.state() == NodeState.DEGRADED && s.reason().contains("ended by the node"));
        awaitStatus(s -> s.state() == NodeState.LIVE);
    }

    @Test
    void tellsWhenWhatItHasTakenIsCommittedAndAsksTheNodeForNothing() throws Exception {
        Ingestor ingestor = started(config());
        lnd.awaitSubscription();
        sweep(ingestor);
        String invoices = "/lnrpc.Lightning/SubscribeInvoices";

        lnd.send(settled(1, 21_000));
        while (ingestor.taken("alice", invoices) == 0) {
            Thread.onSpinWait();
        }
        lnd.close();
        ingestor.committedSoFar("alice").get(20, TimeUnit.SECONDS);

        assertThat(kafka.committed(Topic.INVOICES)).hasSize(1);
    }

    @Test
    void startsFromStoredCursors() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        Ingestor first = started(config());
        assertThat(lnd.awaitSubscription()).isEqualTo(InvoiceSubscription.getDefaultInstance());
        sweep(first);
        sweep(first); // The first may be the one at the start, before which nothing was known: it
        // cannot move a cursor.
        lnd.invoices.add(settled(2, 22_000)); // Else the next sweep takes it for gone.
        lnd.send(settled(2, 22_000));
        kafka.await(k -> lastCursors(k).getInvoiceSettleIndex() == 2);
        first.close();

        started(config());

        InvoiceSubscription second = lnd.awaitSubscription();
        assertThat(second.getAddIndex()).isEqualTo(2);
        assertThat(second.getSettleIndex()).isEqualTo(2);
    }

    @Test
    void countsButDoesNotPublishStepsOfCommitments() throws Exception {
        Ingestor ingestor = started(config());
        lnd.awaitSubscription();
        sweep(ingestor);

        lnd.send(
                ChannelEventUpdate.newBuilder()
                        .setUpdatedChannel(ChannelCommitUpdate.getDefaultInstance())
                        .build());
        lnd.send(
                Payment.newBuilder()
                        .setPaymentHash("d3".repeat(32))
                        .setStatus(Payment.PaymentStatus.IN_FLIGHT)
                        .build());
        kafka.await(k -> k.committed(Topic.PAYMENTS).size() == 1);
        sweep(ingestor);

        assertThat(ingestor.taken("alice", "/lnrpc.Lightning/SubscribeChannelEvents")).isEqualTo(1);
        assertThat(kafka.committed(Topic.CHANNELS)).isEmpty();
    }

    @Test
    void messageThatSaysWhatCannotBeIsQuarantined() throws Exception {
        Invoice broken = open(1).toBuilder().setRHash(ByteString.copyFromUtf8("short")).build();
        lnd.invoices.add(broken);
        lnd.invoices.add(open(2));
        Ingestor ingestor = started(config());

        sweep(ingestor);
        sweep(ingestor);

        assertThat(kafka.committed(Topic.INVOICES)).hasSize(1);
        var quarantined = kafka.committed(Topic.QUARANTINE);
        assertThat(quarantined).hasSize(1);
        assertThat(quarantined.getFirst().value()).isEqualTo(broken.toByteArray());
        assertThat(header(quarantined.getFirst(), "tallystick_reason")).contains("32 bytes");
    }

    @Test
    void wrongMacaroonIsRefused() throws Exception {
        lnd.useWrongMacaroon();

        NodeStatus refused = awaitRefusal(started(config()));

        assertThat(refused.reason())
                .contains("refuses the macaroon", "readonly.macaroon", "verification failed")
                .contains("(expected: a macaroon of this node that may read");
    }

    @Test
    void wrongCertificateIsRefusedUntilTheFileIsRight() throws Exception {
        lnd.useOtherCertificate();
        Ingestor ingestor = started(config());
        NodeStatus refused = awaitRefusal(ingestor);
        assertThat(refused.reason()).contains("shows another certificate than", "tls.cert");

        lnd.useRightCertificate();
        refusedRetry.countDown();

        awaitStatus(s -> s.state() == NodeState.LIVE);
        sweep(ingestor);
    }

    @Test
    void missingMacaroonFileIsRefused() throws Exception {
        NodeConfig node = lnd.config("alice");
        NodeConfig missing =
                new NodeConfig(
                        "alice",
                        node.host(),
                        node.port(),
                        node.tlsCertificate(),
                        directory.resolve("none"),
                        "regtest");

        NodeStatus refused = awaitRefusal(started(config().withNodes(List.of(missing))));

        assertThat(refused.reason()).contains("macaroon", "none cannot be read (expected:");
    }

    @Test
    void wrongNetworkIsRefused() throws Exception {
        lnd.network("mainnet");

        NodeStatus refused = awaitRefusal(started(config()));

        assertThat(refused.reason()).contains("is on network mainnet (expected: regtest)");
        assertThat(kafka.committed()).isEmpty();
    }

    @Test
    void anotherNodeBehindTheAliasIsRefused() throws Exception {
        Ingestor first = started(config());
        sweep(first);
        first.close();
        long before = kafka.committed().size();

        lnd.pubkey(BOB);
        NodeStatus refused = awaitRefusal(started(config()));

        assertThat(refused.reason()).contains("is node " + BOB + " (expected: " + ALICE);
        assertThat(kafka.committed()).hasSize((int) before);
    }

    @Test
    void waitsForALockedWallet() throws Exception {
        lnd.wallet(WalletState.LOCKED);
        Ingestor ingestor = started(config());
        NodeStatus waiting = awaitStatus(s -> s.state() == NodeState.WAITING_FOR_UNLOCK);
        assertThat(waiting.reason()).contains("wallet is locked");

        lnd.wallet(WalletState.UNLOCKED);
        lnd.wallet(WalletState.RPC_ACTIVE);
        lnd.wallet(WalletState.SERVER_ACTIVE);

        sweep(ingestor);
        awaitStatus(s -> s.state() == NodeState.LIVE);
    }

    @Test
    void badNodeDoesNotDisturbAGoodOne() throws Exception {
        FakeLnd bad = node("bob", BOB);
        bad.network("mainnet");
        lnd.invoices.add(settled(1, 21_000));

        Ingestor ingestor =
                started(config().withNodes(List.of(bad.config("bob"), lnd.config("alice"))));
        sweep(ingestor);

        assertThatThrownBy(() -> ingestor.sweepNow("bob").get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("is on network mainnet");
        awaitStatus(s -> s.state() == NodeState.LIVE);
        assertThat(kafka.committed(Topic.INVOICES)).hasSize(1);
        assertThat(ingestor.statuses())
                .extracting(NodeStatus::state)
                .containsExactly(NodeState.REFUSED, NodeState.LIVE);
    }

    @Test
    void oneNodeUnderTwoAliasesIsRefused() throws Exception {
        Ingestor ingestor =
                started(config().withNodes(List.of(lnd.config("alice"), lnd.config("again"))));

        NodeStatus refused = awaitRefusal(ingestor);

        assertThat(refused.reason()).contains("(expected: each node once)");
    }

    @Test
    @Timeout(60)
    void stoppedKafkaStopsReading() throws Exception {
        int bound = 50;
        Ingestor ingestor = started(config().withPages(10, bound * large(1).getSerializedSize()));
        lnd.awaitSubscription();
        sweep(ingestor);
        kafka.stop();

        // Far more than all buffers between the node and us hold.
        int all = 2_000;
        lnd.flood(IntStream.rangeClosed(1, all).mapToObj(IngestorIT::large).iterator());
        while (ingestor.taken("alice", INVOICES) < bound / 2) {
            Thread.onSpinWait();
        }

        assertThat(lnd.flooded()).isLessThan(all);
        assertThat(ingestor.taken("alice", INVOICES)).isLessThanOrEqualTo(bound);
        kafka.resume();
        kafka.await(k -> k.committed(Topic.INVOICES).size() == all);
    }

    @Test
    void failedCommitsAreDoneAgain() throws Exception {
        lnd.invoices.add(settled(1, 21_000));
        kafka.failCommits(3);

        sweep(started(config()));

        assertThat(kafka.committed(Topic.INVOICES)).hasSize(1);
        awaitStatus(s -> s.reason().contains("Kafka: commit: connection lost"));
    }

    @Test
    void secondIngestorOfANodeFencesTheFirst() throws Exception {
        Ingestor first = started(config());
        lnd.awaitSubscription();
        sweep(first);
        Ingestor second = started(config());
        sweep(second);

        assertThatThrownBy(() -> first.sweepNow("alice").get(20, TimeUnit.SECONDS))
                .hasMessageContaining("another producer took it over");
        awaitStatus(s -> s.state() == NodeState.REFUSED);
        sweep(second);
    }

    @Test
    void olderIngestorThatLostItsConnectionLeavesTheNodeToTheNewer() throws Exception {
        Ingestor first = started(config());
        lnd.awaitSubscription();
        sweep(first);
        kafka.keepFromKnowing(true); // Its connection is cut: nothing tells it that it is fenced.
        Ingestor second = started(config());
        sweep(second);
        kafka.failCommits(1);

        assertThatThrownBy(() -> first.sweepNow("alice").get(20, TimeUnit.SECONDS))
                .hasMessageContaining("another producer took it over");

        sweep(second);
    }

    @Test
    void ingestorThatIsFencedWhileItOpensLeavesTheNodeToTheNewer() throws Exception {
        String id = topics.prefix() + "-ingest-" + ALICE;
        var newer = new CompletableFuture<Producer<byte[], byte[]>>();
        kafka.whenStateIsRead(() -> newer.complete(kafka.producer(id)));
        Ingestor older = started(config());
        awaitStatus(
                s ->
                        s.state() == NodeState.REFUSED
                                && s.reason().contains("another producer took it over"));

        refusedRetry.countDown(); // Five minutes pass.

        while (!older.hasEnded()) {
            Thread.onSpinWait();
        }
        newer.join().initTransactions();
        newer.join().beginTransaction();
        newer.join().commitTransaction();
    }

    @Test
    void wrongAddressOfAnotherAliasTakesNoNodeFromItsOwn() throws Exception {
        Ingestor first = started(config());
        sweep(first);
        first.close();

        for (int start = 1; start <= 3; start++) {
            statuses.clear();
            Ingestor both =
                    started(
                            IngestConfig.defaults()
                                    .withNodes(List.of(lnd.config("bob"), lnd.config("alice")))
                                    .withSweeps(FAR, FAR));
            NodeStatus refused = awaitStatus(s -> s.state() == NodeState.REFUSED);
            sweep(both);

            assertThat(refused.alias()).isEqualTo("bob");
            assertThat(refused.reason()).contains("followed as alice");
            both.close();
        }
    }

    @Test
    void walletThatIsBehindTheChainLosesNoTransaction() throws Exception {
        lnd.chain(2_010, true);
        lnd.transactions.add(transaction("e5", 0));
        oneStart();
        lnd.chain(2_300, false); // The chain's own node has caught up with two days of blocks.
        int before = kafka.committed(Topic.COVERAGE).size();
        oneStart();
        List<Stream> proven =
                kafka.committed(Topic.COVERAGE, CoverageRecord.parser()).stream()
                        .skip(before)
                        .filter(c -> c.getProvenUntilNs() > 0)
                        .map(CoverageRecord::getStream)
                        .toList();

        lnd.chain(2_301, true); // The wallet has, too: it was in a block of the first hours.
        lnd.transactions.set(
                0,
                transaction("e5", 289).toBuilder()
                        .setBlockHeight(2_012)
                        .setBlockHash("ab".repeat(32))
                        .build());
        oneStart();

        List<ChainRecord> told = kafka.committed(Topic.CHAIN, ChainRecord.parser());
        assertThat(told).hasSize(2).noneMatch(ChainRecord::getIsGone);
        assertThat(told.getLast().getIsConfirmed()).isTrue();
        assertThat(proven)
                .contains(Stream.STREAM_INVOICES, Stream.STREAM_FORWARDS)
                .doesNotContain(Stream.STREAM_CHAIN, Stream.STREAM_BALANCES);
    }

    /// As one that was restored from a copy, or a recording that is replayed once more.
    @Test
    void nodeThatIsBehindWhatItHadSeenLosesNothing() throws Exception {
        lnd.chain(2_010, true);
        lnd.invoices.add(open(1));
        lnd.transactions.add(transaction("e5", 0));
        oneStart();

        Transaction seen = lnd.transactions.removeFirst();
        Invoice open = lnd.invoices.removeFirst();
        lnd.chain(2_000, true);
        oneStart();
        lnd.transactions.add(seen);
        lnd.invoices.add(open);
        lnd.chain(2_010, true);
        oneStart();

        assertThat(record(1).getState()).isEqualTo(ReceiptState.RECEIPT_STATE_OPEN);
        assertThat(kafka.committed(Topic.CHAIN, ChainRecord.parser()))
                .hasSize(1)
                .noneMatch(ChainRecord::getIsGone);
    }

    @Test
    void forwardThatIsListedUnderTwoTimesIsQuietAfterwards() throws Exception {
        long nanos = 1_790_000_000_000_000_000L;
        lnd.forwards.add(forward(nanos));
        lnd.forwards.add(forward(nanos + 700_000_000_000L));
        oneStart();

        for (int again = 1; again <= 4; again++) {
            oneStart();
        }
        Ingestor last = started(config());
        sweep(last);
        sweep(last);

        assertThat(kafka.committed(Topic.FORWARDS)).hasSize(2);
    }

    @Test
    void hugeMessageThatIsQuarantinedFitsIntoARecord() throws Exception {
        lnd.invoices.add(
                open(1).toBuilder()
                        .setRHash(ByteString.copyFrom(new byte[5]))
                        .setMemo("m".repeat(2_000_000))
                        .build());
        sweep(started(config()));

        ProducerRecord<byte[], byte[]> kept = kafka.committed(Topic.QUARANTINE).getFirst();
        assertThat(kept.value()).hasSizeLessThan(1_000_000);
        assertThat(header(kept, "tallystick_cut")).contains("2000");
    }

    /// A first sweep reads everything, each later one what is new.
    private void oneStart() throws InterruptedException {
        statuses.clear();
        Ingestor ingestor = started(config());
        awaitStatus(s -> s.state() == NodeState.LIVE);
        ingestor.close();
    }

    private FakeLnd node(String name, String pubkey) {
        FakeLnd node = new FakeLnd(directory.resolve(name), pubkey);
        opened.add(node);
        return node;
    }

    private IngestConfig config() {
        return IngestConfig.defaults().withNodes(List.of(lnd.config("alice"))).withSweeps(FAR, FAR);
    }

    private Ingestor started(IngestConfig config) {
        Ingestor ingestor =
                new Ingestor(
                        config,
                        kafka,
                        topics,
                        () -> now,
                        this::sleep,
                        new SplittableRandom(7),
                        new SimpleMeterRegistry(),
                        statuses::add);
        opened.add(ingestor);
        ingestor.start();
        return ingestor;
    }

    /// No sweep comes of itself, a refused node is tried again when the test says so, a lost one at once.
    private void sleep(Duration duration) throws InterruptedException {
        if (duration.equals(FAR) || duration.equals(SECOND_SWEEP)) {
            new CountDownLatch(1).await();
        } else if (duration.equals(IngestConfig.defaults().refusedRetry())) {
            refusedRetry.await();
        }
    }

    private void sweep(Ingestor ingestor) throws Exception {
        ingestor.sweepNow("alice").get(20, TimeUnit.SECONDS);
    }

    private NodeStatus awaitRefusal(Ingestor ingestor) throws InterruptedException {
        NodeStatus refused = awaitStatus(s -> s.state() == NodeState.REFUSED);
        assertThatThrownBy(() -> ingestor.sweepNow(refused.alias()).get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining(refused.reason());
        return refused;
    }

    private NodeStatus awaitStatus(Predicate<NodeStatus> wanted) throws InterruptedException {
        while (true) {
            NodeStatus status = statuses.poll(20, TimeUnit.SECONDS);
            assertThat(status).as("status in time").isNotNull();
            if (wanted.test(status)) {
                return status;
            }
        }
    }

    /// All but coverage and cursors, which tell of each sweep that it happened.
    private long withoutCoverage() {
        List<String> left = List.of(topics.name(Topic.COVERAGE), topics.name(Topic.INGEST_STATE));
        return kafka.committed().stream().filter(r -> !left.contains(r.topic())).count();
    }

    private InvoiceRecord record(int number) {
        return kafka.committed(Topic.INVOICES, InvoiceRecord.parser()).stream()
                .filter(r -> r.getPaymentHash().equals(hash(number)))
                .reduce((_, later) -> later)
                .orElseThrow();
    }

    private static List<CoverageGap.State> gaps(FakeKafka kafka) {
        return kafka.committed(Topic.COVERAGE, CoverageRecord.parser()).stream()
                .flatMap(c -> c.getGapsList().stream())
                .map(CoverageGap::getState)
                .toList();
    }

    private static NodeCursors lastCursors(FakeKafka kafka) {
        return kafka.committed(Topic.INGEST_STATE).stream()
                .filter(r -> new String(r.key(), UTF_8).endsWith("/cursors"))
                .reduce((_, later) -> later)
                .map(r -> parsed(r.value()))
                .orElse(NodeCursors.getDefaultInstance());
    }

    private static NodeCursors parsed(byte[] value) {
        try {
            return NodeCursors.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private long below(List<CoverageRecord> proofs, Topic topic) {
        return proofs.stream()
                .filter(p -> p.getStream() == Stream.STREAM_INVOICES)
                .limit(topics.partitions())
                .flatMap(p -> p.getBelowList().stream())
                .filter(o -> o.getTopic().equals(topics.name(topic)))
                .mapToLong(TopicOffset::getEndOffset)
                .sum();
    }

    private static String header(ProducerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    private static ByteString hash(int number) {
        byte[] hash = new byte[32];
        hash[30] = (byte) (number >> 8);
        hash[31] = (byte) number;
        return ByteString.copyFrom(hash);
    }

    private static Invoice open(int number) {
        return Invoice.newBuilder()
                .setRHash(hash(number))
                .setAddIndex(number)
                .setPaymentRequest("lnbcrt1")
                .setValueMsat(1_000L * number)
                .build();
    }

    private static Invoice settled(int number, long amountMsat) {
        return open(number).toBuilder()
                .setState(Invoice.InvoiceState.SETTLED)
                .setSettleIndex(number)
                .addHtlcs(
                        InvoiceHTLC.newBuilder()
                                .setAmtMsat(amountMsat)
                                .setState(InvoiceHTLCState.SETTLED))
                .build();
    }

    private static Invoice large(int number) {
        return open(number).toBuilder().setMemo("m".repeat(4_000)).build();
    }

    private static ForwardingEvent forward(long nanos) {
        return ForwardingEvent.newBuilder()
                .setTimestampNs(nanos)
                .setChanIdIn(7)
                .setChanIdOut(8)
                .setIncomingHtlcId(3)
                .setOutgoingHtlcId(4)
                .setAmtInMsat(2_000)
                .setAmtOutMsat(1_000)
                .build();
    }

    private static Transaction transaction(String twoDigits, int confirmations) {
        return Transaction.newBuilder()
                .setTxHash(twoDigits.repeat(32))
                .setAmount(5_000)
                .setNumConfirmations(confirmations)
                .build();
    }
}
