package tallystick.ingest.record;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.ChannelBalance;

/// A node's balances, in our words.
final class BalanceRecords {
    private static final String SUBJECT = "balances";

    private BalanceRecords() {}

    static List<NodeRecord> of(NodeId node, BalanceReading reading) {
        Map<String, Channel> before = new HashMap<>();
        reading.before().forEach(channel -> before.put(channel.getChannelPoint(), channel));
        List<ChannelBalance> channels =
                reading.after().stream()
                        .map(channel -> channel(channel, isQuiet(channel, before)))
                        .sorted(Comparator.comparing(ChannelBalance::getChannelPoint))
                        .toList();
        var wallet = reading.wallet();
        BalanceRecord facts =
                BalanceRecord.newBuilder()
                        .addAllChannels(channels)
                        .setChannelsLocalMsat(reading.channels().getLocalBalance().getMsat())
                        .setUnsettledIncomingMsat(
                                reading.channels().getUnsettledLocalBalance().getMsat())
                        .setUnsettledOutgoingMsat(
                                reading.channels().getUnsettledRemoteBalance().getMsat())
                        .setWalletTotalSat(
                                Lnd.nonNegative("total_balance", wallet.getTotalBalance()))
                        .setWalletLockedSat(
                                Lnd.nonNegative("locked_balance", wallet.getLockedBalance()))
                        .setLimboSat(Lnd.nonNegative("total_limbo_balance", reading.limboSat()))
                        .setBlockHeight(reading.blockHeight())
                        .build();
        return List.of(
                new NodeRecord(Topic.BALANCES, RecordKeys.of(node), SUBJECT, SUBJECT, facts));
    }

    private static boolean isQuiet(Channel after, Map<String, Channel> before) {
        Channel earlier = before.get(after.getChannelPoint());
        return earlier != null
                && earlier.getNumUpdates() == after.getNumUpdates()
                && earlier.getPendingHtlcsCount() == 0
                && after.getPendingHtlcsCount() == 0;
    }

    private static ChannelBalance channel(Channel channel, boolean isQuiet) {
        return ChannelBalance.newBuilder()
                .setChannelPoint(channel.getChannelPoint())
                .setChanId(channel.getChanId())
                .setCapacitySat(Lnd.nonNegative("capacity", channel.getCapacity()))
                .setLocalSat(Lnd.nonNegative("local_balance", channel.getLocalBalance()))
                .setRemoteSat(Lnd.nonNegative("remote_balance", channel.getRemoteBalance()))
                .setCommitFeeSat(Lnd.nonNegative("commit_fee", channel.getCommitFee()))
                .setWeOpened(channel.getInitiator())
                .setNumUpdates(channel.getNumUpdates())
                .setPendingHtlcs(channel.getPendingHtlcsCount())
                .setIsQuiet(isQuiet)
                .build();
    }
}
