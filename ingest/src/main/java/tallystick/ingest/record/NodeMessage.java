package tallystick.ingest.record;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import tallystick.ledger.NodeId;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelBalanceResponse;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.PendingOpenChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.WaitingCloseChannel;
import tallystick.proto.lnrpc.Transaction;

/// A message as the node sent it, byte for byte, and how it is read.
///
/// @param type full name of the message's type
public record NodeMessage(String type, ByteString bytes, Reader reader) {
    /// Turns the bytes into records.
    @FunctionalInterface
    public interface Reader {
        List<NodeRecord> read(NodeId node, ByteString bytes) throws InvalidProtocolBufferException;
    }

    public static NodeMessage invoice(ByteString bytes) {
        return new NodeMessage(
                Invoice.getDescriptor().getFullName(),
                bytes,
                (_, b) -> InvoiceRecords.of(Invoice.parseFrom(b)));
    }

    public static NodeMessage payment(ByteString bytes) {
        return new NodeMessage(
                Payment.getDescriptor().getFullName(),
                bytes,
                (_, b) -> PaymentRecords.of(Payment.parseFrom(b)));
    }

    public static NodeMessage channelEvent(ByteString bytes) {
        return new NodeMessage(
                ChannelEventUpdate.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChannelRecords.ofEvent(node, ChannelEventUpdate.parseFrom(b)));
    }

    public static NodeMessage openChannel(ByteString bytes) {
        return new NodeMessage(
                Channel.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChannelRecords.ofOpen(node, Channel.parseFrom(b)));
    }

    public static NodeMessage pendingOpenChannel(ByteString bytes) {
        return new NodeMessage(
                PendingOpenChannel.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChannelRecords.ofPendingOpen(node, PendingOpenChannel.parseFrom(b)));
    }

    public static NodeMessage waitingCloseChannel(ByteString bytes) {
        return new NodeMessage(
                WaitingCloseChannel.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChannelRecords.ofWaitingClose(node, WaitingCloseChannel.parseFrom(b)));
    }

    public static NodeMessage forceClosedChannel(ByteString bytes) {
        return new NodeMessage(
                ForceClosedChannel.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChannelRecords.ofForceClosing(node, ForceClosedChannel.parseFrom(b)));
    }

    public static NodeMessage closedChannel(ByteString bytes) {
        return new NodeMessage(
                ChannelCloseSummary.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChannelRecords.ofClosed(node, ChannelCloseSummary.parseFrom(b)));
    }

    public static NodeMessage forward(ByteString bytes) {
        return new NodeMessage(
                ForwardingEvent.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ForwardRecords.of(node, ForwardingEvent.parseFrom(b)));
    }

    public static NodeMessage transaction(ByteString bytes) {
        return new NodeMessage(
                Transaction.getDescriptor().getFullName(),
                bytes,
                (node, b) -> ChainRecords.of(node, Transaction.parseFrom(b)));
    }

    /// The balances of one sweep. `bytes` is the answer that holds the node's exact total over its channels.
    public static NodeMessage balances(ByteString bytes, BalanceReading reading) {
        return new NodeMessage(
                ChannelBalanceResponse.getDescriptor().getFullName(),
                bytes,
                (node, _) -> BalanceRecords.of(node, reading));
    }

    /// What the message says.
    ///
    /// @throws InvalidProtocolBufferException when the bytes are no such message
    /// @throws IllegalArgumentException when a field holds what it must not hold
    public List<NodeRecord> records(NodeId node) throws InvalidProtocolBufferException {
        return reader.read(node, bytes);
    }
}
