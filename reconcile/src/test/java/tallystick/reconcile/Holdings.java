package tallystick.reconcile;

import static tallystick.reconcile.Fact.at;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.ChainInput;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelBalance;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.Initiator;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptHtlc;
import tallystick.proto.v1.ReceiptState;

/// What a node really holds, told as lnd tells it: whole satoshis for each channel, an exact sum over all of them. Every movement
/// changes it and gives the record that a node would make of it. Not thread-safe.
final class Holdings {
    private static final long ANCHORS_SAT = 660;
    private static final long FEE_SAT = 843;

    private final NodeId node;
    private final Map<Long, Channel> channels = new TreeMap<>();
    private long walletSat;
    private long lockedSat;
    private long incomingMsat;

    Holdings(NodeId node) {
        this.node = node;
    }

    private static final class Channel {
        private final String point;
        private final long capacitySat;
        private final boolean weOpened;
        private long claimMsat;
        private long updates;
        private int pendingHtlcs;

        private Channel(String point, long capacitySat, boolean weOpened, long claimMsat) {
            this.point = point;
            this.capacitySat = capacitySat;
            this.weOpened = weOpened;
            this.claimMsat = claimMsat;
        }

        private void move(long msat) {
            claimMsat += msat;
            updates += 2;
        }

        private long remoteMsat() {
            long ours = capacitySat * 1_000 - claimMsat;
            return weOpened ? ours : ours - (FEE_SAT + ANCHORS_SAT) * 1_000;
        }

        private long localMsat() {
            return weOpened ? claimMsat - (FEE_SAT + ANCHORS_SAT) * 1_000 : claimMsat;
        }
    }

    static String point(long chanId) {
        return "%064x:1".formatted(0xc0de_0000_0000L + chanId);
    }

    static String txid(int number) {
        return "%064x".formatted(0xdead_0000L + number);
    }

    /// Opens a channel: by the node from its wallet, or by the peer.
    List<Fact> open(long chanId, long capacitySat, long pushSat, boolean weOpened, int minute) {
        long claim = (weOpened ? capacitySat - pushSat : pushSat) * 1_000;
        channels.put(chanId, new Channel(point(chanId), capacitySat, weOpened, claim));
        List<Fact> facts = new ArrayList<>();
        facts.add(
                fact(
                        Topic.CHANNELS,
                        ChannelRecord.newBuilder()
                                .setEnvelope(envelope(minute))
                                .setChannelPoint(point(chanId))
                                .setChanId(chanId)
                                .setState(ChannelState.CHANNEL_STATE_OPEN)
                                .setCapacitySat(capacitySat)
                                .setPushSat(pushSat)
                                .setPushKnown(true)
                                .setOpener(
                                        weOpened
                                                ? Initiator.INITIATOR_LOCAL
                                                : Initiator.INITIATOR_REMOTE)
                                .build()
                                .toByteArray()));
        if (weOpened) {
            walletSat -= capacitySat + 200;
            String point = point(chanId);
            facts.add(
                    transaction(
                            point.substring(0, point.indexOf(':')),
                            -capacitySat - 200,
                            true,
                            minute));
        }
        return facts;
    }

    Fact receive(long chanId, int hash, long msat, int minute) {
        channel(chanId).move(msat);
        return received(chanId, hash, msat, minute);
    }

    /// Told, and never happened.
    Fact received(long chanId, int hash, long msat, int minute) {
        long second = at(minute).getEpochSecond();
        return new Fact(
                Topic.INVOICES,
                Fact.hash(hash),
                InvoiceRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setPaymentHash(hash(hash))
                        .setState(ReceiptState.RECEIPT_STATE_SETTLED)
                        .setReceivedMsat(msat)
                        .setCreatedAt(second - 60)
                        .setSettledAt(second)
                        .addHtlcs(
                                ReceiptHtlc.newBuilder()
                                        .setChanId(chanId)
                                        .setHtlcIndex(hash)
                                        .setAmountMsat(msat)
                                        .setTotalMsat(msat)
                                        .setState(HtlcState.HTLC_STATE_SETTLED)
                                        .setAcceptedAt(second)
                                        .setResolvedAt(second))
                        .build()
                        .toByteArray());
    }

