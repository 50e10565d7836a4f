package tallystick.ingest.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.proto.lnrpc.AMP;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ChannelPoint;
import tallystick.proto.lnrpc.CommitmentType;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.HTLC;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.Hop;
import tallystick.proto.lnrpc.Initiator;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.OutPoint;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PaymentFailureReason;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel.AnchorState;
import tallystick.proto.lnrpc.PendingUpdate;
import tallystick.proto.lnrpc.PreviousOutPoint;
import tallystick.proto.lnrpc.Resolution;
import tallystick.proto.lnrpc.ResolutionOutcome;
import tallystick.proto.lnrpc.ResolutionType;
import tallystick.proto.lnrpc.Route;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptState;

class NodeMessageTest {
    private static final NodeId NODE = new NodeId("02" + "a1".repeat(32));
    private static final String HASH = "d3".repeat(32);
    private static final String SET_A = "0a".repeat(32);
    private static final String SET_B = "0b".repeat(32);
    private static final String POINT = "c4".repeat(32) + ":1";

    @Test
    void openInvoiceAsksAndHasReceivedNothing() throws Exception {
        InvoiceRecord record = invoice(asked().setAmtPaidMsat(5).build());

        assertThat(record.getState()).isEqualTo(ReceiptState.RECEIPT_STATE_OPEN);
        assertThat(record.getRequestedMsat()).isEqualTo(20_000);
        assertThat(record.getExpirySeconds()).isEqualTo(3_600);
        assertThat(record.getReceivedMsat()).isZero();
        assertThat(record.getCreatedAt()).isEqualTo(1_000);
        assertThat(record.getMemo()).isEqualTo("coffee");
        assertThat(record.getIsSpontaneous()).isFalse();
    }

    @Test
    void settledInvoiceCountsItsSettledHtlcs() throws Exception {
        InvoiceRecord record =
                invoice(
                        asked().setState(Invoice.InvoiceState.SETTLED)
                                .setSettleDate(2_000)
                                .setSettleIndex(9)
                                .setAmtPaidMsat(99)
                                .addHtlcs(htlc(1, 12_000, InvoiceHTLCState.SETTLED))
                                .addHtlcs(htlc(2, 7_000, InvoiceHTLCState.CANCELED))
                                .addHtlcs(htlc(3, 9_000, InvoiceHTLCState.SETTLED))
                                .build());

        assertThat(record.getState()).isEqualTo(ReceiptState.RECEIPT_STATE_SETTLED);
        assertThat(record.getReceivedMsat()).isEqualTo(21_000);
        assertThat(record.getSettledAt()).isEqualTo(2_000);
        assertThat(record.getSettleIndex()).isEqualTo(9);
        assertThat(record.getHtlcsList())
                .extracting(h -> h.getState())
                .containsExactly(
                        HtlcState.HTLC_STATE_SETTLED,
                        HtlcState.HTLC_STATE_FAILED,
                        HtlcState.HTLC_STATE_SETTLED);
        assertThat(record.getHtlcs(0).getTotalMsat()).isEqualTo(21_000);
    }

    @Test
    void settledInvoiceWithoutHtlcsCountsWhatTheNodeSays() throws Exception {
        assertThat(
                        invoice(
                                        asked().setState(Invoice.InvoiceState.SETTLED)
                                                .setAmtPaidMsat(21_000)
                                                .build())
                                .getReceivedMsat())
                .isEqualTo(21_000);
    }

    @Test
    void acceptedAndCanceledHaveReceivedNothing() throws Exception {
        for (var state : List.of(Invoice.InvoiceState.ACCEPTED, Invoice.InvoiceState.CANCELED)) {
            InvoiceRecord record =
                    invoice(
                            asked().setState(state)
                                    .setAmtPaidMsat(21_000)
                                    .setSettleDate(-62_135_596_800L)
                                    .addHtlcs(htlc(1, 21_000, InvoiceHTLCState.ACCEPTED))
                                    .build());

            assertThat(record.getReceivedMsat()).isZero();
            assertThat(record.getSettledAt()).isZero();
        }
    }

