package tallystick.ops.bench;

import java.time.Instant;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.SplittableRandom;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.ChainInput;
import tallystick.proto.v1.ChainOutput;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.Initiator;

/// What happens on chain to one node, round by round: the wallet gets a coin, a channel is opened with it, and is closed
/// together with its peer, which gives the next. All is told twice, before and in its block, and booked; but for what is planted. One thread.
final class ChainMix {
    private static final long CAPACITY_MIN_SAT = 500_000;
    private static final int CAPACITY_SPREAD_SAT = 2_000_000;
    private static final long FEE_SAT = 412;

    /// Deep below the height that coverage tells of.
    private static final int HEIGHT = 880_000;

    private static final int STEPS = 3;

    /// Where records and entries go.
    interface Sink {
        Envelope envelope(NodeId node, Instant at, String type);

        void now(Topic topic, String key, byte[] value);

        void booked(
                String key, String id, EntryKind kind, NodeId node, String reference, long msat);
    }

    private final NodeId node;
    private final SplittableRandom random;
    private final SortedMap<String, Long> planted;
    private final String source;
    private long steps;
    private String coin = "";
    private long coinSat;
    private ChannelRecord channel = ChannelRecord.getDefaultInstance();

    /// @param planted counts what is planted, by code
    ChainMix(NodeId node, long seed, SortedMap<String, Long> planted) {
        this.node = node;
        this.random = new SplittableRandom(seed);
        this.planted = planted;
        this.source = node.pubkey().substring(0, 8);
    }

    /// The next step.
    void next(Sink sink, Instant at, boolean isPlanted) {
        switch ((int) (steps++ % STEPS)) {
            case 0 -> deposit(sink, at, isPlanted);
            case 1 -> open(sink, at, isPlanted);
            default -> close(sink, at, isPlanted);
        }
    }

    private void deposit(Sink sink, Instant at, boolean isPlanted) {
        long sat = CAPACITY_MIN_SAT + random.nextInt(CAPACITY_SPREAD_SAT);
        ChainRecord.Builder tx =
                transaction(sat, "")
                        .addInputs(input(txid() + ":1", false))
                        .addOutputs(output(0, sat, true));
        tell(sink, tx, at);
        book(
                sink,
                EntryKind.ENTRY_KIND_CHAIN_RECEIPT,
                "tx:" + tx.getTxid(),
                sat,
                isPlanted ? "ONCHAIN_TX_NOT_BOOKED" : "");
        coin = tx.getTxid() + ":0";
        coinSat = sat;
    }

    private void open(Sink sink, Instant at, boolean isPlanted) {
        long capacity = coinSat / 2;
        ChainRecord.Builder tx =
                transaction(-capacity - FEE_SAT, "0:openchannel:shortchanid-1")
                        .addInputs(input(coin, true))
                        .addOutputs(output(0, capacity, false))
                        .addOutputs(output(1, coinSat - capacity - FEE_SAT, true))
                        .setFeeSat(FEE_SAT);
        tell(sink, tx, at);
        channel =
                ChannelRecord.newBuilder()
                        .setEnvelope(sink.envelope(node, at, "lnrpc.Channel"))
                        .setChannelPoint(tx.getTxid() + ":0")
                        .setChanId(((long) HEIGHT << 40) | (1L << 39) | (steps << 16))
                        .setState(ChannelState.CHANNEL_STATE_OPEN)
                        .setCapacitySat(capacity)
                        .setPushKnown(true)
                        .setOpener(Initiator.INITIATOR_LOCAL)
                        .build();
        sink.now(Topic.CHANNELS, node.pubkey(), channel.toByteArray());
        book(
                sink,
                EntryKind.ENTRY_KIND_CHANNEL_OPEN,
                "channel:" + channel.getChannelPoint(),
                capacity,
                isPlanted ? "OPEN_UNBOOKED" : "");
        book(sink, EntryKind.ENTRY_KIND_CHAIN_FEE, "tx:" + tx.getTxid(), FEE_SAT, "");
    }

    private void close(Sink sink, Instant at, boolean isPlanted) {
        long back = channel.getCapacitySat() - FEE_SAT;
        ChainRecord.Builder tx =
                transaction(back, "0:closechannel:shortchanid-1")
                        .addInputs(input(channel.getChannelPoint(), false))
                        .addOutputs(output(0, back, true));
        tell(sink, tx, at);
        sink.now(
                Topic.CHANNELS,
                node.pubkey(),
                channel.toBuilder()
                        .setEnvelope(sink.envelope(node, at, "lnrpc.ChannelCloseSummary"))
                        .setState(ChannelState.CHANNEL_STATE_CLOSED)
                        .setClosingTxid(tx.getTxid())
                        .setCloseType("COOPERATIVE_CLOSE")
                        .setCloseHeight(HEIGHT)
                        .setSettledBalanceSat(back)
                        .build()
                        .toByteArray());
        String reference = "channel:" + channel.getChannelPoint();
        book(
                sink,
                EntryKind.ENTRY_KIND_CHANNEL_CLOSE,
                reference,
                back,
                isPlanted ? "CLOSE_UNBOOKED" : "");
        book(sink, EntryKind.ENTRY_KIND_CHAIN_FEE, reference, FEE_SAT, "");
    }

    private ChainRecord.Builder transaction(long changeSat, String label) {
        return ChainRecord.newBuilder().setTxid(txid()).setChangeSat(changeSat).setLabel(label);
    }

    private void tell(Sink sink, ChainRecord.Builder tx, Instant at) {
        tx.setEnvelope(sink.envelope(node, at, "lnrpc.Transaction")).setTime(at.getEpochSecond());
        sink.now(Topic.CHAIN, node.pubkey(), tx.build().toByteArray());
        tx.setIsConfirmed(true).setBlockHash("block-" + steps).setBlockHeight(HEIGHT);
        sink.now(Topic.CHAIN, node.pubkey(), tx.build().toByteArray());
    }

    private void book(Sink sink, EntryKind kind, String reference, long sat, String missing) {
        if (!missing.isEmpty()) {
            planted.merge(missing, 1L, Long::sum);
            return;
        }
        sink.booked(
                node.pubkey(),
                "c%s-%d-%s".formatted(source, steps, kind.name()),
                kind,
                node,
                reference,
                sat * 1_000);
    }

    private String txid() {
        byte[] id = new byte[32];
        random.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    private static ChainInput input(String outpoint, boolean isOurs) {
        return ChainInput.newBuilder().setOutpoint(outpoint).setIsOurs(isOurs).build();
    }

    private static ChainOutput output(int index, long sat, boolean isOurs) {
        return ChainOutput.newBuilder().setIndex(index).setAmountSat(sat).setIsOurs(isOurs).build();
    }
}
