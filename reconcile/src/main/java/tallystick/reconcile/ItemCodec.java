package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.EntryKey;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.item.StandingEntry;
import tallystick.proto.storage.v1.StoredAllocation;
import tallystick.proto.storage.v1.StoredAttempt;
import tallystick.proto.storage.v1.StoredChainTx;
import tallystick.proto.storage.v1.StoredChannel;
import tallystick.proto.storage.v1.StoredEntry;
import tallystick.proto.storage.v1.StoredForward;
import tallystick.proto.storage.v1.StoredHtlc;
import tallystick.proto.storage.v1.StoredItem;
import tallystick.proto.storage.v1.StoredPayment;
import tallystick.proto.storage.v1.StoredReceipt;
import tallystick.proto.storage.v1.StoredRefused;
import tallystick.proto.storage.v1.StoredTry;

/// Items as they lie in the database.
final class ItemCodec {
    private ItemCodec() {}

    static StoredItem parse(byte[] body) {
        try {
            return StoredItem.parseFrom(body);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("item: unreadable body (expected: a StoredItem)", e);
        }
    }

    static Item decode(ItemKey key, StoredItem stored) {
        SortedMap<NodeId, Receipt> receipts = new TreeMap<>();
        stored.getReceiptsList().forEach(r -> receipts.put(new NodeId(r.getNode()), receipt(r)));
        SortedMap<NodeId, Payment> payments = new TreeMap<>();
        stored.getPaymentsList().forEach(p -> payments.put(new NodeId(p.getNode()), payment(p)));
        SortedMap<EntryKey, StandingEntry> entries = new TreeMap<>();
        for (StoredEntry one : stored.getEntriesList()) {
            BookEntry entry = BookEntryCodec.decode(one.getEntry());
            TreeSet<Msat> reused = new TreeSet<>();
            one.getReusedMsatList().forEach(amount -> reused.add(Msat.of(amount)));
            entries.put(
                    new EntryKey(entry.source(), entry.entryId()),
                    new StandingEntry(entry, reused));
        }
        SortedMap<String, Decision> decisions = new TreeMap<>();
        stored.getDecisionsList()
                .forEach(one -> decisions.put(one.getDecisionId(), DecisionCodec.decode(one)));
        SortedMap<String, Allocation> allocations = new TreeMap<>();
        for (StoredAllocation one : stored.getAllocationsList()) {
            allocations.put(
                    one.getGroup(),
                    new Allocation(
                            one.getContributedMsat(),
                            one.getResidueMsat(),
                            one.getIsOpen(),
                            one.hasProposal() ? Optional.of(one.getProposal()) : Optional.empty()));
        }
        return new Item(key, receipts, payments, facts(stored), entries, decisions, allocations);
    }

    /// The item's half of the message: what is known. What was posted and reported is the caller's.
    static StoredItem.Builder encode(Item item) {
        StoredItem.Builder stored = StoredItem.newBuilder();
        item.receipts().forEach((node, receipt) -> stored.addReceipts(stored(node, receipt)));
        item.payments().forEach((node, payment) -> stored.addPayments(stored(node, payment)));
        item.facts().ifPresent(facts -> put(stored, facts));
        for (StandingEntry standing : item.entries().values()) {
            StoredEntry.Builder one =
                    StoredEntry.newBuilder().setEntry(BookEntryCodec.encode(standing.entry()));
            standing.reusedAmounts().forEach(amount -> one.addReusedMsat(amount.value()));
            stored.addEntries(one);
        }
        item.decisions()
                .values()
                .forEach(decision -> stored.addDecisions(DecisionCodec.encode(decision)));
        item.allocations()
                .forEach(
                        (group, one) -> {
                            StoredAllocation.Builder allocation =
                                    StoredAllocation.newBuilder()
                                            .setGroup(group)
                                            .setContributedMsat(one.contributedMsat())
                                            .setResidueMsat(one.residueMsat())
                                            .setIsOpen(one.isOpen());
                            one.proposal().ifPresent(allocation::setProposal);
                            stored.addAllocations(allocation);
                        });
        return stored;
    }