    Fact send(long chanId, int hash, long msat, long fee, int minute) {
        channel(chanId).move(-msat - fee);
        long nanos = Times.nanos(at(minute));
        return new Fact(
                Topic.PAYMENTS,
                Fact.hash(hash),
                PaymentRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setPaymentHash(hash(hash))
                        .setState(PaymentState.PAYMENT_STATE_SUCCEEDED)
                        .setAmountMsat(msat)
                        .setFeeMsat(fee)
                        .setCreatedAtNs(nanos)
                        .setResolvedAtNs(nanos)
                        .addAttempts(
                                PaymentAttempt.newBuilder()
                                        .setAttemptId(hash)
                                        .setChanId(chanId)
                                        .setTotalMsat(msat + fee)
                                        .setFeeMsat(fee)
                                        .setSentAtNs(nanos)
                                        .setResolvedAtNs(nanos)
                                        .setState(HtlcState.HTLC_STATE_SETTLED))
                        .build()
                        .toByteArray());
    }

    Fact forward(long in, long out, int htlc, long outMsat, long fee, int minute) {
        channel(in).move(outMsat + fee);
        channel(out).move(-outMsat);
        ItemKey key =
                ItemKey.of(
                        node,
                        new Reference.Forward(Long.toUnsignedString(in), String.valueOf(htlc)));
        return new Fact(
                Topic.FORWARDS,
                RecordKeys.of(key),
                ForwardRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setChanIdIn(in)
                        .setChanIdOut(out)
                        .setHtlcIdIn(htlc)
                        .setHasHtlcId(true)
                        .setAmountInMsat(outMsat + fee)
                        .setAmountOutMsat(outMsat)
                        .setSettledAtNs(Times.nanos(at(minute)))
                        .build()
                        .toByteArray());
    }

    Fact deposit(int number, long sat, int minute) {
        walletSat += sat;
        return transaction(txid(number), sat, true, minute);
    }

    /// A channel closes together; all of our share comes home by the given transaction, but for the fee.
    ///
    /// @return the closing transaction, and the channel's last records
    List<Fact> close(long chanId, String txid, int minute) {
        Channel channel = channel(chanId);
        channels.remove(chanId);
        long back = Math.max(0, channel.claimMsat / 1_000 - 300);
        walletSat += back;
        return List.of(
                transaction(txid, back, true, minute, channel.point),
                ended(channel, chanId, txid, ChannelState.CHANNEL_STATE_CLOSING, minute),
                ended(channel, chanId, txid, ChannelState.CHANNEL_STATE_CLOSED, minute));
    }

    /// The peer closes a channel by force, and a transaction of ours sweeps our share.
    ///
    /// @return the sweep, and the channel's last records
    List<Fact> closeByForce(long chanId, String commitment, String txid, int minute) {
        Channel channel = channel(chanId);
        channels.remove(chanId);
        long back = Math.max(0, channel.claimMsat / 1_000 - 2_000);
        walletSat += back;
        return List.of(
                transaction(txid, back, true, minute, commitment + ":0"),
                ended(
                        channel,
                        chanId,
                        commitment,
                        ChannelState.CHANNEL_STATE_FORCE_CLOSING,
                        minute),
                ended(channel, chanId, commitment, ChannelState.CHANNEL_STATE_CLOSED, minute));
    }

    /// A channel closes, and the list of open ones still shows it.
    Fact closing(long chanId, String txid, int minute) {
        return ended(channel(chanId), chanId, txid, ChannelState.CHANNEL_STATE_CLOSING, minute);
    }

