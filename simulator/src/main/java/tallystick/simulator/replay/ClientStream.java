package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.routerrpc.TrackPaymentsRequest;
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.Rpc;

/// A stream that a client has open, with what it asked for. Used with the stage's lock held.
final class ClientStream {
    private final Exchange exchange;
    private final InvoiceSubscription cursor;
    private final boolean isWithoutUnderWay;
    private boolean isAdmitted;

    ClientStream(Exchange exchange) {
        this.exchange = exchange;
        cursor =
                exchange.rpc().equals(Rpc.SUBSCRIBE_INVOICES)
                        ? Wire.parse(InvoiceSubscription.parser(), exchange.request())
                        : InvoiceSubscription.getDefaultInstance();
        isWithoutUnderWay =
                exchange.rpc().equals(Rpc.TRACK_PAYMENTS)
                        && Wire.parse(TrackPaymentsRequest.parser(), exchange.request())
                                .getNoInflightUpdates();
    }

    Exchange exchange() {
        return exchange;
    }

    InvoiceSubscription cursor() {
        return cursor;
    }

    /// Whether it has had its backlog, and now hears what is new.
    boolean isAdmitted() {
        return isAdmitted;
    }

    void admit() {
        isAdmitted = true;
    }

    boolean hears(Turn.Say say) {
        return isAdmitted && !isPast(say) && wants(say.said().bytes());
    }

    /// Whether its cursor lies beyond this message.
    boolean isPast(Turn.Say say) {
        return say.event().map(event -> event.isMutedFor(cursor)).orElse(false);
    }

    boolean wants(ByteString message) {
        return !isWithoutUnderWay
                || Wire.tryParse(Payment.parser(), message)
                        .map(payment -> !PaymentBacklog.isUnderWay(payment))
                        .orElse(true);
    }
}
