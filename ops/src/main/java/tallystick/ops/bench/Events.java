package tallystick.ops.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptState;

/// Names of events, by which what a node said and what stands in Kafka find each other.
final class Events {
    private static final String OPEN = "open ";
    private static final String SETTLED = "settled ";

    private Events() {}

    static String invoice(String hash, boolean isSettled) {
        return (isSettled ? SETTLED : OPEN) + hash;
    }

    /// What came before a settlement; empty for other events.
    static Optional<String> opening(String event) {
        return event.startsWith(SETTLED)
                ? Optional.of(OPEN + event.substring(SETTLED.length()))
                : Optional.empty();
    }

    static String payment(String hash) {
        return "paid " + hash;
    }

    /// Empty for a payment that is under way: it is told several times.
    static Optional<String> of(boolean isInvoice, ConsumerRecord<byte[], byte[]> record) {
        try {
            if (isInvoice) {
                var invoice = InvoiceRecord.parseFrom(record.value());
                return Optional.of(
                        invoice(
                                HexFormat.of().formatHex(invoice.getPaymentHash().toByteArray()),
                                invoice.getState() == ReceiptState.RECEIPT_STATE_SETTLED));
            }
            var payment = PaymentRecord.parseFrom(record.value());
            return payment.getState() == PaymentState.PAYMENT_STATE_SUCCEEDED
                    ? Optional.of(
                            payment(
                                    HexFormat.of()
                                            .formatHex(payment.getPaymentHash().toByteArray())))
                    : Optional.empty();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("record: not of the contract", e);
        }
    }
}