    private Fact ended(Channel channel, long chanId, String txid, ChannelState state, int minute) {
        return fact(
                Topic.CHANNELS,
                ChannelRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setChannelPoint(channel.point)
                        .setChanId(chanId)
                        .setState(state)
                        .setCapacitySat(channel.capacitySat)
                        .setClosingTxid(txid)
                        .setOpener(
                                channel.weOpened
                                        ? Initiator.INITIATOR_LOCAL
                                        : Initiator.INITIATOR_REMOTE)
                        .build()
                        .toByteArray());
    }

    long claimMsat(long chanId) {
        return channel(chanId).claimMsat;
    }

    boolean weOpened(long chanId) {
        return channel(chanId).weOpened;
    }

    Fact transaction(
            String txid, long changeSat, boolean isConfirmed, int minute, String... outpoints) {
        ChainRecord.Builder record =
                ChainRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setTxid(txid)
                        .setChangeSat(changeSat)
                        .setIsConfirmed(isConfirmed)
                        .setBlockHeight(isConfirmed ? 100 : 0)
                        .setLabel(outpoints.length > 0 ? "0:sweep" : "")
                        .setTime(at(minute).getEpochSecond());
        for (String outpoint : outpoints) {
            record.addInputs(ChainInput.newBuilder().setOutpoint(outpoint));
        }
        return fact(Topic.CHAIN, record.build().toByteArray());
    }

    /// The node lists a transaction no more.
    Fact gone(String txid, int minute, String outpoint) {
        ChainRecord record =
                ChainRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setTxid(txid)
                        .setIsGone(true)
                        .setLabel("0:sweep")
                        .setTime(at(minute).getEpochSecond())
                        .addInputs(ChainInput.newBuilder().setOutpoint(outpoint))
                        .build();
        return fact(Topic.CHAIN, record.toByteArray());
    }

    /// The wallet's total as the node tells it moves.
    void walletMoves(long sat) {
        walletSat += sat;
    }

    void lock(long sat) {
        walletSat -= sat;
        lockedSat += sat;
    }

    /// So many HTLCs stand on the channel, with so much to come in.
    void pend(long chanId, int htlcs, long incoming) {
        channel(chanId).pendingHtlcs = htlcs;
        incomingMsat = incoming;
    }

    Fact balances(int minute) {
        BalanceRecord.Builder record =
                BalanceRecord.newBuilder()
                        .setEnvelope(envelope(minute))
                        .setWalletTotalSat(walletSat)
                        .setWalletLockedSat(lockedSat)
                        .setUnsettledIncomingMsat(incomingMsat);
        long local = 0;
        for (Map.Entry<Long, Channel> entry : channels.entrySet()) {
            Channel channel = entry.getValue();
            local += channel.localMsat();
            record.addChannels(
                    ChannelBalance.newBuilder()
                            .setChannelPoint(channel.point)
                            .setChanId(entry.getKey())
                            .setCapacitySat(channel.capacitySat)
                            .setLocalSat(channel.localMsat() / 1_000)
                            .setRemoteSat(channel.remoteMsat() / 1_000)
                            .setWeOpened(channel.weOpened)
                            .setNumUpdates(channel.updates)
                            .setPendingHtlcs(channel.pendingHtlcs)
                            .setIsQuiet(channel.pendingHtlcs == 0));
        }
        return fact(Topic.BALANCES, record.setChannelsLocalMsat(local).build().toByteArray());
    }

    private Channel channel(long chanId) {
        return java.util.Objects.requireNonNull(channels.get(chanId));
    }

    private Fact fact(Topic topic, byte[] value) {
        return new Fact(topic, RecordKeys.of(node), value);
    }

    private Envelope envelope(int minute) {
        return Envelope.newBuilder()
                .setNode(node.pubkey())
                .setObservedAtNs(Times.nanos(at(minute)))
                .build();
    }

    private static ByteString hash(int number) {
        return ByteString.copyFrom(HexFormat.of().parseHex(Fact.hash(number)));
    }
}
