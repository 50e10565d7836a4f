package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.Rpc;

/// Who follows the node's streams, and what they are told. Belongs to the node's lock.
final class Feeds {
    private static final long PRIME = 31;

    /// Follows the invoices from its cursors on. A cursor that is too high lets nothing through.
    private static final class InvoiceFollower {
        final Exchange exchange;
        long addIndex;
        long settleIndex;

        InvoiceFollower(Exchange exchange, InvoiceSubscription from) {
            this.exchange = exchange;
            addIndex = from.getAddIndex();
            settleIndex = from.getSettleIndex();
        }

        boolean takes(boolean isSettle, long index) {
            if (Long.compareUnsigned(isSettle ? settleIndex : addIndex, index) >= 0) {
                return false;
            }
            if (isSettle) {
                settleIndex = index;
            } else {
                addIndex = index;
            }
            return true;
        }
    }

    private record PaymentFollower(Exchange exchange, boolean isWithoutUnderWay) {}

    private record OnePaymentFollower(Exchange exchange, String hash, boolean isWithoutUnderWay) {}

    private final Facts facts;
    private final List<Listener> listeners = new ArrayList<>();
    private final List<InvoiceFollower> invoices = new ArrayList<>();
    private final List<PaymentFollower> payments = new ArrayList<>();
    private final List<OnePaymentFollower> onePayments = new ArrayList<>();
    private final List<Exchange> channels = new ArrayList<>();
    private final List<Exchange> transactions = new ArrayList<>();
    private final List<Exchange> states = new ArrayList<>();
    private long told;

    Feeds(Facts facts) {
        this.facts = facts;
    }

    /// A digest of everything that was told, whether or not somebody was there to hear it.
    long told() {
        return told;
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    // --- following

    void followInvoices(Exchange exchange, InvoiceSubscription from, Iterator<ByteString> backlog) {
        exchange.accept();
        exchange.sendFirst(noting(backlog));
        invoices.add(new InvoiceFollower(exchange, from));
    }

    void followPayments(Exchange exchange, boolean isWithoutUnderWay, List<Payment> underWay) {
        exchange.accept();
        if (!isWithoutUnderWay) {
            underWay.forEach(payment -> exchange.send(noted(payment.toByteString())));
        }
        payments.add(new PaymentFollower(exchange, isWithoutUnderWay));
    }

    void followPayment(
            Exchange exchange, Payment payment, boolean isOver, boolean isWithoutUnderWay) {
        exchange.accept();
        if (isOver || !isWithoutUnderWay) {
            exchange.send(noted(payment.toByteString()));
        }
        if (isOver) {
            exchange.close(Status.OK);
        } else {
            onePayments.add(
                    new OnePaymentFollower(exchange, payment.getPaymentHash(), isWithoutUnderWay));
        }
    }

    void followChannels(Exchange exchange) {
        exchange.accept();
        channels.add(exchange);
    }

    void followTransactions(Exchange exchange) {
        exchange.accept();
        transactions.add(exchange);
    }

    void followState(Exchange exchange, WalletState state) {
        exchange.accept();
        exchange.send(message(state));
        states.add(exchange);
    }

    void leave(Exchange exchange) {
        invoices.removeIf(each -> each.exchange == exchange);
        payments.removeIf(each -> each.exchange() == exchange);
        onePayments.removeIf(each -> each.exchange() == exchange);
        channels.remove(exchange);
        transactions.remove(exchange);
        states.remove(exchange);
    }

    // --- telling

    /// @param isSettle whether the index is a settle index, and not an add index
    /// @param isMissed whether it gets lost on the way
    void invoice(Invoice invoice, boolean isSettle, long index, boolean isMissed) {
        ByteString bytes = tell(Rpc.SUBSCRIBE_INVOICES, invoice.toByteString());
        for (InvoiceFollower follower : invoices) {
            if (!isMissed && follower.takes(isSettle, index)) {
                follower.exchange.send(noted(bytes));
            }
        }
    }

    void payment(Payment payment, boolean isOver) {
        ByteString bytes = tell(Rpc.TRACK_PAYMENTS, payment.toByteString());
        for (PaymentFollower follower : payments) {
            if (isOver || !follower.isWithoutUnderWay()) {
                follower.exchange().send(noted(bytes));
            }
        }
        var ended = new ArrayList<OnePaymentFollower>();
        for (OnePaymentFollower follower : onePayments) {
            if (follower.hash().equals(payment.getPaymentHash())) {
                if (isOver || !follower.isWithoutUnderWay()) {
                    follower.exchange().send(noted(bytes));
                }
                if (isOver) {
                    follower.exchange().close(Status.OK);
                    ended.add(follower);
                }
            }
        }
        onePayments.removeAll(ended);
    }

    void channel(ChannelEventUpdate event) {
        send(channels, tell(Rpc.SUBSCRIBE_CHANNEL_EVENTS, event.toByteString()));
    }

    void transaction(Transaction transaction) {
        send(transactions, tell(Rpc.SUBSCRIBE_TRANSACTIONS, transaction.toByteString()));
    }

    void state(WalletState state) {
        states.forEach(exchange -> exchange.send(message(state)));
    }

    private void send(List<Exchange> followers, ByteString bytes) {
        followers.forEach(exchange -> exchange.send(noted(bytes)));
    }

    private static ByteString message(WalletState state) {
        return SubscribeStateResponse.newBuilder().setState(state).build().toByteString();
    }

    private ByteString tell(String rpc, ByteString bytes) {
        listeners.forEach(listener -> listener.told(rpc, bytes));
        if (facts.isRemembering()) {
            told = told * PRIME + Digests.digest(bytes);
        }
        return bytes;
    }

    private ByteString noted(ByteString bytes) {
        facts.sent(bytes);
        return bytes;
    }

    private Iterator<ByteString> noting(Iterator<ByteString> messages) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return messages.hasNext();
            }

            @Override
            public ByteString next() {
                return noted(messages.next());
            }
        };
    }

    // --- ends

    /// Each stream ends in its own way when lnd is stopped.
    void sayGoodbye() {
        Status shuttingDown = Status.UNKNOWN.withDescription("routerrpc server shutting down");
        invoices.forEach(each -> each.exchange.abort(Status.OK));
        channels.forEach(each -> each.abort(Status.OK));
        transactions.forEach(each -> each.abort(Status.OK));
        payments.forEach(each -> each.exchange().abort(shuttingDown));
        onePayments.forEach(each -> each.exchange().abort(shuttingDown));
        states.forEach(each -> each.abort(Status.UNAVAILABLE.withDescription("connection closed")));
        clear();
    }

    void cut() {
        Consumer<Exchange> cut =
                each -> each.abort(Status.UNAVAILABLE.withDescription("connection reset by peer"));
        invoices.forEach(each -> cut.accept(each.exchange));
        payments.forEach(each -> cut.accept(each.exchange()));
        onePayments.forEach(each -> cut.accept(each.exchange()));
        channels.forEach(cut);
        transactions.forEach(cut);
        states.forEach(cut);
        clear();
    }

    private void clear() {
        invoices.clear();
        payments.clear();
        onePayments.clear();
        channels.clear();
        transactions.clear();
        states.clear();
    }
}