    private static Receipt receipt(StoredReceipt stored) {
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        for (StoredHtlc htlc : stored.getHtlcsList()) {
            htlcs.put(
                    new Receipt.HtlcKey(htlc.getChanId(), htlc.getIndex()),
                    new Receipt.Htlc(
                            HtlcState.valueOf(htlc.getState()),
                            Msat.of(htlc.getAmountMsat()),
                            Msat.of(htlc.getTotalMsat()),
                            htlc.getAcceptedAt(),
                            htlc.getResolvedAt(),
                            htlc.getExpiryHeight(),
                            Msat.of(
                                    htlc.hasLeastMsat()
                                            ? htlc.getLeastMsat()
                                            : htlc.getAmountMsat())));
        }
        return new Receipt(
                ReceiptState.valueOf(stored.getState()),
                new Receipt.Terms(
                        Instant.ofEpochSecond(stored.getCreatedAt()),
                        Duration.ofSeconds(stored.getExpirySeconds()),
                        Msat.of(stored.getRequestedMsat()),
                        stored.getMemo()),
                Msat.of(stored.getReceivedMsat()),
                stored.hasFirstReceivedMsat()
                        ? Optional.of(Msat.of(stored.getFirstReceivedMsat()))
                        : Optional.empty(),
                stored.hasSettledAt()
                        ? Optional.of(Instant.ofEpochSecond(stored.getSettledAt()))
                        : Optional.empty(),
                stored.getIsAmpSet(),
                stored.getIsSpontaneous(),
                stored.getSettledSets(),
                stored.hasCanceledSeenAtNs()
                        ? Optional.of(Times.ofNanos(stored.getCanceledSeenAtNs()))
                        : Optional.empty(),
                htlcs);
    }

    private static StoredReceipt stored(NodeId node, Receipt receipt) {
        StoredReceipt.Builder stored =
                StoredReceipt.newBuilder()
                        .setNode(node.pubkey())
                        .setState(receipt.state().name())
                        .setCreatedAt(receipt.terms().createdAt().getEpochSecond())
                        .setExpirySeconds(receipt.terms().expiry().toSeconds())
                        .setRequestedMsat(receipt.terms().requested().value())
                        .setMemo(receipt.terms().memo())
                        .setReceivedMsat(receipt.received().value())
                        .setIsAmpSet(receipt.isAmpSet())
                        .setIsSpontaneous(receipt.isSpontaneous())
                        .setSettledSets(receipt.settledSets());
        receipt.firstReceived().ifPresent(first -> stored.setFirstReceivedMsat(first.value()));
        receipt.settledAt().ifPresent(at -> stored.setSettledAt(at.getEpochSecond()));
        receipt.canceledSeenAt().ifPresent(at -> stored.setCanceledSeenAtNs(Times.nanos(at)));
        receipt.htlcs()
                .forEach(
                        (key, htlc) -> {
                            StoredHtlc.Builder one =
                                    StoredHtlc.newBuilder()
                                            .setChanId(key.chanId())
                                            .setIndex(key.index())
                                            .setState(htlc.state().name())
                                            .setAmountMsat(htlc.amount().value())
                                            .setTotalMsat(htlc.total().value())
                                            .setAcceptedAt(htlc.acceptedAt())
                                            .setResolvedAt(htlc.resolvedAt())
                                            .setExpiryHeight(htlc.expiryHeight());
                            if (!htlc.least().equals(htlc.amount())) {
                                one.setLeastMsat(htlc.least().value());
                            }
                            stored.addHtlcs(one);
                        });
        return stored.build();
    }

