package tallystick.simulator.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ChannelEventUpdate.UpdateType;
import tallystick.proto.lnrpc.ChannelPoint;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.HTLCAttempt.HTLCStatus;
import tallystick.proto.lnrpc.Initiator;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentFailureReason;
import tallystick.proto.lnrpc.Transaction;
import tallystick.simulator.server.Rpc;

/// What real nodes said is said again by the simulated one, when the same things are done to it. Ids and times are masked.
class RecordedHistoryTest {
    private static final long LARGE = 2_000_000_000;

    @TempDir Path directory;
    private final List<SimulatedNode> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(SimulatedNode::close);
    }

    /// Plain, zero-value, overpaid, hold, AMP, multi-part, keysend, expired and canceled invoices, and keysends that grew.
    @ParameterizedTest
    @CsvSource({
        "merchant-day,alice",
        "merchant-day,bob",
        "restarts,alice",
        "restarts,bob",
        "channel-life,alice"
    })
    void invoicesAreTold(String scenario, String alias) {
        List<Invoice> recorded =
                firstStream(scenario, alias, Rpc.SUBSCRIBE_INVOICES, Invoice.parser());
        SimulatedNode node = nodeWithLargeChannels();
        var told = new Tape(node);

        var reenactment = new InvoiceReenactment(node.script());
        for (int i = 0; i < recorded.size(); i++) {
            reenactment.play(recorded, i);
        }

        List<Invoice> again = told.of(Rpc.SUBSCRIBE_INVOICES, Invoice.parser());
        assertThat(recorded).isNotEmpty();
        assertThat(again.stream().map(Masks::invoice).toList())
                .containsExactlyElementsOf(recorded.stream().map(Masks::invoice).toList());
    }

    /// Does to a node what a recorded stream of invoices tells of.
    private static final class InvoiceReenactment {
        private final Script script;
        private final Map<ByteString, String> keys = new HashMap<>();
        private long lastSettle;
        private String lastKeysend = "";

        InvoiceReenactment(Script script) {
            this.script = script;
        }

        void play(List<Invoice> recorded, int at) {
            Invoice invoice = recorded.get(at);
            if (invoice.getState() == InvoiceState.OPEN) {
                if (!isSpontaneous(invoice)) {
                    keys.put(invoice.getRHash(), add(invoice));
                }
            } else {
                long index =
                        invoice.getAmpInvoiceStateMap().values().stream()
                                .mapToLong(set -> set.getSettleIndex())
                                .findFirst()
                                .orElse(invoice.getSettleIndex());
                while (lastSettle + 1 < index) {
                    // Only a keysend that grew leaves a gap.
                    script.keysendAgain(lastKeysend, LARGE / 2, points(1)[0]);
                    lastSettle++;
                }
                settle(recorded, invoice);
                lastSettle = index;
            }
        }

        private static boolean isSpontaneous(Invoice invoice) {
            return invoice.getPaymentRequest().isEmpty();
        }

        private String add(Invoice invoice) {
            String memo = invoice.getMemo();
            if (invoice.getIsAmp()) {
                return script.addAmpInvoice(memo, invoice.getValueMsat(), invoice.getExpiry());
            }
            return isHold(invoice)
                    ? script.addHoldInvoice(memo, invoice.getValueMsat(), invoice.getExpiry())
                    : script.addInvoice(memo, invoice.getValueMsat(), invoice.getExpiry());
        }

        private static boolean isHold(Invoice invoice) {
            return invoice.getRPreimage().isEmpty();
        }

        private void settle(List<Invoice> recorded, Invoice invoice) {
            Script.Amounts amounts = amounts(invoice);
            Optional<Invoice> added =
                    recorded.stream()
                            .filter(each -> each.getRHash().equals(invoice.getRHash()))
                            .findFirst();
            if (invoice.getIsKeysend()) {
                lastKeysend = script.keysend(invoice.getAmtPaidMsat(), points(1)[0]);
            } else if (isSpontaneous(invoice)) {
                script.spontaneousAmp(amounts);
            } else if (invoice.getIsAmp()) {
                script.payAmp(key(invoice), amounts);
            } else {
                script.payInvoice(key(invoice), amounts);
                if (isHold(added.orElse(invoice))) {
                    script.settleHold(key(invoice));
                }
            }
        }

        private String key(Invoice invoice) {
            return keys.getOrDefault(invoice.getRHash(), "");
        }

        private Script.Amounts amounts(Invoice invoice) {
            String[] points = points(invoice.getHtlcsCount());
            var amounts = new LinkedHashMap<String, Long>();
            for (int i = 0; i < points.length; i++) {
                InvoiceHTLC htlc = invoice.getHtlcs(i);
                amounts.merge(points[i], htlc.getAmtMsat(), Long::sum);
            }
            return new Script.Amounts(amounts);
        }

        private String[] points(int count) {
            return script.channels().subList(0, count).toArray(String[]::new);
        }
    }

    /// One part or several, one hop or several, refused, failed on the way, without a route.
    @ParameterizedTest
    @CsvSource({"merchant-day,alice", "merchant-day,bob", "restarts,alice", "restarts,bob"})
    void paymentsAreTold(String scenario, String alias) {
        var byHash = new LinkedHashMap<String, List<Payment>>();
        firstStream(scenario, alias, Rpc.TRACK_PAYMENTS, Payment.parser())
                .forEach(
                        payment ->
                                byHash.computeIfAbsent(
                                                payment.getPaymentHash()
                                                        + payment.getCreationTimeNs(),
                                                _ -> new ArrayList<>())
                                        .add(payment));
        int compared = 0;
        for (List<Payment> recorded : byHash.values()) {
            SimulatedNode node = nodeWithLargeChannels();
            var told = new Tape(node);
            if (isReenacted(node.script(), recorded.getLast())) {
                assertThat(
                                told.of(Rpc.TRACK_PAYMENTS, Payment.parser()).stream()
                                        .map(Masks::payment)
                                        .toList())
                        .as(recorded.getLast().toString())
                        .containsExactlyElementsOf(recorded.stream().map(Masks::payment).toList());
                compared++;
            }
        }
        assertThat(compared).isPositive();
    }

    /// Only what has one attempt at most: with several, their order is a matter of chance.
    private static boolean isReenacted(Script script, Payment payment) {
        String point = script.channels().getFirst();
        boolean isWithoutAttempt = payment.getHtlcsCount() == 0;
        if (payment.getStatus() == PaymentStatus.FAILED
                && isWithoutAttempt
                && payment.getFailureReason() == PaymentFailureReason.FAILURE_REASON_NO_ROUTE) {
            script.failPaymentWithoutRoute(payment.getValueMsat());
            return true;
        }
        if (payment.getHtlcsCount() != 1 || !isPlain(payment.getHtlcs(0))) {
            return false;
        }
        HTLCAttempt attempt = payment.getHtlcs(0);
        long fee = attempt.getRoute().getTotalFeesMsat();
        String hash = script.beginPayment(payment.getValueMsat(), fee, point);
        if (payment.getStatus() == PaymentStatus.SUCCEEDED) {
            script.endPayment(hash, true);
        } else if (payment.getFailureReason()
                == PaymentFailureReason.FAILURE_REASON_INCORRECT_PAYMENT_DETAILS) {
            script.endPayment(hash, false);
        } else {
            return attempt.getStatus() == HTLCStatus.IN_FLIGHT;
        }
        return true;
    }

    private static boolean isPlain(HTLCAttempt attempt) {
        return attempt.getRoute().getHopsList().stream()
                        .allMatch(hop -> !hop.hasAmpRecord() && hop.getCustomRecordsCount() == 0)
                && attempt.getRoute().getHopsCount() <= 2
                && attempt.getRoute().getTotalFeesMsat() > 0
                        == attempt.getRoute().getHopsCount() > 1;
    }

    /// The opening, and each commitment of a real channel while five HTLCs come and go, to the satoshi.
    @Test
    void channelsAreTold() {
        List<ChannelEventUpdate> recorded =
                firstStream(
                        "merchant-day",
                        "alice",
                        Rpc.SUBSCRIBE_CHANNEL_EVENTS,
                        ChannelEventUpdate.parser());
        Channel first = openings(recorded).getFirst();
        SimulatedNode node = node(0);
        var told = new Tape(node);
        Script script = node.script();

        String point = script.openChannel(false, first.getCapacity(), first.getPushAmountSat());
        script.mine(3);
        List<Channel> commitments = commitments(recorded, first.getChannelPoint());
        List<Channel> quick = commitments.subList(0, 10);
        for (int i = 0; i < quick.size(); i += 2) {
            long msat = msat(quick.get(i).getUnsettledBalance(), i);
            if (quick.get(i).getPendingHtlcs(0).getIncoming()) {
                script.payInvoice(script.addInvoice("", 0), msat, point);
            } else {
                script.pay(msat, 0, point);
            }
        }

        List<ChannelEventUpdate> again =
                told.of(Rpc.SUBSCRIBE_CHANNEL_EVENTS, ChannelEventUpdate.parser());
        assertThat(again.stream().map(ChannelEventUpdate::getType).limit(3))
                .containsExactly(
                        UpdateType.PENDING_OPEN_CHANNEL,
                        UpdateType.OPEN_CHANNEL,
                        UpdateType.ACTIVE_CHANNEL);
        assertThat(Masks.channel(openings(again).getFirst())).isEqualTo(Masks.channel(first));
        assertThat(commitments(again, point).stream().map(Masks::channel).toList())
                .containsExactlyElementsOf(quick.stream().map(Masks::channel).toList());
    }

    /// The first of them was paid with 88767996 msat, the others in whole satoshis.
    private static long msat(long sats, int at) {
        return sats * 1000 + (at == 0 ? 996 : 0);
    }

    private static List<Channel> openings(List<ChannelEventUpdate> events) {
        return events.stream()
                .filter(ChannelEventUpdate::hasOpenChannel)
                .map(ChannelEventUpdate::getOpenChannel)
                .toList();
    }

    private static List<Channel> commitments(List<ChannelEventUpdate> events, String point) {
        return events.stream()
                .filter(ChannelEventUpdate::hasUpdatedChannel)
                .map(event -> event.getUpdatedChannel().getChannel())
                .filter(channel -> channel.getChannelPoint().equals(point))
                .toList();
    }

    /// Closes of every kind: what the wallet was told, what the channel's events were, and what was listed in the end. The
    /// amounts that were pushed are such that as much is left as in the recording.
    @ParameterizedTest
    @CsvSource({
        // how, channel, capacity, pushed, HTLC out, HTLC in
        "COOPERATIVE_BY_US, 26ef5f4c675be4e666c15eeb6308aca311f1738a483deef89f0c44b403d7f212:0, 297304, 0, 0",
        "COOPERATIVE_BY_PEER, d151f05872f0be325216a1fe2409e8882cfb87dd1dfdfa2705f38320a2f58fa3:1, 511749, 0, 0",
        "FORCE_BY_US, 7e6973e32190e8a6a1bf9c4078712b6b123eb7a3cb52300003c8aa39bd31cc4c:1, 482001, 210000, 0",
        "FORCE_BY_PEER, efde8fe20cb2247a8fb1a47e9123fd27816e94de6810b78df835c1fd6851b2fb:1, 614059, 0, 0",
        "FORCE_BY_PEER, b827de2427c296269b22f502be3fb81d8677e3a2e88716f9ec29c8fb1ff32c09:1, 700000, 0, 180000"
    })
    void closesAreTold(
            Script.Close how, String recordedPoint, long push, long htlcOut, long htlcIn) {
        List<Recorded> lines = Recorded.read("channel-life", "alice");
        ChannelCloseSummary recorded = closed(lastClosed(lines), recordedPoint);
        boolean isByUs = recorded.getOpenInitiator() == Initiator.INITIATOR_LOCAL;
        SimulatedNode node = node(0);
        Script script = node.script();
        script.deposit(9_000_000);
        script.deposit(9_000_000);
        script.mine(1);
        var told = new Tape(node);

        String point = script.openChannel(isByUs, recorded.getCapacity(), push);
        script.mine(3);
        if (htlcOut > 0) {
            script.beginPayment(htlcOut * 1000, 0, point);
        }
        String held = script.addHoldInvoice("", 0);
        if (htlcIn > 0) {
            script.payInvoice(held, htlcIn * 1000, point);
        }
        script.closePlainly(point, how);
        if (htlcIn > 0) {
            script.settleHold(held);
        }
        script.mine(80);

        ChannelCloseSummary again = closed(new Lists(node).closedChannels(), point);
        assertThat(outline(again)).isEqualTo(outline(recorded));
        assertThat(events(told.of(Rpc.SUBSCRIBE_CHANNEL_EVENTS, ChannelEventUpdate.parser())))
                .isEqualTo(eventsOf(lines, recordedPoint));
        assertThat(
                        told.of(Rpc.SUBSCRIBE_TRANSACTIONS, Transaction.parser()).stream()
                                .map(RecordedHistoryTest::outline))
                .containsExactlyInAnyOrderElementsOf(transactionsOf(lines, recorded));
    }

    private static List<ChannelCloseSummary> lastClosed(List<Recorded> lines) {
        return lines.stream()
                .filter(line -> line.isMessageOf(Rpc.CLOSED_CHANNELS))
                .map(line -> parse(ClosedChannelsResponse.parser(), line.bytes()))
                .toList()
                .getLast()
                .getChannelsList();
    }

    private static ChannelCloseSummary closed(List<ChannelCloseSummary> all, String point) {
        return all.stream()
                .filter(each -> each.getChannelPoint().equals(point))
                .findFirst()
                .orElseThrow();
    }

    private static String outline(ChannelCloseSummary closed) {
        List<String> resolutions =
                closed.getResolutionsList().stream()
                        .map(
                                each ->
                                        each.getResolutionType()
                                                + " "
                                                + each.getOutcome()
                                                + " "
                                                + each.getAmountSat()
                                                + (each.getSweepTxid().isEmpty() ? "" : " swept"))
                        .sorted()
                        .toList();
        return "%s %s/%s %d %d %s"
                .formatted(
                        closed.getCloseType(),
                        closed.getOpenInitiator(),
                        closed.getCloseInitiator(),
                        closed.getSettledBalance(),
                        closed.getTimeLockedBalance(),
                        resolutions);
    }

    private static List<UpdateType> events(List<ChannelEventUpdate> events) {
        return events.stream()
                .map(ChannelEventUpdate::getType)
                .filter(type -> type != UpdateType.CHANNEL_UPDATE)
                .toList();
    }

    private static List<UpdateType> eventsOf(List<Recorded> lines, String point) {
        String txid = point.substring(0, point.indexOf(':'));
        return lines.stream()
                .filter(line -> line.isMessageOf(Rpc.SUBSCRIBE_CHANNEL_EVENTS))
                .map(line -> parse(ChannelEventUpdate.parser(), line.bytes()))
                .filter(event -> event.getType() != UpdateType.CHANNEL_UPDATE)
                .filter(
                        event ->
                                event.toString().contains(point)
                                        || event.toString()
                                                .contains(
                                                        ChannelPoint.newBuilder()
                                                                .setFundingTxidBytes(
                                                                        Bytes.reversed(txid))
                                                                .build()
                                                                .toString()
                                                                .strip()
                                                                .replace(
                                                                        "funding_txid_bytes: ",
                                                                        "")))
                .map(ChannelEventUpdate::getType)
                .toList();
    }

    /// The messages about the opening, if it was ours, about the closing, and about all that was swept from that.
    private static List<String> transactionsOf(List<Recorded> lines, ChannelCloseSummary closed) {
        String funding =
                closed.getChannelPoint().substring(0, closed.getChannelPoint().indexOf(':'));
        var related = new HashSet<String>(Set.of(funding, closed.getClosingTxHash()));
        var outlines = new ArrayList<String>();
        for (Recorded line : lines) {
            if (line.isMessageOf(Rpc.SUBSCRIBE_TRANSACTIONS)) {
                Transaction each = parse(Transaction.parser(), line.bytes());
                boolean isRelated =
                        related.contains(each.getTxHash())
                                || each.getPreviousOutpointsList().stream()
                                        .filter(out -> !out.getIsOurOutput())
                                        .anyMatch(
                                                out ->
                                                        related.contains(
                                                                out.getOutpoint()
                                                                        .replaceFirst(":.*", "")));
                if (isRelated) {
                    related.add(each.getTxHash());
                    outlines.add(outline(each));
                }
            }
        }
        return outlines;
    }

    /// Without what the peer gets, which can be a satoshi less: real balances have fractions.
    private static String outline(Transaction transaction) {
        long toOthers =
                transaction.getOutputDetailsList().stream()
                        .filter(out -> !out.getIsOurAddress())
                        .count();
        long fromOthers =
                transaction.getPreviousOutpointsList().stream()
                        .filter(out -> !out.getIsOurOutput())
                        .count();
        return "%d sat, fee %d, %d confirmed, '%s', inputs of others %d, outputs of others %d"
                .formatted(
                        transaction.getAmount(),
                        transaction.getTotalFees(),
                        transaction.getNumConfirmations(),
                        transaction.getLabel().replaceFirst("shortchanid-.*", "N"),
                        fromOthers,
                        toOthers);
    }

    // --- tools

    private SimulatedNode node(int channels) {
        SimulatedNode node =
                SimulatedNode.withoutPort(
                        NodePlan.of("alice", 1, directory).withChannels(channels));
        opened.add(node);
        return node;
    }

    private SimulatedNode nodeWithLargeChannels() {
        SimulatedNode node = node(0);
        for (int i = 0; i < 8; i++) {
            node.script().openChannel(false, LARGE, LARGE / 2);
        }
        node.script().mine(3);
        return node;
    }

    /// All that came over the first connection that a recording has of a stream, without what was only repeated.
    private static <M> List<M> firstStream(
            String scenario, String alias, String rpc, Parser<M> parser) {
        List<Recorded> lines = Recorded.read(scenario, alias);
        long call =
                lines.stream()
                        .filter(line -> line.isMessageOf(rpc))
                        .mapToLong(Recorded::call)
                        .findFirst()
                        .orElseThrow();
        return lines.stream()
                .filter(line -> line.isMessageOf(rpc) && line.call() == call)
                .map(line -> parse(parser, line.bytes()))
                .toList();
    }

    static <M> M parse(Parser<M> parser, ByteString bytes) {
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Keeps what a node tells from now on.
    private static final class Tape {
        private final Map<String, List<ByteString>> told = new HashMap<>();

        Tape(SimulatedNode node) {
            node.listen(
                    (rpc, bytes) -> told.computeIfAbsent(rpc, _ -> new ArrayList<>()).add(bytes));
        }

        <M> List<M> of(String rpc, Parser<M> parser) {
            return told.getOrDefault(rpc, List.of()).stream()
                    .map(bytes -> parse(parser, bytes))
                    .toList();
        }
    }
}
