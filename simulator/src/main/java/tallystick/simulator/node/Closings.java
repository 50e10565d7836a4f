package tallystick.simulator.node;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.proto.lnrpc.ChannelCloseSummary.ClosureType;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ChannelEventUpdate.UpdateType;
import tallystick.proto.lnrpc.ResolutionOutcome;
import tallystick.proto.lnrpc.ResolutionType;
import tallystick.simulator.node.Closing.Part;
import tallystick.simulator.node.SimTransaction.Input;
import tallystick.simulator.node.SimTransaction.Output;
import tallystick.simulator.node.SimTransaction.Sight;
import tallystick.simulator.node.Wallet.Coin;

/// Channels that are being closed, block by block: cooperatively, by our commitment or by the peer's. Belongs to the node's
/// lock.
final class Closings {
    private static final long COOPERATIVE_FEE = 768;
    private static final long SWEEP_FEE = 135;
    private static final long SWEEP_FEE_BETTER = 9345;
    private static final long SWEEP_FEE_REMOTE = 3068;
    private static final long HTLC_FEE_REMOTE = 3875;
    private static final long FIRST_STAGE_FEE = 270;
    private static final long ANCHOR_CHILD_FEE = 1500;
    private static final int ONE_IN = 4;
    private static final int CLAIM_WITHIN = 4;

    private final World world;
    private final Map<String, Closing> closings = new LinkedHashMap<>();

    Closings(World world) {
        this.world = world;
    }

    List<Closing> all() {
        return List.copyOf(closings.values());
    }

    /// From the moment on in which its closing transaction is on its way, even if lnd has not seen it yet.
    boolean isClosing(SimChannel channel) {
        return closings.containsKey(channel.point());
    }

    // --- beginnings

    /// Without HTLCs only.
    Closing cooperative(SimChannel channel, boolean isByUs) {
        requireNot(!channel.htlcs.isEmpty() || isClosing(channel), channel);
        long ours = channel.ours / SimChannel.MSAT - (channel.isInitiator ? COOPERATIVE_FEE : 0);
        long theirs =
                channel.theirs / SimChannel.MSAT - (channel.isInitiator ? 0 : COOPERATIVE_FEE);
        var outputs = new ArrayList<Output>();
        if (theirs >= SimChannel.DUST) {
            outputs.add(Output.theirs(theirs));
        }
        boolean isPaid = ours >= SimChannel.DUST;
        if (isPaid) {
            outputs.add(Output.ours(ours));
        }
        SimTransaction transaction =
                closingTransaction(channel, outputs, isPaid ? Sight.SEEN : Sight.UNSEEN);
        var closing =
                new Closing(
                        channel,
                        ClosureType.COOPERATIVE_CLOSE,
                        isByUs,
                        transaction,
                        isPaid ? ours : 0,
                        Bytes.hex(world.dice.hash()));
        begin(closing);
        leave(channel, "WAITING_CLOSE");
        world.chain.broadcast(transaction, "");
        return closing;
    }

    Closing force(SimChannel channel, boolean isByUs) {
        return force(channel, isByUs, true);
    }