    private static Payment payment(StoredPayment stored) {
        SortedMap<Long, Payment.Attempt> attempts = new TreeMap<>();
        for (StoredAttempt attempt : stored.getAttemptsList()) {
            attempts.put(
                    attempt.getAttemptId(),
                    new Payment.Attempt(
                            HtlcState.valueOf(attempt.getState()),
                            attempt.getChanId(),
                            Msat.of(attempt.getTotalMsat()),
                            Msat.of(attempt.getFeeMsat()),
                            Times.ofNanos(attempt.getSentAtNs()),
                            attempt.hasResolvedAtNs()
                                    ? Optional.of(Times.ofNanos(attempt.getResolvedAtNs()))
                                    : Optional.empty(),
                            attempt.getExpiryHeight(),
                            Msat.of(
                                    attempt.hasLeastTotalMsat()
                                            ? attempt.getLeastTotalMsat()
                                            : attempt.getTotalMsat())));
        }
        SortedMap<Instant, Instant> failed = new TreeMap<>();
        stored.getFailedTriesList()
                .forEach(
                        one ->
                                failed.put(
                                        Times.ofNanos(one.getCreatedAtNs()),
                                        Times.ofNanos(one.getFailedAtNs())));
        return new Payment(
                PaymentState.valueOf(stored.getState()),
                Times.ofNanos(stored.getCreatedAtNs()),
                Msat.of(stored.getAmountMsat()),
                Msat.of(stored.getFeeMsat()),
                stored.hasResolvedAtNs()
                        ? Optional.of(Times.ofNanos(stored.getResolvedAtNs()))
                        : Optional.empty(),
                attempts,
                failed);
    }

    private static StoredPayment stored(NodeId node, Payment payment) {
        StoredPayment.Builder stored =
                StoredPayment.newBuilder()
                        .setNode(node.pubkey())
                        .setState(payment.state().name())
                        .setCreatedAtNs(Times.nanos(payment.createdAt()))
                        .setAmountMsat(payment.amount().value())
                        .setFeeMsat(payment.fee().value());
        payment.resolvedAt().ifPresent(at -> stored.setResolvedAtNs(Times.nanos(at)));
        payment.attempts()
                .forEach(
                        (id, attempt) -> {
                            StoredAttempt.Builder one =
                                    StoredAttempt.newBuilder()
                                            .setAttemptId(id)
                                            .setState(attempt.state().name())
                                            .setChanId(attempt.chanId())
                                            .setTotalMsat(attempt.total().value())
                                            .setFeeMsat(attempt.fee().value())
                                            .setSentAtNs(Times.nanos(attempt.sentAt()))
                                            .setExpiryHeight(attempt.expiryHeight());
                            if (!attempt.leastTotal().equals(attempt.total())) {
                                one.setLeastTotalMsat(attempt.leastTotal().value());
                            }
                            attempt.resolvedAt()
                                    .ifPresent(at -> one.setResolvedAtNs(Times.nanos(at)));
                            stored.addAttempts(one);
                        });
        payment.failedTries()
                .forEach(
                        (created, failed) ->
                                stored.addFailedTries(
                                        StoredTry.newBuilder()
                                                .setCreatedAtNs(Times.nanos(created))
                                                .setFailedAtNs(Times.nanos(failed))));
        return stored.build();
    }

    private static Optional<NodeFacts> facts(StoredItem stored) {
        return switch (stored.getFactsCase()) {
            case FORWARD -> Optional.of(forward(stored.getForward()));
            case CHAIN_TX -> Optional.of(chainTx(stored.getChainTx()));
            case CHANNEL -> Optional.of(channel(stored.getChannel()));
            case REFUSED -> Optional.of(refused(stored.getRefused()));
            case FOLLOWED -> Optional.of(GapsCodec.followed(stored.getFollowed()));
            case FACTS_NOT_SET -> Optional.empty();
        };
    }

    private static NodeFacts forward(StoredForward forward) {
        return new NodeFacts.Forward(
                forward.getChanIn(),
                forward.getChanOut(),
                Msat.of(forward.getAmountInMsat()),
                Msat.of(forward.getAmountOutMsat()),
                Times.ofNanos(forward.getSettledAtNs()),
                Msat.of(
                        forward.hasLeastInMsat()
                                ? forward.getLeastInMsat()
                                : forward.getAmountInMsat()),
                Msat.of(
                        forward.hasLeastOutMsat()
                                ? forward.getLeastOutMsat()
                                : forward.getAmountOutMsat()));
    }