    @Test
    void keysendIsSpontaneousAndAsksForNothing() throws Exception {
        InvoiceRecord record =
                invoice(
                        asked().clearPaymentRequest()
                                .setIsKeysend(true)
                                .setPaymentAddr(ByteString.copyFrom(new byte[32]))
                                .build());

        assertThat(record.getIsSpontaneous()).isTrue();
        assertThat(record.getRequestedMsat()).isZero();
        assertThat(record.getExpirySeconds()).isZero();
        assertThat(record.getPaymentAddr()).isEqualTo(ByteString.EMPTY);
    }

    @Test
    void ampInvoiceIsOneRecordAndOneForEachSettledSet() throws Exception {
        List<NodeRecord> records = NodeMessage.invoice(amp().build().toByteString()).records(NODE);

        assertThat(records).extracting(NodeRecord::key).containsExactly(HASH, SET_A, SET_B);
        InvoiceRecord own = (InvoiceRecord) records.getFirst().facts();
        assertThat(own.getState()).isEqualTo(ReceiptState.RECEIPT_STATE_OPEN);
        assertThat(own.getReceivedMsat()).isZero();
        assertThat(own.getSettledSets()).isEqualTo(2);
        assertThat(own.getIsAmp()).isTrue();
        assertThat(own.getIsAmpSet()).isFalse();
        InvoiceRecord set = (InvoiceRecord) records.get(1).facts();
        assertThat(set.getIsAmpSet()).isTrue();
        assertThat(set.getState()).isEqualTo(ReceiptState.RECEIPT_STATE_SETTLED);
        assertThat(set.getReceivedMsat()).isEqualTo(12_000);
        assertThat(set.getSettledAt()).isEqualTo(2_001);
        assertThat(set.getSettleIndex()).isEqualTo(7);
        assertThat(set.getHtlcsList()).extracting(h -> h.getHtlcIndex()).containsExactly(1L);
        assertThat(set.getCreatedAt()).isEqualTo(1_000);
        assertThat(set.getExpirySeconds()).isEqualTo(3_600);
        assertThat(set.getMemo()).isEqualTo("coffee");
    }

    @Test
    void canceledAmpInvoiceStaysCanceled() throws Exception {
        InvoiceRecord own =
                (InvoiceRecord)
                        NodeMessage.invoice(
                                        amp().setState(Invoice.InvoiceState.CANCELED)
                                                .build()
                                                .toByteString())
                                .records(NODE)
                                .getFirst()
                                .facts();

        assertThat(own.getState()).isEqualTo(ReceiptState.RECEIPT_STATE_CANCELED);
    }

    @Test
    void spontaneousAmpHasOnlyItsSets() throws Exception {
        List<NodeRecord> records =
                NodeMessage.invoice(amp().clearRHash().clearPaymentRequest().build().toByteString())
                        .records(NODE);

        assertThat(records).extracting(NodeRecord::key).containsExactly(SET_A, SET_B);
        assertThat(((InvoiceRecord) records.getFirst().facts()).getIsSpontaneous()).isTrue();
    }