    /// @param isByChance whether an anchor may pay, a sweep may be replaced, an HTLC may be claimed by the peer
    Closing force(SimChannel channel, boolean isByUs, boolean isByChance) {
        requireNot(isClosing(channel), channel);
        var outputs = new ArrayList<Output>();
        var parts = new ArrayList<Part>();
        if (channel.localSats() >= SimChannel.DUST || !channel.htlcs.isEmpty()) {
            outputs.add(Output.script(SimChannel.ANCHOR));
        }
        if (channel.remoteSats() >= SimChannel.DUST || !channel.htlcs.isEmpty()) {
            outputs.add(Output.script(SimChannel.ANCHOR));
        }
        var byValue = new ArrayList<>(channel.htlcs);
        byValue.sort(Comparator.comparingLong(SimHtlc::sats));
        for (SimHtlc htlc : byValue) {
            parts.add(part(htlc, outputs.size(), isByChance));
            outputs.add(Output.script(htlc.sats()));
        }
        if (channel.remoteSats() >= SimChannel.DUST) {
            outputs.add(Output.script(channel.remoteSats()));
        }
        boolean isPaid = channel.localSats() >= SimChannel.DUST;
        if (isPaid) {
            var own = new Part(ResolutionType.COMMIT, outputs.size(), channel.localSats(), null);
            own.isOurs = true;
            parts.add(own);
            outputs.add(Output.script(channel.localSats()));
        }
        SimTransaction transaction =
                closingTransaction(channel, outputs, isByUs ? Sight.BROADCAST_ONLY : Sight.UNSEEN);
        var closing =
                new Closing(
                        channel,
                        isByUs ? ClosureType.LOCAL_FORCE_CLOSE : ClosureType.REMOTE_FORCE_CLOSE,
                        isByUs,
                        transaction,
                        isPaid ? channel.localSats() : 0,
                        Bytes.hex(world.dice.hash()));
        closing.parts.addAll(parts);
        closing.isByChance = isByChance;
        begin(closing);
        if (isByUs) {
            leave(channel, "WAITING_CLOSE");
        }
        world.chain.broadcast(transaction, transaction.label);
        if (isByUs && isByChance && world.dice.below(ONE_IN) == 0) {
            helpByAnchor(closing);
        }
        return closing;
    }

    private static void requireNot(boolean isWrong, SimChannel channel) {
        if (isWrong) {
            throw new IllegalStateException(
                    "close %s: closing, or HTLCs in flight (expected: neither)"
                            .formatted(channel.point()));
        }
    }

    private Part part(SimHtlc htlc, int output, boolean isByChance) {
        var part =
                new Part(
                        htlc.isIncoming()
                                ? ResolutionType.INCOMING_HTLC
                                : ResolutionType.OUTGOING_HTLC,
                        output,
                        htlc.sats(),
                        htlc);
        if (isByChance && !htlc.isIncoming() && world.dice.coin()) {
            part.claimedByPeerAt =
                    world.chain.height() + CLAIM_WITHIN + world.dice.below(CLAIM_WITHIN);
        }
        return part;
    }

    private SimTransaction closingTransaction(
            SimChannel channel, List<Output> outputs, Sight sight) {
        return new SimTransaction(
                Bytes.hex(world.dice.hash()),
                List.of(new Input(channel.point(), false, 0)),
                outputs,
                sight,
                "0:closechannel:shortchanid-" + Long.toUnsignedString(channel.chanId),
                world.nodeSeconds());
    }

    private void begin(Closing closing) {
        closings.put(closing.channel.point(), closing);
    }

    private void leave(SimChannel channel, String state) {
        world.channels.close(channel);
        world.channels.tellInactive(channel);
        world.changed(Truth.Kind.CHANNEL, channel.point(), state);
    }

    /// A child of the anchor pays, so that the commitment gets into a block.
    private void helpByAnchor(Closing closing) {
        boolean hasAnchor = closing.transaction.outputs.getFirst().sats() == SimChannel.ANCHOR;
        Optional<Coin> coin = world.chain.coinForFee(ANCHOR_CHILD_FEE);
        if (hasAnchor && coin.isPresent()) {
            SimTransaction child =
                    world.chain.newTransaction(
                            List.of(spent(closing.transaction, 0), coin.get().spent()),
                            List.of(
                                    Output.ours(
                                            coin.get().sats()
                                                    + SimChannel.ANCHOR
                                                    - ANCHOR_CHILD_FEE)),
                            ChainDesk.SWEEP);
            world.chain.broadcast(child, "");
            var anchor = new Part(ResolutionType.ANCHOR, 0, SimChannel.ANCHOR, null);
            anchor.isOurs = true;
            anchor.sweep = child;
            closing.parts.add(anchor);
        }
    }

    // --- on the chain

