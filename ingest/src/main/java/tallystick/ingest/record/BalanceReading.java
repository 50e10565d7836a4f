package tallystick.ingest.record;

import java.util.List;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.WalletBalanceResponse;

/// What one sweep read of a node's balances. lnd has no call that tells them all at one moment; the list of channels is read
/// before and after the rest, to see what moved in between.
///
/// @param limboSat in closing channels, as the node counts it
public record BalanceReading(
        List<Channel> before,
        ChannelBalanceResponse channels,
        WalletBalanceResponse wallet,
        long limboSat,
        List<Channel> after,
        int blockHeight) {
    public BalanceReading {
        before = List.copyOf(before);
        after = List.copyOf(after);
    }
}