    @Test
    void paymentSucceededWithItsSettledAttempts() throws Exception {
        PaymentRecord record =
                payment(
                        Payment.newBuilder()
                                .setPaymentHash(HASH.toUpperCase(java.util.Locale.ROOT))
                                .setStatus(Payment.PaymentStatus.SUCCEEDED)
                                .setValueMsat(20_000)
                                .setFeeMsat(99)
                                .setCreationTimeNs(5)
                                .setPaymentIndex(1_001)
                                .addHtlcs(attempt(1, HTLCAttempt.HTLCStatus.FAILED, 900, 30))
                                .addHtlcs(attempt(2, HTLCAttempt.HTLCStatus.SUCCEEDED, 100, 20))
                                .build());

        assertThat(record.getPaymentHash()).isEqualTo(bytes(HASH));
        assertThat(record.getState()).isEqualTo(PaymentState.PAYMENT_STATE_SUCCEEDED);
        assertThat(record.getAmountMsat()).isEqualTo(20_000);
        assertThat(record.getFeeMsat()).isEqualTo(100);
        assertThat(record.getResolvedAtNs()).isEqualTo(30);
        assertThat(record.getFailureReason()).isEmpty();
        assertThat(record.getAttempts(1).getChanId()).isEqualTo(77);
        assertThat(record.getAttempts(1).getTotalMsat()).isEqualTo(20_100);
        assertThat(record.getAttempts(1).getExpiryHeight()).isEqualTo(500);
        assertThat(record.getAttempts(1).getState()).isEqualTo(HtlcState.HTLC_STATE_SETTLED);
    }

    @Test
    void failureWithoutAttemptEndedWhenItBegan() throws Exception {
        PaymentRecord record =
                payment(
                        Payment.newBuilder()
                                .setPaymentHash(HASH)
                                .setStatus(Payment.PaymentStatus.FAILED)
                                .setCreationTimeNs(5)
                                .setFailureReason(PaymentFailureReason.FAILURE_REASON_NO_ROUTE)
                                .build());

        assertThat(record.getResolvedAtNs()).isEqualTo(5);
        assertThat(record.getFeeMsat()).isZero();
        assertThat(record.getFailureReason()).isEqualTo("FAILURE_REASON_NO_ROUTE");
    }

    @Test
    void paymentUnderWayHasNoEnd() throws Exception {
        PaymentRecord record =
                payment(
                        Payment.newBuilder()
                                .setPaymentHash(HASH)
                                .setStatus(Payment.PaymentStatus.IN_FLIGHT)
                                .setFailureReasonValue(42)
                                .addHtlcs(attempt(1, HTLCAttempt.HTLCStatus.FAILED, 0, 30))
                                .addHtlcs(HTLCAttempt.newBuilder().setAttemptId(2))
                                .build());

        assertThat(record.getResolvedAtNs()).isZero();
        assertThat(record.getFailureReason()).isEqualTo("42");
        assertThat(record.getAttempts(1).getChanId()).isZero();
    }

    @Test
    void openChannelKnowsItsPush() throws Exception {
        Channel channel =
                Channel.newBuilder()
                        .setChannelPoint(POINT)
                        .setChanId(-1)
                        .setCapacity(1_000_000)
                        .setPushAmountSat(400)
                        .setInitiator(true)
                        .addAliasScids(12)
                        .setZeroConfConfirmedScid(13)
                        .build();
        ByteString event =
                ChannelEventUpdate.newBuilder().setOpenChannel(channel).build().toByteString();

        NodeRecord listed = only(NodeMessage.openChannel(channel.toByteString()));
        NodeRecord streamed = only(NodeMessage.channelEvent(event));

        ChannelRecord record = (ChannelRecord) listed.facts();
        assertThat(record.getState()).isEqualTo(ChannelState.CHANNEL_STATE_OPEN);
        assertThat(record.getPushKnown()).isTrue();
        assertThat(record.getPushSat()).isEqualTo(400);
        assertThat(record.getOpener()).isEqualTo(tallystick.proto.v1.Initiator.INITIATOR_LOCAL);
        assertThat(record.getAliasChanIdsList()).containsExactly(12L, 13L);
        assertThat(listed.topic()).isEqualTo(Topic.CHANNELS);
        assertThat(listed.key()).isEqualTo(NODE.pubkey());
        assertThat(streamed).isEqualTo(listed);
    }

