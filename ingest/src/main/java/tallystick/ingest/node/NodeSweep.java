package tallystick.ingest.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.known.KnownFacts.Missing;
import tallystick.ingest.known.NodeList;
import tallystick.ingest.publish.NodePublisher;
import tallystick.ingest.record.BalanceReading;
import tallystick.ingest.record.NodeMessage;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.LightningGrpc;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.proto.v1.Anchor;
import tallystick.proto.v1.NodeCursors;

/// Reads a node's lists. Streams are fast, sweeps are the truth: whatever a stream skipped, a sweep finds.
///
/// A short sweep reads what is new since the last one, asks for every fact that is still open, and re-reads an overlap. A
/// rescan reads every list from its beginning, and so also finds what changed after it was final.
public final class NodeSweep {
    /// Full names of the calls that every sweep makes.
    public static final List<String> RPCS = LndLists.RPCS;

    /// A number can become visible later than a higher one; a sweep goes back this far behind the highest it knows.
    private static final long OVERLAP_INDEXES = 1_000;

    /// lnd writes forwards some seconds after they settled, with the time of the settlement.
    private static final Duration OVERLAP_FORWARDS = Duration.ofMinutes(10);

    /// A reorganisation of the chain that goes deeper was never seen.
    private static final int OVERLAP_BLOCKS = 144;

    /// Heights asked for at once; about a year. lnd has no pages for transactions that can be relied upon.
    private static final int BLOCKS_AT_ONCE = 50_400;

    private final LndLists lists;
    private final NodePublisher publisher;
    private final InstantSource clock;
    private final String alias;

    /// Whether the chain's tip is lower than it was: a node that shows an earlier time has not lost what it lacks.
    private boolean isBehind;

    NodeSweep(String alias, LndLists lists, NodePublisher publisher, InstantSource clock) {
        this.alias = alias;
        this.lists = lists;
        this.publisher = publisher;
        this.clock = clock;
    }

    /// Returns when all has been put into the publisher's queue.
    ///
    /// @param identify given what the node says of itself, before anything else is asked; throws when it must not be followed
    /// @param isRescanAsked whether to read every list from its beginning
    /// @param done completed when all of it is committed
    void run(
            Consumer<GetInfoResponse> identify, boolean isRescanAsked, CompletableFuture<Void> done)
            throws InterruptedException {
        Instant began = clock.instant();
        lists.askForMore();
        GetInfoResponse info = lists.info();
        identify.accept(info);
        NodeCursors cursors = publisher.committed();
        boolean isRescan = isRescanAsked || cursors.getLastRescanNs() == 0;
        requireSameInvoices(cursors);
        isRescan |= !hasSamePayments(cursors);
        int height = info.getBlockHeight();
        isBehind = height < cursors.getChainHeight();
        publisher.sweepBegan(isRescan, height, info.getSyncedToChain());
        invoices(isRescan ? 0 : behind(cursors.getInvoiceAddIndex()), isRescan);
        payments(isRescan ? 0 : behind(cursors.getPaymentIndex()));
        // The node's clock may have been ahead when it wrote the latest forward.
        forwards(
                isRescan ? 0 : Math.min(cursors.getForwardTimeNs(), cursors.getLastSweepNs()),
                began);
        channelsAndWallet(isRescan ? 0 : cursors.getChainHeight() - OVERLAP_BLOCKS, height);
        publisher.sweepEnded(began, Duration.between(began, clock.instant()), height, done);
    }

    // --- are the indexes still those of before?

    /// An invoice that was settled cannot go, and cannot change its place.
    private void requireSameInvoices(NodeCursors cursors) throws InterruptedException {
        if (!cursors.hasInvoiceAnchor()) {
            return;
        }
        Anchor anchor = cursors.getInvoiceAnchor();
        Optional<ByteString> found = lists.invoice(anchor.getPaymentHash());
        if (found.isEmpty()) {
            throw renumbered("the settled invoice %d is gone".formatted(anchor.getIndex()));
        }
        long index = invoiceIndex(found.get());
        if (index != anchor.getIndex()) {
            throw renumbered(
                    "the settled invoice %d is %d now".formatted(anchor.getIndex(), index));
        }
    }

    /// A payment that succeeded is never tried again; it can be deleted.
    private boolean hasSamePayments(NodeCursors cursors) throws InterruptedException {
        if (!cursors.hasPaymentAnchor()) {
            return true;
        }
        Anchor anchor = cursors.getPaymentAnchor();
        if (isAnchor(lists.paymentAt(anchor.getIndex()), anchor)) {
            return true;
        }
        Optional<ByteString> found = lists.payment(anchor.getPaymentHash());
        if (found.isPresent() && hasSucceeded(found.get()) && !isAnchor(found, anchor)) {
            throw renumbered("the payment %d has another index now".formatted(anchor.getIndex()));
        }
        return false;
    }

