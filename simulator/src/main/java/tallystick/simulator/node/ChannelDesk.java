package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import tallystick.proto.lnrpc.Amount;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ChannelCommitUpdate;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ChannelEventUpdate.UpdateType;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.PendingUpdate;
import tallystick.simulator.node.SimHtlc.Purpose;
import tallystick.simulator.node.SimTransaction.Output;
import tallystick.simulator.node.SimTransaction.Sight;

/// The node's channels from their opening on, the HTLCs on them, and what is forwarded from one to another. Belongs to the
/// node's lock.
final class ChannelDesk {
    private static final int CONFIRMATIONS = 3;
    private static final long FUNDING_FEE = 659;
    private static final int HEIGHT_SHIFT = 40;
    private static final int POSITION_SHIFT = 16;
    private static final int CLTV_DELTA = 40;
    private static final int CLTV_FINAL = 43;
    private static final long FLUSH_SECONDS = 15;
    private static final long SECOND = 1_000_000_000L;
    private static final int EXPIRY_MARGIN = 2;

    /// A forward, and when the list of forwards knows it.
    record Told(ForwardingEvent event, long visibleFrom) {}

    private final World world;
    private final Map<String, SimChannel> open = new LinkedHashMap<>();
    private final Map<String, SimChannel> pending = new LinkedHashMap<>();
    private final Map<String, SimTransaction> fundings = new LinkedHashMap<>();
    private final Map<String, ChannelCloseSummary> closed = new LinkedHashMap<>();
    private final List<Told> forwards = new ArrayList<>();
    private long lastForwardNanos;

    ChannelDesk(World world) {
        this.world = world;
    }

    List<SimChannel> open() {
        return List.copyOf(open.values());
    }

    List<SimChannel> pending() {
        return List.copyOf(pending.values());
    }

    Map<String, ChannelCloseSummary> closed() {
        return closed;
    }

    boolean isOpen(SimChannel channel) {
        return open.get(channel.point()) == channel;
    }

    Optional<SimChannel> byPoint(String point) {
        return Optional.ofNullable(open.get(point));
    }

    // --- opening

    /// Empty when the wallet has not enough.
    Optional<SimChannel> openByUs(Peer peer, long capacity, long push) {
        String txid = Bytes.hex(world.dice.hash());
        return world.chain
                .fund(txid, capacity, FUNDING_FEE)
                .map(funding -> begin(funding, peer, capacity, true, push));
    }

    SimChannel openByPeer(Peer peer, long capacity, long push) {
        var funding =
                new SimTransaction(
                        Bytes.hex(world.dice.hash()),
                        List.of(),
                        List.of(Output.script(capacity)),
                        Sight.UNSEEN,
                        "",
                        world.nodeSeconds());
        world.chain.broadcast(funding, "");
        return begin(funding, peer, capacity, false, push);
    }