    private static NodeFacts chainTx(StoredChainTx tx) {
        SortedMap<String, Msat> openings = new TreeMap<>();
        tx.getOpeningsMap().forEach((point, msat) -> openings.put(point, Msat.of(msat)));
        return new NodeFacts.ChainTx(
                tx.getIsKnown(),
                tx.getChangeSat(),
                NodeFacts.ChainTx.Standing.valueOf(tx.getStanding()),
                tx.getBlockHeight(),
                Instant.ofEpochSecond(tx.getTime()),
                tx.getLabel(),
                openings);
    }

    private static NodeFacts channel(StoredChannel channel) {
        return new NodeFacts.Channel(
                NodeFacts.Channel.Stage.valueOf(channel.getStage()),
                Msat.of(channel.getCapacityMsat()),
                Msat.of(channel.getPushMsat()),
                channel.getIsPushKnown(),
                NodeFacts.Channel.Opener.valueOf(channel.getOpener()),
                channel.getClosingTxid());
    }

    private static NodeFacts refused(StoredRefused refused) {
        return new NodeFacts.Refused(
                refused.hasNode() ? Optional.of(new NodeId(refused.getNode())) : Optional.empty(),
                Times.ofNanos(refused.getSeenAtNs()),
                refused.getReason(),
                Times.ofNanos(refused.getTriedAtNs()),
                refused.getIsUnknown(),
                refused.getIsApplied());
    }

    private static void put(StoredItem.Builder stored, NodeFacts facts) {
        switch (facts) {
            case NodeFacts.Forward forward -> {
                StoredForward.Builder one =
                        StoredForward.newBuilder()
                                .setChanIn(forward.chanIn())
                                .setChanOut(forward.chanOut())
                                .setAmountInMsat(forward.amountIn().value())
                                .setAmountOutMsat(forward.amountOut().value())
                                .setSettledAtNs(Times.nanos(forward.settledAt()));
                if (!forward.leastIn().equals(forward.amountIn())) {
                    one.setLeastInMsat(forward.leastIn().value());
                }
                if (!forward.leastOut().equals(forward.amountOut())) {
                    one.setLeastOutMsat(forward.leastOut().value());
                }
                stored.setForward(one);
            }
            case NodeFacts.ChainTx tx -> {
                StoredChainTx.Builder one =
                        StoredChainTx.newBuilder()
                                .setIsKnown(tx.isKnown())
                                .setChangeSat(tx.changeSat())
                                .setStanding(tx.standing().name())
                                .setBlockHeight(tx.blockHeight())
                                .setTime(tx.time().getEpochSecond())
                                .setLabel(tx.label());
                tx.openings().forEach((point, msat) -> one.putOpenings(point, msat.value()));
                stored.setChainTx(one);
            }
            case NodeFacts.Followed followed -> stored.setFollowed(GapsCodec.stored(followed));
            case NodeFacts.Refused refused -> {
                StoredRefused.Builder one =
                        StoredRefused.newBuilder()
                                .setSeenAtNs(Times.nanos(refused.seenAt()))
                                .setReason(refused.reason())
                                .setTriedAtNs(Times.nanos(refused.triedAt()))
                                .setIsUnknown(refused.isUnknown())
                                .setIsApplied(refused.isApplied());
                refused.node().ifPresent(node -> one.setNode(node.pubkey()));
                stored.setRefused(one);
            }
            case NodeFacts.Channel channel ->
                    stored.setChannel(
                            StoredChannel.newBuilder()
                                    .setStage(channel.stage().name())
                                    .setCapacityMsat(channel.capacity().value())
                                    .setPushMsat(channel.push().value())
                                    .setIsPushKnown(channel.isPushKnown())
                                    .setOpener(channel.opener().name())
                                    .setClosingTxid(channel.closingTxid()));
        }
    }
}