    @Test
    void transactionIdsInBytesAreReversed() throws Exception {
        byte[] internal = new byte[32];
        internal[0] = 1;
        ByteString event =
                ChannelEventUpdate.newBuilder()
                        .setPendingOpenChannel(
                                PendingUpdate.newBuilder()
                                        .setTxid(ByteString.copyFrom(internal))
                                        .setOutputIndex(3))
                        .build()
                        .toByteString();

        ChannelRecord record = (ChannelRecord) only(NodeMessage.channelEvent(event)).facts();

        assertThat(record.getChannelPoint()).isEqualTo("00".repeat(31) + "01:3");
        assertThat(record.getState()).isEqualTo(ChannelState.CHANNEL_STATE_PENDING_OPEN);
        assertThat(record.getPushKnown()).isFalse();
    }

    @Test
    void closeEventByForceIsNotTheEnd() throws Exception {
        ChannelCloseSummary summary =
                summary(ChannelCloseSummary.ClosureType.LOCAL_FORCE_CLOSE).build();
        ByteString event =
                ChannelEventUpdate.newBuilder().setClosedChannel(summary).build().toByteString();

        ChannelRecord streamed = (ChannelRecord) only(NodeMessage.channelEvent(event)).facts();
        ChannelRecord listed =
                (ChannelRecord) only(NodeMessage.closedChannel(summary.toByteString())).facts();

        assertThat(streamed.getState()).isEqualTo(ChannelState.CHANNEL_STATE_FORCE_CLOSING);
        assertThat(listed.getState()).isEqualTo(ChannelState.CHANNEL_STATE_CLOSED);
        assertThat(listed.getCloseType()).isEqualTo("LOCAL_FORCE_CLOSE");
        assertThat(listed.getClosingTxid()).isEqualTo("f6".repeat(32));
        assertThat(listed.getResolutions(0).getType()).isEqualTo("INCOMING_HTLC");
        assertThat(listed.getResolutions(0).getOutcome()).isEqualTo("CLAIMED");
        assertThat(listed.getResolutions(0).getOutpoint()).isEqualTo("e5".repeat(32) + ":2");
    }

    @Test
    void openingThatWasGivenUp() throws Exception {
        ChannelRecord listed =
                (ChannelRecord)
                        only(NodeMessage.closedChannel(
                                        summary(ChannelCloseSummary.ClosureType.FUNDING_CANCELED)
                                                .setClosingTxHash("00".repeat(32))
                                                .build()
                                                .toByteString()))
                                .facts();
        ByteString timeout =
                ChannelEventUpdate.newBuilder()
                        .setChannelFundingTimeout(
                                ChannelPoint.newBuilder()
                                        .setFundingTxidStr("c4".repeat(32))
                                        .setOutputIndex(1))
                        .build()
                        .toByteString();

        assertThat(listed.getState()).isEqualTo(ChannelState.CHANNEL_STATE_OPEN_FAILED);
        assertThat(listed.getClosingTxid()).isEmpty();
        ChannelRecord streamed = (ChannelRecord) only(NodeMessage.channelEvent(timeout)).facts();
        assertThat(streamed.getState()).isEqualTo(ChannelState.CHANNEL_STATE_OPEN_FAILED);
        assertThat(streamed.getChannelPoint()).isEqualTo(POINT);
    }

    @Test
    void pendingChannels() throws Exception {
        var channel =
                PendingChannelsResponse.PendingChannel.newBuilder()
                        .setChannelPoint(POINT)
                        .setCapacity(1_000_000)
                        .setInitiator(Initiator.INITIATOR_REMOTE)
                        .setRemoteNodePub("03" + "b2".repeat(32))
                        .build();
        var opening =
                PendingChannelsResponse.PendingOpenChannel.newBuilder().setChannel(channel).build();
        var waiting =
                PendingChannelsResponse.WaitingCloseChannel.newBuilder()
                        .setChannel(channel)
                        .setClosingTxid("f6".repeat(32))
                        .build();
        var closing =
                PendingChannelsResponse.ForceClosedChannel.newBuilder()
                        .setChannel(channel)
                        .setClosingTxid("f6".repeat(32))
                        .build();

        assertThat(
                        List.of(
                                only(NodeMessage.pendingOpenChannel(opening.toByteString())),
                                only(NodeMessage.waitingCloseChannel(waiting.toByteString())),
                                only(NodeMessage.forceClosedChannel(closing.toByteString()))))
                .extracting(r -> ((ChannelRecord) r.facts()).getState())
                .containsExactly(
                        ChannelState.CHANNEL_STATE_PENDING_OPEN,
                        ChannelState.CHANNEL_STATE_CLOSING,
                        ChannelState.CHANNEL_STATE_FORCE_CLOSING);
    }