    private SimChannel begin(
            SimTransaction funding, Peer peer, long capacity, boolean isInitiator, long push) {
        int output = 0;
        while (funding.outputs.get(output).sats() != capacity
                || funding.outputs.get(output).isOurs()) {
            output++;
        }
        var channel =
                new SimChannel(
                        funding.txid,
                        output,
                        peer,
                        capacity,
                        isInitiator,
                        push,
                        !isInitiator && world.dice.coin());
        if (world.springs(Trap.UNKNOWN_ENUMS)) {
            channel.commitmentType = Unknown.ENUM;
        }
        pending.put(channel.point(), channel);
        fundings.put(channel.point(), funding);
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.PENDING_OPEN_CHANNEL)
                        .setPendingOpenChannel(
                                PendingUpdate.newBuilder()
                                        .setTxid(Bytes.reversed(channel.txid))
                                        .setOutputIndex(output))
                        .build());
        world.changed(Truth.Kind.CHANNEL, channel.point(), "PENDING_OPEN");
        return channel;
    }

    int confirmationsMissing(SimChannel channel) {
        SimTransaction funding = funding(channel);
        return funding.isConfirmed()
                ? Math.max(0, CONFIRMATIONS - (world.chain.height() - funding.height + 1))
                : CONFIRMATIONS;
    }

    int fundingHeight(SimChannel channel) {
        return funding(channel).height;
    }

    private SimTransaction funding(SimChannel channel) {
        SimTransaction funding = fundings.get(channel.point());
        if (funding == null) {
            throw new IllegalStateException(
                    "funding of %s: none (expected: one)".formatted(channel.point()));
        }
        return funding;
    }

    void onBlock() {
        for (SimChannel channel : pending()) {
            if (confirmationsMissing(channel) == 0) {
                becomeOpen(channel, funding(channel));
            }
        }
        endOverdue();
    }

    private void becomeOpen(SimChannel channel, SimTransaction funding) {
        pending.remove(channel.point());
        open.put(channel.point(), channel);
        channel.openHeight = funding.height;
        channel.chanId =
                ((long) funding.height << HEIGHT_SHIFT)
                        | ((long) world.chain.position(funding) << POSITION_SHIFT)
                        | channel.output;
        channel.isActive = true;
        channel.watchedSince = world.nodeSeconds();
        if (channel.isInitiator) {
            funding.label = "0:openchannel:shortchanid-" + Long.toUnsignedString(channel.chanId);
        }
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.OPEN_CHANNEL)
                        .setOpenChannel(message(channel))
                        .build());
        world.changed(Truth.Kind.CHANNEL, channel.point(), "OPEN");
        tellActive(channel);
    }

    /// HTLCs that are about to run out are given back, as nodes do it before they must close.
    private void endOverdue() {
        for (SimChannel channel : open()) {
            if (world.closings.isClosing(channel)) {
                continue; // Its HTLCs run out on the chain.
            }
            for (SimHtlc htlc : List.copyOf(channel.htlcs)) {
                boolean isOver = htlc.expiryHeight() <= world.chain.height() + EXPIRY_MARGIN;
                if (isOver && channel.htlcs.contains(htlc)) {
                    giveBack(channel, htlc);
                }
            }
        }
    }

    void giveBack(SimChannel channel, SimHtlc htlc) {
        switch (htlc.purpose()) {
            case Purpose.Receive(SimInvoice invoice) -> world.invoices.giveBack(invoice, htlc);
            case Purpose.Send _ -> outgoingEnded(channel, htlc, false);
            case Purpose.Forward(SimForward forward) -> endForward(forward, false);
        }
    }

    // --- what is told

    Channel message(SimChannel channel) {
        return message(channel, 0);
    }

    private Channel message(SimChannel channel, int fresh) {
        Channel message = channel.message(world.nodeSeconds(), fresh);
        return world.withUnknownField()
                ? message.toBuilder().setUnknownFields(Unknown.FIELDS).build()
                : message;
    }

    void tellActive(SimChannel channel) {
        channel.isActive = true;
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.ACTIVE_CHANNEL)
                        .setActiveChannel(channel.pointMessage())
                        .build());
    }

    void tellInactive(SimChannel channel) {
        channel.isActive = false;
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.INACTIVE_CHANNEL)
                        .setInactiveChannel(channel.pointMessage())
                        .build());
    }

    /// The commitment changed once.
    void updated(SimChannel channel) {
        channel.updates++;
        int fresh = Math.max(0, channel.htlcs.size() - channel.committedHtlcs);
        channel.committedHtlcs = channel.htlcs.size();
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.CHANNEL_UPDATE)
                        .setUpdatedChannel(
                                ChannelCommitUpdate.newBuilder()
                                        .setChannel(message(channel, fresh)))
                        .build());
        if (world.springs(Trap.UNKNOWN_ENUMS)) {
            world.feeds.channel(ChannelEventUpdate.newBuilder().setTypeValue(Unknown.ENUM).build());
        }
    }

    ChannelBalanceResponse balance() {
        return ChannelBalanceResponse.newBuilder()
                .setBalance(sum(open, SimChannel::localMsat) / SimChannel.MSAT)
                .setPendingOpenBalance(sum(pending, SimChannel::localMsat) / SimChannel.MSAT)
                .setLocalBalance(amount(sum(open, SimChannel::localMsat)))
                .setRemoteBalance(amount(sum(open, SimChannel::remoteMsat)))
                .setUnsettledLocalBalance(amount(sum(open, SimChannel::incomingMsat)))
                .setUnsettledRemoteBalance(amount(sum(open, SimChannel::outgoingMsat)))
                .setPendingOpenLocalBalance(amount(sum(pending, SimChannel::localMsat)))
                .setPendingOpenRemoteBalance(amount(sum(pending, SimChannel::remoteMsat)))
                .build();
    }

    private static long sum(Map<String, SimChannel> channels, ToLongFunction<SimChannel> amount) {
        return channels.values().stream().mapToLong(amount).sum();
    }

    private static Amount amount(long msat) {
        return Amount.newBuilder().setSat(msat / SimChannel.MSAT).setMsat(msat).build();
    }

    // --- HTLCs

    SimHtlc addIncoming(SimChannel channel, long msat, ByteString hash, Purpose purpose) {
        channel.theirs -= msat;
        var htlc =
                new SimHtlc(
                        true,
                        msat,
                        hash,
                        world.chain.height() + CLTV_FINAL,
                        channel.nextIncoming++,
                        purpose);
        channel.htlcs.add(htlc);
        return htlc;
    }

    SimHtlc addOutgoing(SimChannel channel, long msat, ByteString hash, Purpose purpose) {
        channel.ours -= msat;
        var htlc =
                new SimHtlc(
                        false,
                        msat,
                        hash,
                        world.chain.height() + CLTV_FINAL,
                        channel.nextOutgoing++,
                        purpose);
        channel.htlcs.add(htlc);
        return htlc;
    }

    /// An HTLC leaves its channel, or, if that is being closed, what becomes of it on the chain is now known.
    void remove(SimChannel channel, SimHtlc htlc, boolean isSettled) {
        if (world.closings.isClosing(channel)) {
            world.closings.decided(channel, htlc, isSettled);
        } else {
            take(channel, htlc, isSettled);
            updated(channel);
        }
    }

    private static void take(SimChannel channel, SimHtlc htlc, boolean isSettled) {
        if (!channel.htlcs.remove(htlc)) {
            throw new IllegalStateException(
                    "HTLC %d of %s: gone (expected: once)"
                            .formatted(htlc.index(), channel.point()));
        }
        if (htlc.isIncoming() == isSettled) {
            channel.ours += htlc.msat();
        } else {
            channel.theirs += htlc.msat();
        }
        if (isSettled && htlc.isIncoming()) {
            channel.receivedMsat += htlc.msat();
        } else if (isSettled) {
            channel.sentMsat += htlc.msat();
        }
    }

    /// The peer, or the chain, has said what became of an HTLC that we sent.
    void outgoingEnded(SimChannel channel, SimHtlc htlc, boolean isSettled) {
        switch (htlc.purpose()) {
            case Purpose.Send(SimPayment payment, long attemptId) -> {
                world.payments.attemptEnded(payment, attemptId, isSettled);
                remove(channel, htlc, isSettled);
            }
            case Purpose.Forward(SimForward forward) -> endForward(forward, isSettled);
            case Purpose.Receive _ ->
                    throw new IllegalStateException("HTLC: received (expected: a sent one)");
        }
    }

    static Optional<SimHtlc> htlc(SimChannel channel, boolean isIncoming, long index) {
        return channel.htlcs.stream()
                .filter(each -> each.isIncoming() == isIncoming && each.index() == index)
                .findFirst();
    }

    // --- forwards

    SimForward beginForward(SimChannel in, SimChannel out, long inMsat, long outMsat) {
        var forward = new SimForward(in, in.nextIncoming, inMsat, out, out.nextOutgoing, outMsat);
        ByteString hash = world.dice.hash();
        int expiry = world.chain.height() + CLTV_FINAL;
        in.theirs -= inMsat;
        in.htlcs.add(
                new SimHtlc(
                        true,
                        inMsat,
                        hash,
                        expiry + CLTV_DELTA,
                        in.nextIncoming++,
                        new Purpose.Forward(forward)));
        updated(in);
        addOutgoing(out, outMsat, hash, new Purpose.Forward(forward));
        updated(out);
        return forward;
    }

    void endForward(SimForward forward, boolean isSettled) {
        htlc(forward.out(), false, forward.outIndex())
                .ifPresent(htlc -> remove(forward.out(), htlc, isSettled));
        if (isSettled) {
            record(forward);
        }
        htlc(forward.in(), true, forward.inIndex())
                .ifPresent(htlc -> remove(forward.in(), htlc, isSettled));
    }

    private void record(SimForward forward) {
        long nanos = Math.max(world.nodeNanos(), lastForwardNanos + 1);
        lastForwardNanos = nanos;
        long visibleFrom =
                world.springs(Trap.LATE_FORWARDS)
                        ? world.clock.nanos() + world.trapDice.between(1, FLUSH_SECONDS) * SECOND
                        : world.clock.nanos();
        forwards.add(new Told(forward.event(nanos), visibleFrom));
        world.changed(
                Truth.Kind.FORWARD,
                Long.toUnsignedString(forward.in().chanId) + ":" + forward.inIndex(),
                "SETTLED");
    }

    List<Told> forwards() {
        return forwards;
    }

    // --- ends

    /// It is open no more, and the chain has the word.
    void close(SimChannel channel) {
        open.remove(channel.point());
    }

    void resolved(ChannelCloseSummary summary) {
        closed.put(summary.getChannelPoint(), summary);
        fundings.remove(summary.getChannelPoint());
    }

    void forget() {
        closed.clear();
        forwards.clear();
    }
}
