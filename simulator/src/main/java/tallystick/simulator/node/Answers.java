package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import tallystick.proto.lnrpc.Chain;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.GraphCacheStatus;
import tallystick.proto.lnrpc.ListChannelsRequest;
import tallystick.proto.lnrpc.ListChannelsResponse;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.PendingChannelsResponse.Commitments;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.PendingChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.PendingOpenChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.WaitingCloseChannel;
import tallystick.proto.lnrpc.PendingHTLC;
import tallystick.proto.lnrpc.ResolutionType;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.simulator.node.Closing.Part;
import tallystick.simulator.server.Rpc;

/// Answers lists and look-ups from the world, filtered and paged as lnd does it. Belongs to the node's lock.
final class Answers {
    static final String NETWORK = "regtest";
    private static final int DEFAULT_PAGE = 100;
    private static final int MAX_FORWARDS = 50_000;
    private static final long SECOND = 1_000_000_000L;
    private static final int FUNDING_EXPIRY_BLOCKS = 2016;

    /// Of a PendingHTLC: 1 until its first transaction can be made, 2 after.
    private static final int STAGE_FIELD = 6;

    private final World world;

    Answers(World world) {
        this.world = world;
    }

    /// @throws StatusException when that is lnd's answer
    ByteString answer(String rpc, ByteString request) throws StatusException {
        return switch (rpc) {
            case Rpc.GET_INFO -> info().toByteString();
            case Rpc.LIST_INVOICES -> invoices(parse(ListInvoiceRequest.parser(), request));
            case Rpc.LOOKUP_INVOICE -> invoice(parse(PaymentHash.parser(), request));
            case Rpc.LIST_PAYMENTS -> payments(parse(ListPaymentsRequest.parser(), request));
            case Rpc.LIST_CHANNELS -> channels(parse(ListChannelsRequest.parser(), request));
            case Rpc.PENDING_CHANNELS -> noted(pendingChannels()).toByteString();
            case Rpc.CLOSED_CHANNELS ->
                    closedChannels(parse(ClosedChannelsRequest.parser(), request));
            case Rpc.CHANNEL_BALANCE -> world.channels.balance().toByteString();
            case Rpc.WALLET_BALANCE -> world.chain.wallet().balance().toByteString();
            case Rpc.GET_TRANSACTIONS ->
                    transactions(parse(GetTransactionsRequest.parser(), request));
            case Rpc.FORWARDING_HISTORY ->
                    forwards(parse(ForwardingHistoryRequest.parser(), request));
            default ->
                    throw Status.UNIMPLEMENTED
                            .withDescription("unknown method " + rpc)
                            .asException();
        };
    }

