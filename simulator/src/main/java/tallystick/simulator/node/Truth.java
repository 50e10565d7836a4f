package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Transaction;

/// Everything that is or was a fact at a simulated node, at the moment it was asked for. Immutable.
///
/// Filled history is among the invoices and payments too: with millions of them, ask for the truth before filling.
///
/// @param invoices as the lists give them now, by payment hash in hex; one that shows none (a spontaneous AMP payment) under
///     `addr:` and its payment address
/// @param payments as the lists give them now, by payment hash (of an AMP payment, its set id); failed ones that were tried
///     again are not among them
/// @param channels that are open, by channel point
/// @param closedChannels by channel point
/// @param forwards in the order in which they happened, also those that no list gives yet
/// @param transactions of the wallet, by txid
/// @param deletedInvoices with their last state
/// @param deletedPayments with their last state; a hash can be here more than once
/// @param ampSets by set id in hex
/// @param changes in the order in which they happened; filled history apart
public record Truth(
        Map<String, Invoice> invoices,
        Map<String, Payment> payments,
        Map<String, Channel> channels,
        Map<String, ChannelCloseSummary> closedChannels,
        List<ForwardingEvent> forwards,
        Map<String, Transaction> transactions,
        Map<String, Invoice> deletedInvoices,
        List<Payment> deletedPayments,
        Map<String, AMPInvoiceState> ampSets,
        List<Change> changes,
        Predicate<ByteString> sent) {
    public enum Kind {
        INVOICE,
        AMP_SET,
        PAYMENT,
        CHANNEL,
        FORWARD,
        TRANSACTION,
        NODE
    }

    /// Something came to be, or became something else.
    ///
    /// @param at by the world's time
    /// @param key as in the maps of the truth; of a forward `<chan_id_in>:<incoming_htlc_id>`
    /// @param state as lnd names it, in its own spelling where it has a name
    public record Change(Instant at, Kind kind, String key, String state) {}

    public Truth {
        invoices = ordered(invoices);
        payments = ordered(payments);
        channels = ordered(channels);
        closedChannels = ordered(closedChannels);
        forwards = List.copyOf(forwards);
        transactions = ordered(transactions);
        deletedInvoices = ordered(deletedInvoices);
        deletedPayments = List.copyOf(deletedPayments);
        ampSets = ordered(ampSets);
        changes = List.copyOf(changes);
    }

    private static <V> Map<String, V> ordered(Map<String, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    /// Whether the node has ever sent these bytes: as a message of a stream, as the whole answer to a call, or as an
    /// element of a list. Goes on with the node.
    public boolean wasSent(ByteString bytes) {
        return sent.test(bytes);
    }
}