    @Test
    void theAnchorOfACloseIsNotStillToComeBack() throws Exception {
        assertThat(limboSat(CommitmentType.ANCHORS, AnchorState.LIMBO)).isEqualTo(210_000);
        assertThat(limboSat(CommitmentType.SIMPLE_TAPROOT, AnchorState.LIMBO)).isEqualTo(210_000);
        assertThat(limboSat(CommitmentType.ANCHORS, AnchorState.LOST)).isEqualTo(210_330);
        assertThat(limboSat(CommitmentType.STATIC_REMOTE_KEY, AnchorState.LIMBO))
                .isEqualTo(210_330);
    }

    private static long limboSat(CommitmentType type, AnchorState anchor) throws Exception {
        ForceClosedChannel closing =
                ForceClosedChannel.newBuilder()
                        .setChannel(
                                PendingChannelsResponse.PendingChannel.newBuilder()
                                        .setChannelPoint(POINT)
                                        .setCommitmentType(type))
                        .setClosingTxid("f6".repeat(32))
                        .setLimboBalance(210_330)
                        .setAnchor(anchor)
                        .build();
        return ((ChannelRecord)
                        only(NodeMessage.forceClosedChannel(closing.toByteString())).facts())
                .getLimboSat();
    }

    @Test
    void eventsThatSayNothingThatLasts() throws Exception {
        for (var event :
                List.of(
                        ChannelEventUpdate.newBuilder()
                                .setActiveChannel(ChannelPoint.getDefaultInstance()),
                        ChannelEventUpdate.newBuilder()
                                .setFullyResolvedChannel(ChannelPoint.getDefaultInstance()),
                        ChannelEventUpdate.newBuilder())) {
            assertThat(NodeMessage.channelEvent(event.build().toByteString()).records(NODE))
                    .isEmpty();
        }
    }

    @Test
    void forwardIsKnownByTheHtlcThatCameIn() throws Exception {
        ForwardingEvent event =
                ForwardingEvent.newBuilder()
                        .setChanIdIn(-1)
                        .setChanIdOut(12)
                        .setAmtInMsat(1_010)
                        .setAmtOutMsat(1_000)
                        .setTimestampNs(99)
                        .setIncomingHtlcId(0)
                        .setOutgoingHtlcId(4)
                        .build();

        NodeRecord record = only(NodeMessage.forward(event.toByteString()));
        NodeRecord legacy =
                only(
                        NodeMessage.forward(
                                event.toBuilder().clearIncomingHtlcId().build().toByteString()));

        assertThat(record.key()).isEqualTo(NODE.pubkey() + "/forward:18446744073709551615:0");
        assertThat(((ForwardRecord) record.facts()).getHasHtlcId()).isTrue();
        assertThat(((ForwardRecord) legacy.facts()).getHasHtlcId()).isFalse();
        assertThat(((ForwardRecord) legacy.facts()).getLegacyId())
                .isEqualTo("99:18446744073709551615:12:1010:1000");
        assertThat(legacy.subject())
                .isEqualTo("forward:18446744073709551615:t99-18446744073709551615-12-1010-1000");
    }