    private IngestException renumbered(String sign) throws InterruptedException {
        await(publisher.renumbered(sign));
        return new IngestException(
                ErrorCode.EXTERNAL,
                "node %s: %s (expected: as it was; its indexes were renumbered, everything is read again)"
                        .formatted(alias, sign));
    }

    private static boolean hasSucceeded(ByteString payment) {
        return LndLists.parse(Payment.parser(), LightningGrpc.getListPaymentsMethod(), payment)
                        .getStatus()
                == Payment.PaymentStatus.SUCCEEDED;
    }

    private static boolean isAnchor(Optional<ByteString> payment, Anchor anchor) {
        if (payment.isEmpty()) {
            return false;
        }
        try {
            Payment read = Payment.parseFrom(payment.get());
            return read.getPaymentIndex() == anchor.getIndex()
                    && read.getPaymentHash().equals(hex(anchor.getPaymentHash()));
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private static long invoiceIndex(ByteString invoice) {
        return LndLists.parse(Invoice.parser(), LightningGrpc.getLookupInvoiceMethod(), invoice)
                .getAddIndex();
    }

    // --- lists with indexes

    /// The offset from which an index and what may have been late below it is listed, from the beginning of a page.
    private static long behind(long index) {
        return NodeList.indexBeforePage(Math.max(index - OVERLAP_INDEXES, 0));
    }

    private void invoices(long from, boolean isRescan) throws InterruptedException {
        publisher.listBegan(NodeList.INVOICES, from / NodeList.INDEXES_PER_PAGE);
        long offset = from;
        ListPage page;
        do {
            long asked = publisher.arrivals();
            page = lists.invoices(offset, false);
            publisher.listed(
                    NodeList.INVOICES, asked, messages(page.elements(), NodeMessage::invoice));
            offset = page.next();
        } while (lists.hasNext(page));
        if (!isRescan) {
            pendingInvoices();
        }
        for (Missing each : await(publisher.listEnded(NodeList.INVOICES))) {
            long asked = publisher.arrivals();
            Optional<ByteString> found = lists.invoice(each.hash());
            if (found.isPresent()) {
                publisher.read(NodeList.INVOICES, asked, List.of(NodeMessage.invoice(found.get())));
            } else if (!isBehind) {
                publisher.absent(NodeList.INVOICES, each);
            }
        }
    }

    private void pendingInvoices() throws InterruptedException {
        long offset = 0;
        ListPage page;
        do {
            long asked = publisher.arrivals();
            page = lists.invoices(offset, true);
            publisher.read(
                    NodeList.INVOICES, asked, messages(page.elements(), NodeMessage::invoice));
            offset = page.next();
        } while (lists.hasNext(page));
    }

    private void payments(long from) throws InterruptedException {
        publisher.listBegan(NodeList.PAYMENTS, from / NodeList.INDEXES_PER_PAGE);
        long offset = from;
        ListPage page;
        do {
            long asked = publisher.arrivals();
            page = lists.payments(offset);
            publisher.listed(
                    NodeList.PAYMENTS, asked, messages(page.elements(), NodeMessage::payment));
            offset = page.next();
        } while (lists.hasNext(page));
        for (Missing each : await(publisher.listEnded(NodeList.PAYMENTS))) {
            long asked = publisher.arrivals();
            Optional<ByteString> found = lists.payment(each.hash());
            if (found.isPresent()) {
                publisher.read(NodeList.PAYMENTS, asked, List.of(NodeMessage.payment(found.get())));
            } else if (!isBehind) {
                publisher.absent(NodeList.PAYMENTS, each);
            }
        }
    }

    private void forwards(long knownNanos, Instant now) throws InterruptedException {
        long start =
                NodeList.firstSecondOfPage(Math.max(knownNanos - OVERLAP_FORWARDS.toNanos(), 0));
        publisher.listBegan(NodeList.FORWARDS, NodeList.pageOfSecond(start));
        int offset = 0;
        ListPage page;
        do {
            long asked = publisher.arrivals();
            page = lists.forwards(start, now, offset);
            publisher.listed(
                    NodeList.FORWARDS, asked, messages(page.elements(), NodeMessage::forward));
            offset = Math.toIntExact(page.next());
        } while (lists.hasNext(page));
        await(publisher.listEnded(NodeList.FORWARDS));
    }

    // --- lists of one answer

    /// In one go, so that the balances fit each other as well as the node lets them. All of them are of one moment, when the second
    /// list of open channels is asked for: a channel that rested is in that list as in the first, and the wallet was told between.
    private void channelsAndWallet(int chainFrom, int chainHeight) throws InterruptedException {
        int start = NodeList.firstHeightOfPage(chainFrom);
        publisher.listBegan(NodeList.CHAIN, NodeList.pageOfHeight(start));
        for (; start + BLOCKS_AT_ONCE < chainHeight; start += BLOCKS_AT_ONCE) {
            List<ByteString> page = lists.transactions(start, start + BLOCKS_AT_ONCE - 1);
            transactions(clock.instant(), page);
        }
        long asked = publisher.arrivals();
        List<Channel> before = channels(lists.openChannels());
        ByteString pendingBefore = lists.pendingChannels();
        ByteString balanceBytes = lists.channelBalance();
        WalletBalanceResponse wallet = lists.walletBalance();
        List<ByteString> transactions = lists.transactions(start, -1);
        Instant read = clock.instant();
        // In the order of a channel's life: one that goes on meanwhile is in a later answer.
        List<ByteString> open = lists.openChannels();
        ByteString pending = lists.pendingChannels();
        List<ByteString> closed = lists.closedChannels();
        Instant later = clock.instant();

        transactions(read, transactions);
        await(publisher.listEnded(NodeList.CHAIN, read));
        publisher.listBegan(NodeList.CHANNELS, 0);
        publisher.listed(NodeList.CHANNELS, asked, read, opening(pendingBefore, open));
        publisher.listed(NodeList.CHANNELS, asked, later, closing(pending, closed));
        await(publisher.listEnded(NodeList.CHANNELS, later));
        var reading =
                new BalanceReading(
                        before,
                        LndLists.parse(
                                ChannelBalanceResponse.parser(),
                                LightningGrpc.getChannelBalanceMethod(),
                                balanceBytes),
                        wallet,
                        pending(pendingBefore).getTotalLimboBalance(),
                        channels(open),
                        chainHeight);
        publisher.read(
                NodeList.BALANCES,
                asked,
                read,
                List.of(NodeMessage.balances(balanceBytes, reading)));
    }

    private void transactions(Instant read, List<ByteString> elements) throws InterruptedException {
        publisher.listed(
                NodeList.CHAIN,
                publisher.arrivals(),
                read,
                messages(elements, NodeMessage::transaction));
    }

    /// @param pendingBefore the answer from before `open` was asked for: one that was opened between the answers to `open` and
    ///     the next to `pendingChannels` is in neither
    private static List<NodeMessage> opening(ByteString pendingBefore, List<ByteString> open) {
        List<NodeMessage> all =
                new ArrayList<>(
                        messages(pendingOpen(pendingBefore), NodeMessage::pendingOpenChannel));
        all.addAll(messages(open, NodeMessage::openChannel));
        return all;
    }

    private static List<NodeMessage> closing(ByteString pending, List<ByteString> closed) {
        List<NodeMessage> all =
                new ArrayList<>(messages(pendingOpen(pending), NodeMessage::pendingOpenChannel));
        all.addAll(
                messages(
                        LndLists.pendingElements(
                                pending,
                                PendingChannelsResponse.WAITING_CLOSE_CHANNELS_FIELD_NUMBER),
                        NodeMessage::waitingCloseChannel));
        all.addAll(
                messages(
                        LndLists.pendingElements(
                                pending,
                                PendingChannelsResponse
                                        .PENDING_FORCE_CLOSING_CHANNELS_FIELD_NUMBER),
                        NodeMessage::forceClosedChannel));
        all.addAll(messages(closed, NodeMessage::closedChannel));
        return all;
    }

    private static List<ByteString> pendingOpen(ByteString answer) {
        return LndLists.pendingElements(
                answer, PendingChannelsResponse.PENDING_OPEN_CHANNELS_FIELD_NUMBER);
    }

    private static PendingChannelsResponse pending(ByteString answer) {
        return LndLists.parse(
                PendingChannelsResponse.parser(), LightningGrpc.getPendingChannelsMethod(), answer);
    }

    private static List<Channel> channels(List<ByteString> elements) {
        List<Channel> channels = new ArrayList<>();
        for (ByteString element : elements) {
            channels.add(
                    LndLists.parse(
                            Channel.parser(), LightningGrpc.getListChannelsMethod(), element));
        }
        return channels;
    }

    private static List<NodeMessage> messages(
            List<ByteString> elements, Function<ByteString, NodeMessage> message) {
        return elements.stream().map(message).toList();
    }

    private <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        return Futures.await(answer, alias);
    }
}