    static <M extends Message> M parse(Parser<M> parser, ByteString bytes) throws StatusException {
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw Status.INTERNAL
                    .withDescription("grpc: error unmarshalling request: " + e.getMessage())
                    .withCause(e)
                    .asException();
        }
    }

    // --- node

    GetInfoResponse info() {
        List<SimChannel> open = world.channels.open();
        int active = (int) open.stream().filter(each -> each.isActive).count();
        return GetInfoResponse.newBuilder()
                .setIdentityPubkey(world.pubkey)
                .setAlias(world.plan.alias())
                .setNumPendingChannels(
                        world.channels.pending().size() + world.closings.all().size())
                .setNumActiveChannels(active)
                .setNumInactiveChannels(open.size() - active)
                .setNumPeers(world.peers.size())
                .setBlockHeight(world.chain.height())
                .setBlockHash(world.chain.blockHash())
                .setBestHeaderTimestamp(world.chain.blockTime())
                .setSyncedToChain(world.chain.isSynced())
                .setSyncedToGraph(true)
                .setWalletSynced(world.chain.isSynced())
                .setVersion("0.21.99-beta commit=")
                .addChains(Chain.newBuilder().setChain("bitcoin").setNetwork(NETWORK))
                .setColor("#3399ff")
                .setGraphCacheStatus(GraphCacheStatus.GRAPH_CACHE_STATUS_LOADED)
                .build();
    }

    // --- invoices

    private ByteString invoice(PaymentHash request) throws StatusException {
        ByteString hash =
                request.getRHashStr().isEmpty()
                        ? request.getRHash()
                        : Bytes.fromHex(request.getRHashStr());
        SimInvoice invoice =
                world.invoices
                        .lookUp(hash)
                        .orElseThrow(
                                () ->
                                        Status.NOT_FOUND
                                                .withDescription("unable to locate invoice")
                                                .asException());
        return world.invoices.message(invoice).toByteString();
    }

    private ByteString invoices(ListInvoiceRequest request) {
        Iterator<SimInvoice> walk =
                walk(world.invoices.shelf(), request.getIndexOffset(), request.getReversed());
        List<SimInvoice> page = new ArrayList<>();
        long limit = limit(request.getNumMaxInvoices());
        while (page.size() < limit && walk.hasNext()) {
            SimInvoice each = walk.next();
            boolean isAsked =
                    (!request.getPendingOnly() || each.isPending())
                            && isWithin(
                                    each.createdAt,
                                    request.getCreationDateStart(),
                                    request.getCreationDateEnd());
            if (isAsked) {
                page.add(each);
            }
        }
        if (request.getReversed()) {
            page = page.reversed();
        }
        var answer = new Elements();
        page.forEach(
                each ->
                        answer.add(
                                ListInvoiceResponse.INVOICES_FIELD_NUMBER,
                                world.noted(world.invoices.message(each).toByteString())));
        return answer.number(
                        ListInvoiceResponse.LAST_INDEX_OFFSET_FIELD_NUMBER,
                        page.isEmpty() ? 0 : page.getLast().addIndex)
                .number(
                        ListInvoiceResponse.FIRST_INDEX_OFFSET_FIELD_NUMBER,
                        page.isEmpty() ? 0 : page.getFirst().addIndex)
                .build();
    }

    private static <T> Iterator<T> walk(Shelf<T> shelf, long offset, boolean isReversed) {
        return isReversed
                ? shelf.before(offset == 0 ? Long.MAX_VALUE : offset)
                : shelf.after(offset);
    }

    private static long limit(long asked) {
        return asked == 0 ? DEFAULT_PAGE : asked < 0 ? Long.MAX_VALUE : asked;
    }

    private static boolean isWithin(long date, long start, long end) {
        return Long.compareUnsigned(date, start) >= 0
                && (end == 0 || Long.compareUnsigned(date, end) <= 0);
    }

    // --- payments

    private ByteString payments(ListPaymentsRequest request) {
        Iterator<SimPayment> walk =
                walk(world.payments.shelf(), request.getIndexOffset(), request.getReversed());
        List<SimPayment> page = new ArrayList<>();
        long limit = limit(request.getMaxPayments());
        while (page.size() < limit && walk.hasNext()) {
            SimPayment each = walk.next();
            boolean isAsked =
                    (request.getIncludeIncomplete() || each.status == PaymentStatus.SUCCEEDED)
                            && isWithin(
                                    each.createdSeconds(),
                                    request.getCreationDateStart(),
                                    request.getCreationDateEnd());
            if (isAsked) {
                page.add(each);
            }
        }
        if (request.getReversed()) {
            page = page.reversed();
        }
        var answer = new Elements();
        page.forEach(
                each ->
                        answer.add(
                                ListPaymentsResponse.PAYMENTS_FIELD_NUMBER,
                                world.noted(bytes(each, request.getOmitHops()))));
        return answer.number(
                        ListPaymentsResponse.FIRST_INDEX_OFFSET_FIELD_NUMBER,
                        page.isEmpty() ? 0 : page.getFirst().index)
                .number(
                        ListPaymentsResponse.LAST_INDEX_OFFSET_FIELD_NUMBER,
                        page.isEmpty() ? 0 : page.getLast().index)
                .number(
                        ListPaymentsResponse.TOTAL_NUM_PAYMENTS_FIELD_NUMBER,
                        request.getCountTotalPayments() ? count() : 0)
                .build();
    }

    private ByteString bytes(SimPayment payment, boolean isWithoutHops) {
        Payment message = world.payments.message(payment);
        if (!isWithoutHops) {
            return message.toByteString();
        }
        Payment.Builder shorter = message.toBuilder();
        shorter.getHtlcsBuilderList().forEach(htlc -> htlc.getRouteBuilder().clearHops());
        return shorter.build().toByteString();
    }

    private long count() {
        return world.payments.shelf().stretches().values().stream()
                .mapToLong(Shelf.Stretch::size)
                .sum();
    }

    // --- channels

    private ByteString channels(ListChannelsRequest request) {
        var answer = new Elements();
        for (SimChannel channel : world.channels.open()) {
            boolean isAsked =
                    (!request.getActiveOnly() || channel.isActive)
                            && (!request.getInactiveOnly() || !channel.isActive)
                            && (!request.getPublicOnly() || !channel.isPrivate)
                            && (!request.getPrivateOnly() || channel.isPrivate)
                            && (request.getPeer().isEmpty()
                                    || Bytes.hex(request.getPeer()).equals(channel.peer.pubkey()));
            if (isAsked) {
                Channel.Builder message = world.channels.message(channel).toBuilder();
                if (request.getPeerAliasLookup()) {
                    message.setPeerAlias(channel.peer.alias());
                }
                answer.add(
                        ListChannelsResponse.CHANNELS_FIELD_NUMBER,
                        world.noted(message.build().toByteString()));
            }
        }
        return answer.build();
    }

    private PendingChannelsResponse noted(PendingChannelsResponse answer) {
        answer.getPendingOpenChannelsList().forEach(each -> world.noted(each.toByteString()));
        answer.getWaitingCloseChannelsList().forEach(each -> world.noted(each.toByteString()));
        answer.getPendingForceClosingChannelsList()
                .forEach(each -> world.noted(each.toByteString()));
        return answer;
    }

    PendingChannelsResponse pendingChannels() {
        PendingChannelsResponse.Builder answer = PendingChannelsResponse.newBuilder();
        world.channels.pending().forEach(each -> answer.addPendingOpenChannels(pendingOpen(each)));
        long limbo = 0;
        for (Closing closing : world.closings.all()) {
            if (closing.isTold && !closing.isCooperative()) {
                ForceClosedChannel message = forceClosed(closing);
                answer.addPendingForceClosingChannels(message);
                limbo += message.getLimboBalance();
            } else if (closing.isCooperative() || closing.isByUs) {
                WaitingCloseChannel message = waitingClose(closing);
                answer.addWaitingCloseChannels(message);
                limbo += message.getLimboBalance();
            }
        }
        return answer.setTotalLimboBalance(limbo).build();
    }

    private static PendingChannel.Builder pending(SimChannel channel) {
        return PendingChannel.newBuilder()
                .setRemoteNodePub(channel.peer.pubkey())
                .setChannelPoint(channel.point())
                .setCapacity(channel.capacity)
                .setLocalBalance(channel.localSats())
                .setRemoteBalance(channel.remoteSats())
                .setInitiator(channel.initiator())
                .setCommitmentTypeValue(channel.commitmentType);
    }

    private PendingOpenChannel pendingOpen(SimChannel channel) {
        Channel open = channel.message(world.nodeSeconds(), 0);
        return PendingOpenChannel.newBuilder()
                .setChannel(
                        pending(channel)
                                .setLocalChanReserveSat(channel.reserve())
                                .setRemoteChanReserveSat(channel.reserve()))
                .setFundingExpiryBlocks(FUNDING_EXPIRY_BLOCKS)
                .setCommitFee(channel.fee(0))
                .setCommitWeight(open.getCommitWeight())
                .setFeePerKw(channel.feePerKw)
                .setConfirmationsUntilActive(world.channels.confirmationsMissing(channel))
                .setConfirmationHeight(world.channels.fundingHeight(channel))
                .build();
    }

    private WaitingCloseChannel waitingClose(Closing closing) {
        SimChannel channel = closing.channel;
        String by =
                closing.isByUs ? "ChanStatusLocalCloseInitiator" : "ChanStatusRemoteCloseInitiator";
        String how =
                closing.isCooperative()
                        ? "ChanStatusCoopBroadcasted|"
                        : "ChanStatusBorked|ChanStatusCommitBroadcasted|";
        int height = closing.transaction.height;
        return WaitingCloseChannel.newBuilder()
                .setChannel(
                        pending(channel)
                                .setLocalChanReserveSat(channel.reserve())
                                .setRemoteChanReserveSat(channel.reserve())
                                .setChanStatusFlags(how + by))
                .setLimboBalance(channel.localSats())
                .setCommitments(
                        Commitments.newBuilder()
                                .setLocalTxid(
                                        closing.isLocalForce()
                                                ? closing.transaction.txid
                                                : closing.otherCommitment)
                                .setRemoteTxid(closing.otherCommitment)
                                .setLocalCommitFeeSat(channel.fee(channel.htlcs.size()))
                                .setRemoteCommitFeeSat(channel.fee(channel.htlcs.size())))
                .setClosingTxid(closing.transaction.txid)
                .setBlocksTilCloseConfirmed(closing.blocksMissing(world.chain.height()))
                .setCloseHeight(height)
                .build();
    }

    private ForceClosedChannel forceClosed(Closing closing) {
        ForceClosedChannel.Builder message =
                ForceClosedChannel.newBuilder()
                        .setChannel(pending(closing.channel))
                        .setClosingTxid(closing.transaction.txid)
                        .setMaturityHeight(closing.maturity())
                        .setBlocksTilMaturity(closing.maturity() - world.chain.height());
        long limbo = SimChannel.ANCHOR;
        long recovered = 0;
        for (Part part : closing.parts) {
            boolean isSwept = part.isDone && part.sweep != null;
            if (part.type == ResolutionType.ANCHOR) {
                limbo -= SimChannel.ANCHOR;
            } else if (isSwept) {
                recovered += part.sats;
            } else if (!part.isDone) {
                limbo += part.sats;
                if (part.htlc != null) {
                    message.addPendingHtlcs(pendingHtlc(closing, part, part.htlc));
                }
            }
        }
        return message.setLimboBalance(limbo).setRecoveredBalance(recovered).build();
    }

    private PendingHTLC pendingHtlc(Closing closing, Part part, SimHtlc htlc) {
        SimTransaction stage = part.firstStage;
        boolean isSecond = stage != null && stage.isConfirmed();
        int maturity =
                stage != null && isSecond
                        ? stage.height + SimChannel.CSV_DELAY
                        : htlc.expiryHeight();
        String outpoint =
                stage == null ? closing.transaction.outpoint(part.output) : stage.outpoint(0);
        return PendingHTLC.newBuilder()
                .setIncoming(htlc.isIncoming())
                .setAmount(part.sats)
                .setOutpoint(outpoint)
                .setMaturityHeight(maturity)
                .setBlocksTilMaturity(maturity - world.chain.height())
                .setUnknownFields(
                        UnknownFieldSet.newBuilder()
                                .addField(
                                        STAGE_FIELD,
                                        UnknownFieldSet.Field.newBuilder()
                                                .addVarint(isSecond ? 2 : 1)
                                                .build())
                                .build())
                .build();
    }

    private ByteString closedChannels(ClosedChannelsRequest request) {
        boolean isForAll = request.equals(ClosedChannelsRequest.getDefaultInstance());
        var answer = new Elements();
        world.channels.closed().values().stream()
                .filter(each -> isForAll || isAsked(each, request))
                .sorted(Comparator.comparingInt(ChannelCloseSummary::getCloseHeight))
                .forEach(
                        each ->
                                answer.add(
                                        ClosedChannelsResponse.CHANNELS_FIELD_NUMBER,
                                        world.noted(each.toByteString())));
        return answer.build();
    }

    private static boolean isAsked(ChannelCloseSummary channel, ClosedChannelsRequest request) {
        return switch (channel.getCloseType()) {
            case COOPERATIVE_CLOSE -> request.getCooperative();
            case LOCAL_FORCE_CLOSE -> request.getLocalForce();
            case REMOTE_FORCE_CLOSE -> request.getRemoteForce();
            case BREACH_CLOSE -> request.getBreach();
            case FUNDING_CANCELED -> request.getFundingCanceled();
            case ABANDONED -> request.getAbandoned();
            case UNRECOGNIZED -> false;
        };
    }

    // --- chain

    /// The offset is a place in the list, which moves. Unconfirmed ones belong to the tip, which an end of -1 or 0 asks
    /// for.
    private ByteString transactions(GetTransactionsRequest request) {
        boolean isToTip = request.getEndHeight() == -1 || request.getEndHeight() == 0;
        int high = isToTip ? Integer.MAX_VALUE : request.getEndHeight();
        long limit =
                request.getMaxTransactions() == 0
                        ? Long.MAX_VALUE
                        : Integer.toUnsignedLong(request.getMaxTransactions());
        long skipped = Integer.toUnsignedLong(request.getIndexOffset());
        List<Transaction> page =
                world.chain.listed().stream()
                        .map(world.chain::message)
                        .filter(
                                each ->
                                        each.getBlockHeight() == 0
                                                ? isToTip
                                                : each.getBlockHeight() >= request.getStartHeight()
                                                        && each.getBlockHeight() <= high)
                        .skip(skipped)
                        .limit(limit)
                        .toList();
        var answer = new Elements();
        page.forEach(
                each ->
                        answer.add(
                                TransactionDetails.TRANSACTIONS_FIELD_NUMBER,
                                world.noted(each.toByteString())));
        return answer.number(
                        TransactionDetails.LAST_INDEX_FIELD_NUMBER,
                        page.isEmpty() ? 0 : skipped + page.size() - 1)
                .number(TransactionDetails.FIRST_INDEX_FIELD_NUMBER, page.isEmpty() ? 0 : skipped)
                .build();
    }

    // --- forwards

    /// The offset counts records inside the window of time. An end of 0 is now.
    private ByteString forwards(ForwardingHistoryRequest request) throws StatusException {
        long asked = Integer.toUnsignedLong(request.getNumMaxEvents());
        if (asked > MAX_FORWARDS) {
            throw Status.UNKNOWN
                    .withDescription("the number of events exceeds the limit of " + MAX_FORWARDS)
                    .asException();
        }
        long skipped = Integer.toUnsignedLong(request.getIndexOffset());
        long start = nanos(request.getStartTime());
        long end = request.getEndTime() == 0 ? world.nodeNanos() : nanos(request.getEndTime());
        List<ForwardingEvent> page =
                world.channels.forwards().stream()
                        .filter(each -> each.visibleFrom() <= world.clock.nanos())
                        .map(ChannelDesk.Told::event)
                        .filter(
                                each ->
                                        each.getTimestampNs() >= start
                                                && each.getTimestampNs() <= end
                                                && isAsked(
                                                        each.getChanIdIn(),
                                                        request.getIncomingChanIdsList())
                                                && isAsked(
                                                        each.getChanIdOut(),
                                                        request.getOutgoingChanIdsList()))
                        .skip(skipped)
                        .limit(asked == 0 ? DEFAULT_PAGE : asked)
                        .toList();
        var answer = new Elements();
        page.forEach(
                each ->
                        answer.add(
                                ForwardingHistoryResponse.FORWARDING_EVENTS_FIELD_NUMBER,
                                world.noted(each.toByteString())));
        return answer.number(
                        ForwardingHistoryResponse.LAST_OFFSET_INDEX_FIELD_NUMBER,
                        skipped + page.size())
                .build();
    }

    private static long nanos(long seconds) {
        return seconds < 0 || seconds > Long.MAX_VALUE / SECOND ? Long.MAX_VALUE : seconds * SECOND;
    }

    private static boolean isAsked(long channel, List<Long> channels) {
        return channels.isEmpty() || channels.contains(channel);
    }
}