    @Test
    void furtherConfirmationsAreNoNews() throws Exception {
        Transaction transaction =
                Transaction.newBuilder()
                        .setTxHash("e5".repeat(32))
                        .setAmount(-1_234)
                        .setNumConfirmations(1)
                        .setBlockHeight(144)
                        .setLabel("0:sweep")
                        .addPreviousOutpoints(
                                PreviousOutPoint.newBuilder()
                                        .setOutpoint(POINT)
                                        .setIsOurOutput(true))
                        .build();

        NodeRecord first = only(NodeMessage.transaction(transaction.toByteString()));
        NodeRecord second =
                only(
                        NodeMessage.transaction(
                                transaction.toBuilder()
                                        .setNumConfirmations(2)
                                        .build()
                                        .toByteString()));

        assertThat(second).isEqualTo(first);
        ChainRecord record = (ChainRecord) first.facts();
        assertThat(record.getChangeSat()).isEqualTo(-1_234);
        assertThat(record.getIsConfirmed()).isTrue();
        assertThat(record.getInputs(0).getIsOurs()).isTrue();
        assertThat(((ChainRecord) ChainRecords.gone(NODE, record).facts()).getIsGone()).isTrue();
    }

    @Test
    void balanceIsQuietOnlyWhereNothingMoved() throws Exception {
        Channel still = channel("c1", 5);
        Channel moved = channel("c2", 6);
        Channel busy =
                channel("c3", 7).toBuilder().addPendingHtlcs(HTLC.getDefaultInstance()).build();
        Channel fresh = channel("c4", 8);
        var reading =
                new BalanceReading(
                        List.of(still, channel("c2", 5), busy),
                        ChannelBalanceResponse.newBuilder()
                                .setLocalBalance(
                                        tallystick.proto.lnrpc.Amount.newBuilder().setMsat(123_456))
                                .build(),
                        WalletBalanceResponse.newBuilder()
                                .setTotalBalance(5_000)
                                .setLockedBalance(70)
                                .build(),
                        330,
                        List.of(fresh, busy, moved, still),
                        144);

        BalanceRecord record =
                (BalanceRecord) only(NodeMessage.balances(ByteString.EMPTY, reading)).facts();

        assertThat(record.getChannelsList())
                .extracting(c -> c.getIsQuiet())
                .containsExactly(true, false, false, false);
        assertThat(record.getChannelsLocalMsat()).isEqualTo(123_456);
        assertThat(record.getWalletTotalSat()).isEqualTo(5_000);
        assertThat(record.getWalletLockedSat()).isEqualTo(70);
        assertThat(record.getLimboSat()).isEqualTo(330);
    }

    @Test
    void envelopeIsPutInFront() throws Exception {
        NodeRecord record = only(NodeMessage.invoice(asked().build().toByteString()));
        Envelope envelope = Envelope.newBuilder().setNode(NODE.pubkey()).build();

        Message whole = record.withEnvelope(envelope);

        assertThat(((InvoiceRecord) whole).getEnvelope()).isEqualTo(envelope);
        assertThat(((InvoiceRecord) whole).toBuilder().clearEnvelope().build())
                .isEqualTo(record.facts());
    }

    @Test
    void refusesWhatCannotBe() {
        ByteString shortHash =
                asked().setRHash(ByteString.copyFromUtf8("short")).build().toByteString();
        ByteString noHex = Payment.newBuilder().setPaymentHash("xy").build().toByteString();

        assertThatThrownBy(() -> NodeMessage.invoice(shortHash).records(NODE))
                .hasMessage("r_hash: 73686f7274 (expected: 32 bytes)");
        assertThatThrownBy(() -> NodeMessage.payment(noHex).records(NODE))
                .hasMessage("payment_hash: xy (expected: 64 hex digits)");
    }

    private static InvoiceRecord invoice(Invoice invoice) throws Exception {
        return (InvoiceRecord) only(NodeMessage.invoice(invoice.toByteString())).facts();
    }

