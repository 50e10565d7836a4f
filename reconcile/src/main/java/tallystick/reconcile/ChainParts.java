package tallystick.reconcile;

import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.ledger.Msat;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.proto.storage.v1.StoredChainTx;
import tallystick.proto.storage.v1.StoredChannel;
import tallystick.proto.storage.v1.StoredClaim;
import tallystick.proto.storage.v1.StoredLook;
import tallystick.proto.storage.v1.StoredOpened;
import tallystick.proto.storage.v1.StoredPending;
import tallystick.proto.storage.v1.StoredPendingHtlc;
import tallystick.proto.storage.v1.StoredResolution;
import tallystick.proto.storage.v1.StoredReturn;

/// Transactions and channels, as they lie in an item's body.
final class ChainParts {
    private ChainParts() {}

    static ChainTx transaction(StoredChainTx stored) {
        SortedMap<String, Msat> openings = new TreeMap<>();
        stored.getOpeningsMap().forEach((point, msat) -> openings.put(point, Msat.of(msat)));
        SortedMap<String, Boolean> inputs = new TreeMap<>();
        stored.getOwnInputsList().forEach(outpoint -> inputs.put(outpoint, true));
        stored.getForeignInputsList().forEach(outpoint -> inputs.put(outpoint, false));
        SortedMap<ChainTx.Look, Instant> looks = new TreeMap<>();
        SortedMap<ChainTx.Look, Instant> seenAgain = new TreeMap<>();
        for (StoredLook one : stored.getLooksList()) {
            ChainTx.Look look =
                    new ChainTx.Look(
                            ChainTx.Standing.valueOf(one.getStanding()),
                            one.getBlockHeight(),
                            one.getChangeSat(),
                            Instant.ofEpochSecond(one.getTime()));
            looks.put(look, Times.ofNanos(one.getSeenAtNs()));
            if (one.hasSeenAgainAtNs()) {
                seenAgain.put(look, Times.ofNanos(one.getSeenAgainAtNs()));
            }
        }
        Optional<ChainTx.Replacement> replacedBy =
                stored.getReplacedBy().isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                new ChainTx.Replacement(
                                        stored.getReplacedBy(),
                                        Instant.ofEpochSecond(stored.getReplacedAt())));
        return new ChainTx(
                looks,
                seenAgain,
                stored.getLabel(),
                openings,
                inputs,
                new TreeMap<>(stored.getOutputsSatMap()),
                new ChainTx.Links(
                        new TreeMap<>(stored.getReturnsSatMap()),
                        new TreeSet<>(stored.getFailedList()),
                        replacedBy));
    }

    static StoredChainTx.Builder stored(ChainTx tx) {
        StoredChainTx.Builder stored =
                StoredChainTx.newBuilder()
                        .setLabel(tx.label())
                        .putAllOutputsSat(tx.outputsSat())
                        .putAllReturnsSat(tx.links().returnsSat())
                        .addAllFailed(tx.links().failed());
        tx.looks().forEach((look, at) -> stored.addLooks(stored(tx, look, at)));
        tx.openings().forEach((point, msat) -> stored.putOpenings(point, msat.value()));
        tx.inputs()
                .forEach(
                        (outpoint, isOurs) -> {
                            if (isOurs) {
                                stored.addOwnInputs(outpoint);
                            } else {
                                stored.addForeignInputs(outpoint);
                            }
                        });
        tx.links()
                .replacedBy()
                .ifPresent(
                        by ->
                                stored.setReplacedBy(by.txid())
                                        .setReplacedAt(by.at().getEpochSecond()));
        return stored;
    }

    private static StoredLook.Builder stored(ChainTx tx, ChainTx.Look look, Instant seenAt) {
        StoredLook.Builder stored =
                StoredLook.newBuilder()
                        .setSeenAtNs(Times.nanos(seenAt))
                        .setStanding(look.standing().name())
                        .setBlockHeight(look.blockHeight())
                        .setChangeSat(look.changeSat())
                        .setTime(look.time().getEpochSecond());
        Instant again = tx.seenAgain().get(look);
        if (again != null) {
            stored.setSeenAgainAtNs(Times.nanos(again));
        }
        return stored;
    }

    static Channel channel(StoredChannel stored) {
        return new Channel(
                Channel.Stage.valueOf(stored.getStage()),
                Times.ofNanos(stored.getStageSeenAtNs()),
                stored.hasOpenSeenAtNs()
                        ? Optional.of(Times.ofNanos(stored.getOpenSeenAtNs()))
                        : Optional.empty(),
                Msat.of(stored.getCapacityMsat()),
                Msat.of(stored.getPushMsat()),
                stored.getIsPushKnown(),
                Channel.Opener.valueOf(stored.getOpener()),
                new TreeSet<>(stored.getChanIdsList()),
                close(stored),
                links(stored));
    }

    private static Channel.Close close(StoredChannel stored) {
        SortedMap<Channel.Stage, String> txids = new TreeMap<>();
        stored.getClosingTxidsMap()
                .forEach((stage, txid) -> txids.put(Channel.Stage.valueOf(stage), txid));
        SortedMap<String, Channel.Resolution> resolutions = new TreeMap<>();
        stored.getResolutionsList()
                .forEach(
                        one ->
                                resolutions.put(
                                        one.getOutpoint(),
                                        new Channel.Resolution(
                                                one.getType(),
                                                one.getOutcome(),
                                                one.getAmountSat(),
                                                one.getSweepTxid())));
        return new Channel.Close(
                txids,
                stored.getCloseType(),
                resolutions,
                stored.hasPending() ? pending(stored.getPending()) : Channel.Pending.NOTHING,
                stored.hasBreachSeenAtNs()
                        ? Optional.of(Times.ofNanos(stored.getBreachSeenAtNs()))
                        : Optional.empty());
    }

    private static Channel.Pending pending(StoredPending stored) {
        SortedMap<String, Channel.PendingHtlc> htlcs = new TreeMap<>();
        stored.getHtlcsList()
                .forEach(
                        one ->
                                htlcs.put(
                                        one.getOutpoint(),
                                        new Channel.PendingHtlc(
                                                one.getIsIncoming(),
                                                one.getAmountSat(),
                                                one.getMaturityHeight(),
                                                one.getStage())));
        return new Channel.Pending(
                stored.getRecoveredSat(), stored.getLimboSat(), stored.getMaturityHeight(), htlcs);
    }

    private static Channel.Links links(StoredChannel stored) {
        SortedMap<String, Channel.Return> returns = new TreeMap<>();
        stored.getReturnsList()
                .forEach(
                        one ->
                                returns.put(
                                        one.getTxid(),
                                        new Channel.Return(
                                                one.getSat(),
                                                one.getIsConfirmed(),
                                                Instant.ofEpochSecond(one.getTime()),
                                                !one.getIsBeforeOpening())));
        return new Channel.Links(
                returns,
                stored.hasClaim() ? Optional.of(claim(stored.getClaim())) : Optional.empty(),
                stored.hasOpened() ? Optional.of(opened(stored.getOpened())) : Optional.empty());
    }

    private static Channel.Opened opened(StoredOpened stored) {
        return new Channel.Opened(
                stored.getIsOpen(), stored.getMsat(), stored.getLowMsat(), stored.getHighMsat());
    }

    private static Channel.Claim claim(StoredClaim stored) {
        return new Channel.Claim(
                stored.getMsat(),
                stored.hasWholeAtNs()
                        ? Optional.of(Times.ofNanos(stored.getWholeAtNs()))
                        : Optional.empty());
    }

    static StoredChannel.Builder stored(Channel channel) {
        StoredChannel.Builder stored =
                StoredChannel.newBuilder()
                        .setStage(channel.stage().name())
                        .setStageSeenAtNs(Times.nanos(channel.stageSeenAt()))
                        .setCapacityMsat(channel.capacity().value())
                        .setPushMsat(channel.push().value())
                        .setIsPushKnown(channel.isPushKnown())
                        .setOpener(channel.opener().name())
                        .addAllChanIds(channel.chanIds())
                        .setCloseType(channel.close().type());
        channel.openSeenAt().ifPresent(at -> stored.setOpenSeenAtNs(Times.nanos(at)));
        channel.close().breachSeenAt().ifPresent(at -> stored.setBreachSeenAtNs(Times.nanos(at)));
        channel.close()
                .txids()
                .forEach((stage, txid) -> stored.putClosingTxids(stage.name(), txid));
        channel.close()
                .resolutions()
                .forEach(
                        (outpoint, one) ->
                                stored.addResolutions(
                                        StoredResolution.newBuilder()
                                                .setOutpoint(outpoint)
                                                .setType(one.type())
                                                .setOutcome(one.outcome())
                                                .setAmountSat(one.amountSat())
                                                .setSweepTxid(one.sweepTxid())));
        if (!channel.close().pending().equals(Channel.Pending.NOTHING)) {
            stored.setPending(stored(channel.close().pending()));
        }
        channel.links()
                .returns()
                .forEach(
                        (txid, one) ->
                                stored.addReturns(
                                        StoredReturn.newBuilder()
                                                .setTxid(txid)
                                                .setSat(one.sat())
                                                .setIsConfirmed(one.isConfirmed())
                                                .setTime(one.time().getEpochSecond())
                                                .setIsBeforeOpening(!one.isCounted())));
        channel.links()
                .opened()
                .ifPresent(
                        opened ->
                                stored.setOpened(
                                        StoredOpened.newBuilder()
                                                .setIsOpen(opened.isOpen())
                                                .setMsat(opened.msat())
                                                .setLowMsat(opened.lowMsat())
                                                .setHighMsat(opened.highMsat())));
        channel.links()
                .claim()
                .ifPresent(
                        claim -> {
                            StoredClaim.Builder one =
                                    StoredClaim.newBuilder().setMsat(claim.msat());
                            claim.wholeAt().ifPresent(at -> one.setWholeAtNs(Times.nanos(at)));
                            stored.setClaim(one);
                        });
        return stored;
    }

    private static StoredPending stored(Channel.Pending pending) {
        StoredPending.Builder stored =
                StoredPending.newBuilder()
                        .setRecoveredSat(pending.recoveredSat())
                        .setLimboSat(pending.limboSat())
                        .setMaturityHeight(pending.maturityHeight());
        pending.htlcs()
                .forEach(
                        (outpoint, one) ->
                                stored.addHtlcs(
                                        StoredPendingHtlc.newBuilder()
                                                .setOutpoint(outpoint)
                                                .setIsIncoming(one.isIncoming())
                                                .setAmountSat(one.amountSat())
                                                .setMaturityHeight(one.maturityHeight())
                                                .setStage(one.stage())));
        return stored.build();
    }
}