    void onBlock() {
        for (Closing closing : all()) {
            if (closing.isCooperative()) {
                onBlockCooperative(closing);
            } else if (closing.isDeep(world.chain.height())) {
                onBlockForced(closing);
            }
        }
    }

    private void onBlockCooperative(Closing closing) {
        if (closing.transaction.isConfirmed() && !closing.isTold) {
            tellClosed(closing);
        }
        if (closing.isDeep(world.chain.height())) {
            finish(closing);
        }
    }

    private void onBlockForced(Closing closing) {
        if (!closing.isTold) {
            if (!closing.isByUs) {
                leave(closing.channel, "PENDING_FORCE_CLOSE");
            }
            tellClosed(closing);
        }
        closing.parts.stream()
                .filter(part -> !part.isDone)
                .toList()
                .forEach(part -> onBlock(closing, part));
        if (closing.isResolved()) {
            finish(closing);
        }
    }

    private void tellClosed(Closing closing) {
        closing.isTold = true;
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.CLOSED_CHANNEL)
                        .setClosedChannel(closing.summary(false))
                        .build());
        world.changed(Truth.Kind.CHANNEL, closing.channel.point(), "CLOSED");
    }

    private void finish(Closing closing) {
        closings.remove(closing.channel.point());
        world.channels.resolved(closing.summary(true));
        world.feeds.channel(
                ChannelEventUpdate.newBuilder()
                        .setType(UpdateType.FULLY_RESOLVED_CHANNEL)
                        .setFullyResolvedChannel(closing.channel.pointMessage())
                        .build());
        world.changed(Truth.Kind.CHANNEL, closing.channel.point(), "FULLY_RESOLVED");
    }

    private void onBlock(Closing closing, Part part) {
        SimTransaction sweep = part.sweep;
        if (sweep != null) {
            if (sweep.isConfirmed()) {
                swept(closing, part, sweep);
            }
            return;
        }
        SimTransaction firstStage = part.firstStage;
        if (firstStage != null) {
            onFirstStage(closing, part, firstStage);
            return;
        }
        switch (part.type) {
            case COMMIT -> sweepOwn(closing, part);
            case OUTGOING_HTLC -> onOutgoing(closing, part);
            case INCOMING_HTLC -> onIncoming(closing, part);
            default ->
                    throw new IllegalStateException(
                            "part: %s (expected: with a sweep)".formatted(part.type));
        }
    }

    private void sweepOwn(Closing closing, Part part) {
        if (world.chain.height() + 1 < closing.maturity()) {
            return;
        }
        long fee = closing.isLocalForce() ? SWEEP_FEE : SWEEP_FEE_REMOTE;
        part.sweep = sweep(closing.transaction, part.output, part.sats, fee);
        if (closing.isByChance
                && world.dice.below(ONE_IN) == 0
                && part.sats > 2 * SWEEP_FEE_BETTER) {
            part.sweep = sweep(closing.transaction, part.output, part.sats, SWEEP_FEE_BETTER);
        }
    }

    /// The fee is no more than a quarter: what is swept is always worth it.
    private SimTransaction sweep(SimTransaction from, int output, long sats, long fee) {
        SimTransaction sweep =
                world.chain.newTransaction(
                        List.of(spent(from, output)),
                        List.of(Output.ours(sats - Math.min(fee, sats / ONE_IN))),
                        ChainDesk.SWEEP);
        world.chain.broadcast(sweep, "");
        return sweep;
    }

    private static Input spent(SimTransaction from, int output) {
        return new Input(from.outpoint(output), false, 0);
    }

    private void onOutgoing(Closing closing, Part part) {
        SimHtlc htlc = part.theHtlc();
        if (part.claimedByPeerAt > 0 && world.chain.height() >= part.claimedByPeerAt) {
            world.channels.outgoingEnded(closing.channel, htlc, true);
        } else if (part.claimedByPeerAt == 0 && world.chain.height() >= htlc.expiryHeight()) {
            if (closing.isLocalForce()) {
                beginFirstStage(closing, part);
            } else {
                part.sweep = sweep(closing.transaction, part.output, part.sats, SWEEP_FEE);
            }
        }
    }

    private void onIncoming(Closing closing, Part part) {
        if (part.isOurs == null && world.chain.height() >= part.theHtlc().expiryHeight()) {
            world.channels.giveBack(closing.channel, part.theHtlc());
        }
        if (part.isOurs == null || !part.isOurs) {
            return;
        }
        if (closing.isLocalForce()) {
            beginFirstStage(closing, part);
        } else {
            part.sweep = sweep(closing.transaction, part.output, part.sats, HTLC_FEE_REMOTE);
        }
    }

    /// From our own commitment an HTLC comes in two steps. A coin of the wallet pays for the first; without one it waits.
    private void beginFirstStage(Closing closing, Part part) {
        world.chain
                .coinForFee(FIRST_STAGE_FEE)
                .ifPresent(
                        coin -> {
                            SimTransaction stage =
                                    world.chain.newTransaction(
                                            List.of(
                                                    spent(closing.transaction, part.output),
                                                    coin.spent()),
                                            List.of(
                                                    Output.script(part.sats),
                                                    Output.ours(coin.sats() - FIRST_STAGE_FEE)),
                                            ChainDesk.SWEEP);
                            world.chain.broadcast(stage, "");
                            part.firstStage = stage;
                        });
    }

    private void onFirstStage(Closing closing, Part part, SimTransaction stage) {
        if (!stage.isConfirmed()) {
            return;
        }
        if (stage.height == world.chain.height()) {
            closing.resolution(
                    part.type,
                    ResolutionOutcome.FIRST_STAGE,
                    closing.transaction,
                    part.output,
                    part.sats,
                    stage);
            timedOut(closing, part);
        }
        if (world.chain.height() + 1 >= stage.height + SimChannel.CSV_DELAY) {
            part.sweep = sweep(stage, 0, part.sats, SWEEP_FEE);
        }
    }

    private void swept(Closing closing, Part part, SimTransaction sweep) {
        SimTransaction stage = part.firstStage;
        if (stage == null) {
            timedOut(closing, part);
        }
        part.isDone = true;
        closing.resolution(
                part.type,
                part.type == ResolutionType.OUTGOING_HTLC
                        ? ResolutionOutcome.TIMEOUT
                        : ResolutionOutcome.CLAIMED,
                stage == null ? closing.transaction : stage,
                stage == null ? part.output : 0,
                part.sats,
                sweep);
    }

    /// An outgoing HTLC came back to us: whoever sent it learns that it failed.
    private void timedOut(Closing closing, Part part) {
        if (part.type == ResolutionType.OUTGOING_HTLC && part.isOurs == null) {
            world.channels.outgoingEnded(closing.channel, part.theHtlc(), false);
        }
    }

    /// What becomes of an HTLC of a closing channel is known.
    void decided(SimChannel channel, SimHtlc htlc, boolean isSettled) {
        Closing closing = closings.get(channel.point());
        if (closing == null) {
            throw new IllegalStateException("%s: not closing".formatted(channel.point()));
        }
        Part part =
                closing.parts.stream()
                        .filter(each -> htlc.equals(each.htlc))
                        .findFirst()
                        .orElseThrow();
        part.isOurs = htlc.isIncoming() == isSettled;
        if (!part.isOurs) {
            part.isDone = true;
            closing.resolution(
                    part.type,
                    htlc.isIncoming() ? ResolutionOutcome.TIMEOUT : ResolutionOutcome.CLAIMED,
                    closing.transaction,
                    part.output,
                    part.sats,
                    null);
        }
    }

    /// Who the HTLCs belonged to is not known any more. What comes back from them comes back to nobody.
    void forgetHtlcs() {
        for (Closing closing : all()) {
            closing.parts.removeIf(part -> part.htlc != null);
        }
    }
}