    private static PaymentRecord payment(Payment payment) throws Exception {
        return (PaymentRecord) only(NodeMessage.payment(payment.toByteString())).facts();
    }

    private static NodeRecord only(NodeMessage message) throws Exception {
        List<NodeRecord> records = message.records(NODE);
        assertThat(records).hasSize(1);
        return records.getFirst();
    }

    private static Invoice.Builder asked() {
        return Invoice.newBuilder()
                .setRHash(bytes(HASH))
                .setPaymentRequest("lnbcrt1")
                .setValueMsat(20_000)
                .setExpiry(3_600)
                .setCreationDate(1_000)
                .setAddIndex(5)
                .setMemo("coffee");
    }

    private static Invoice.Builder amp() {
        return asked().setIsAmp(true)
                .setState(Invoice.InvoiceState.SETTLED)
                .setAmtPaidMsat(99_000)
                .addHtlcs(htlc(1, 12_000, InvoiceHTLCState.SETTLED).setAmp(set(SET_A)))
                .addHtlcs(htlc(2, 13_000, InvoiceHTLCState.SETTLED).setAmp(set(SET_B)))
                .putAmpInvoiceState(SET_B, setState(InvoiceHTLCState.SETTLED, 8, 2_002, 13_000))
                .putAmpInvoiceState(SET_A, setState(InvoiceHTLCState.SETTLED, 7, 2_001, 12_000))
                .putAmpInvoiceState(
                        "0c".repeat(32),
                        setState(InvoiceHTLCState.ACCEPTED, 0, -62_135_596_800L, 1));
    }

    private static AMP set(String id) {
        return AMP.newBuilder().setSetId(bytes(id)).build();
    }

    private static AMPInvoiceState setState(
            InvoiceHTLCState state, long settleIndex, long settleTime, long amountMsat) {
        return AMPInvoiceState.newBuilder()
                .setState(state)
                .setSettleIndex(settleIndex)
                .setSettleTime(settleTime)
                .setAmtPaidMsat(amountMsat)
                .build();
    }

    private static InvoiceHTLC.Builder htlc(long index, long amountMsat, InvoiceHTLCState state) {
        return InvoiceHTLC.newBuilder()
                .setChanId(77)
                .setHtlcIndex(index)
                .setAmtMsat(amountMsat)
                .setMppTotalAmtMsat(21_000)
                .setState(state);
    }

    private static HTLCAttempt.Builder attempt(
            long id, HTLCAttempt.HTLCStatus status, long feeMsat, long resolvedAt) {
        return HTLCAttempt.newBuilder()
                .setAttemptId(id)
                .setStatus(status)
                .setResolveTimeNs(resolvedAt)
                .setRoute(
                        Route.newBuilder()
                                .setTotalAmtMsat(20_000 + feeMsat)
                                .setTotalFeesMsat(feeMsat)
                                .setTotalTimeLock(500)
                                .addHops(Hop.newBuilder().setChanId(77))
                                .addHops(Hop.newBuilder().setChanId(78)));
    }

    private static ChannelCloseSummary.Builder summary(ChannelCloseSummary.ClosureType type) {
        return ChannelCloseSummary.newBuilder()
                .setChannelPoint(POINT)
                .setCloseType(type)
                .setClosingTxHash("f6".repeat(32))
                .addResolutions(
                        Resolution.newBuilder()
                                .setResolutionType(ResolutionType.INCOMING_HTLC)
                                .setOutcome(ResolutionOutcome.CLAIMED)
                                .setOutpoint(
                                        OutPoint.newBuilder()
                                                .setTxidStr("e5".repeat(32))
                                                .setOutputIndex(2)));
    }

    private static Channel channel(String twoDigits, long updates) {
        return Channel.newBuilder()
                .setChannelPoint(twoDigits.repeat(32) + ":0")
                .setNumUpdates(updates)
                .build();
    }

    private static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }
}
