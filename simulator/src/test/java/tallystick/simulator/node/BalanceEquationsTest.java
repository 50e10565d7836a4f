package tallystick.simulator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.HTLC;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.HTLCAttempt.HTLCStatus;
import tallystick.proto.lnrpc.Initiator;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PendingChannelsResponse;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.WaitingCloseChannel;
import tallystick.proto.lnrpc.PreviousOutPoint;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.WalletBalanceResponse;

/// The equations that real nodes' lists satisfy, on every seed, written down once more without any code of those who follow
/// nodes. E4 and E7 have these names in docs/accounting.md too.
///
/// `-Dseeds=N` tries so many, `-Dseed=N` only that one.
class BalanceEquationsTest {
    private static final int STEPS = 500;
    private static final int LOOK_EVERY = 10;
    private static final long MSAT = 1000;
    private static final long BOTH_ANCHORS = 660;
    private static final long ONE_ANCHOR = 330;
    private static final long DEAREST_CLOSE_SATS = 40_000;

    @TempDir Path directory;
    private final Map<String, Long> pushes = new HashMap<>();

    static LongStream seeds() {
        Long one = Long.getLong("seed");
        return one != null ? LongStream.of(one) : LongStream.range(0, Long.getLong("seeds", 24));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void holdAllAlongAndAtTheEnd(long seed) {
        try (SimulatedNode node =
                SimulatedNode.withoutPort(NodePlan.of("alice", seed, directory))) {
            var lists = new Lists(node);
            notePushes(lists.channels());
            for (int step = 0; step < STEPS; step++) {
                node.step();
                notePushes(lists.channels());
                if (step % LOOK_EVERY == 0) {
                    checkAlong(lists);
                }
            }
            node.settleAll();
            checkAlong(lists);
            checkAtTheEnd(lists);
        }
    }

    private void checkAlong(Lists lists) {
        List<Channel> channels = lists.channels();
        notePushes(channels);
        channels.forEach(BalanceEquationsTest::checkOutputs);
        checkTotals(channels, lists.channelBalance());
        Map<Long, Long> flows = flows(lists);
        for (Channel channel : channels) {
            if (channel.getPendingHtlcsCount() == 0) {
                checkClaim(
                        channel,
                        openingClaim(channel) + flows.getOrDefault(channel.getChanId(), 0L));
            }
        }
        checkWalletAlong(lists);
        checkLimbo(lists.pendingChannels());
    }

    /// Closed channels do not say any more what was pushed.
    private void notePushes(List<Channel> channels) {
        channels.forEach(each -> pushes.put(each.getChannelPoint(), each.getPushAmountSat()));
    }

    /// E1 and E2.
    private static void checkOutputs(Channel channel) {
        long htlcs = channel.getPendingHtlcsList().stream().mapToLong(HTLC::getAmount).sum();
        boolean isOneSided =
                channel.getPendingHtlcsCount() == 0
                        && (channel.getLocalBalance() == 0 || channel.getRemoteBalance() == 0);

        long rest =
                channel.getCapacity()
                        - channel.getLocalBalance()
                        - channel.getRemoteBalance()
                        - channel.getCommitFee()
                        - htlcs;

        assertThat(rest).as(channel.toString()).isEqualTo(isOneSided ? ONE_ANCHOR : BOTH_ANCHORS);
        assertThat(channel.getUnsettledBalance()).isEqualTo(htlcs);
    }

    /// E3: the exact sums, each floored once.
    private static void checkTotals(List<Channel> channels, ChannelBalanceResponse balance) {
        long local = channels.stream().mapToLong(Channel::getLocalBalance).sum();
        long incoming = htlcs(channels, true);
        long outgoing = htlcs(channels, false);

        assertThat(balance.getLocalBalance().getSat()).isBetween(local, local + channels.size());
        assertThat(balance.getLocalBalance().getMsat() / MSAT)
                .isEqualTo(balance.getLocalBalance().getSat());
        assertThat(balance.getUnsettledLocalBalance().getSat() - incoming)
                .isBetween(0L, htlcCount(channels));
        assertThat(balance.getUnsettledRemoteBalance().getSat() - outgoing)
                .isBetween(0L, htlcCount(channels));
    }

    private static long htlcs(List<Channel> channels, boolean isIncoming) {
        return channels.stream()
                .flatMap(channel -> channel.getPendingHtlcsList().stream())
                .filter(htlc -> htlc.getIncoming() == isIncoming)
                .mapToLong(HTLC::getAmount)
                .sum();
    }

    private static long htlcCount(List<Channel> channels) {
        return channels.stream().mapToLong(Channel::getPendingHtlcsCount).sum();
    }

    private static long openingClaim(Channel channel) {
        return (channel.getInitiator()
                        ? channel.getCapacity() - channel.getPushAmountSat()
                        : channel.getPushAmountSat())
                * MSAT;
    }

    /// What settled receipts, payments and forwards did to each channel, by its id.
    private static Map<Long, Long> flows(Lists lists) {
        var flows = new HashMap<Long, Long>();
        for (Invoice invoice : lists.invoices()) {
            for (InvoiceHTLC htlc : invoice.getHtlcsList()) {
                if (htlc.getState() == InvoiceHTLCState.SETTLED) {
                    flows.merge(htlc.getChanId(), htlc.getAmtMsat(), Long::sum);
                }
            }
        }
        for (Payment payment : lists.payments()) {
            for (HTLCAttempt attempt : payment.getHtlcsList()) {
                if (attempt.getStatus() == HTLCStatus.SUCCEEDED) {
                    flows.merge(
                            attempt.getRoute().getHops(0).getChanId(),
                            -attempt.getRoute().getTotalAmtMsat(),
                            Long::sum);
                }
            }
        }
        for (ForwardingEvent forward : lists.forwards()) {
            flows.merge(forward.getChanIdIn(), forward.getAmtInMsat(), Long::sum);
            flows.merge(forward.getChanIdOut(), -forward.getAmtOutMsat(), Long::sum);
        }
        return flows;
    }

    /// E4, as far as whole satoshis tell.
    private static void checkClaim(Channel channel, long claim) {
        if (channel.getInitiator()) {
            assertThat((channel.getCapacity() - channel.getRemoteBalance()) * MSAT - claim)
                    .as(channel.toString())
                    .isBetween(0L, MSAT - 1);
        } else {
            assertThat(channel.getLocalBalance() * MSAT - claim)
                    .as(channel.toString())
                    .isBetween(1 - MSAT, 0L);
        }
    }

    /// E5 while coins may be leased. Where a transaction is being replaced it does not hold.
    private static void checkWalletAlong(Lists lists) {
        List<Transaction> transactions = lists.transactions();
        WalletBalanceResponse balance = lists.walletBalance();
        var spent = new HashSet<String>();
        boolean isReplacing =
                transactions.stream()
                        .flatMap(each -> each.getPreviousOutpointsList().stream())
                        .anyMatch(each -> !spent.add(each.getOutpoint()));

        if (!isReplacing) {
            long sum = transactions.stream().mapToLong(Transaction::getAmount).sum();
            assertThat(sum - balance.getTotalBalance()).isBetween(0L, balance.getLockedBalance());
        }
        assertThat(balance.getConfirmedBalance() + balance.getUnconfirmedBalance())
                .isEqualTo(balance.getTotalBalance());
    }

    /// E6.
    private static void checkLimbo(PendingChannelsResponse pending) {
        long waiting =
                pending.getWaitingCloseChannelsList().stream()
                        .mapToLong(WaitingCloseChannel::getLimboBalance)
                        .sum();
        long forced =
                pending.getPendingForceClosingChannelsList().stream()
                        .mapToLong(ForceClosedChannel::getLimboBalance)
                        .sum();

        assertThat(pending.getTotalLimboBalance()).isEqualTo(waiting + forced);
    }

    /// Nothing is in flight: everything is exact.
    private void checkAtTheEnd(Lists lists) {
        List<Channel> channels = lists.channels();
        Map<Long, Long> flows = flows(lists);
        long local = 0;
        for (Channel channel : channels) {
            assertThat(channel.getPendingHtlcsCount()).isZero();
            long claim = openingClaim(channel) + flows.getOrDefault(channel.getChanId(), 0L);
            local += localMsat(channel, claim);
        }
        assertThat(lists.channelBalance().getLocalBalance().getMsat()).isEqualTo(local);

        List<Transaction> transactions = lists.transactions();
        assertThat(lists.walletBalance().getLockedBalance()).isZero();
        assertThat(lists.walletBalance().getTotalBalance())
                .isEqualTo(transactions.stream().mapToLong(Transaction::getAmount).sum());

        for (ChannelCloseSummary closed : lists.closedChannels()) {
            checkClose(closed, flows.getOrDefault(closed.getChanId(), 0L), transactions);
        }
        assertThat(lists.pendingChannels()).isEqualTo(PendingChannelsResponse.getDefaultInstance());
    }

    /// E4 exactly: of the values that the fee allows, the one that floors to the balance shown.
    private static long localMsat(Channel channel, long claim) {
        if (!channel.getInitiator()) {
            assertThat(claim / MSAT).isEqualTo(channel.getLocalBalance());
            return claim;
        }
        long anchors = channel.getRemoteBalance() == 0 ? ONE_ANCHOR : BOTH_ANCHORS;
        long low = claim - (channel.getCommitFee() + anchors) * MSAT;
        long local = low / MSAT == channel.getLocalBalance() ? low : low + MSAT;
        assertThat(local / MSAT).as(channel.toString()).isEqualTo(channel.getLocalBalance());
        return local;
    }

    /// E7: what came back, and what it cost, is the claim.
    private void checkClose(ChannelCloseSummary closed, long flow, List<Transaction> transactions) {
        assertThat(pushes).containsKey(closed.getChannelPoint());
        long push = pushes.getOrDefault(closed.getChannelPoint(), 0L);
        long claim =
                (closed.getOpenInitiator() == Initiator.INITIATOR_LOCAL
                                        ? closed.getCapacity() - push
                                        : push)
                                * MSAT
                        + flow;
        Set<String> related = related(closed.getClosingTxHash(), transactions);
        long received =
                transactions.stream()
                        .filter(each -> related.contains(each.getTxHash()))
                        .mapToLong(Transaction::getAmount)
                        .sum();

        assertThat(claim - received * MSAT)
                .as("cost of %s", closed)
                .isBetween(0L, DEAREST_CLOSE_SATS * MSAT);
    }

    /// The closing transaction, what the wallet swept from it, what it swept from that, and so on.
    private static Set<String> related(String closing, List<Transaction> transactions) {
        var related = new HashSet<String>();
        related.add(closing);
        boolean isGrowing = true;
        while (isGrowing) {
            isGrowing = false;
            for (Transaction each : transactions) {
                boolean spendsOne =
                        each.getPreviousOutpointsList().stream()
                                .filter(out -> !out.getIsOurOutput())
                                .map(PreviousOutPoint::getOutpoint)
                                .map(out -> out.substring(0, out.indexOf(':')))
                                .anyMatch(related::contains);
                isGrowing |= spendsOne && related.add(each.getTxHash());
            }
        }
        return related;
    }
}
