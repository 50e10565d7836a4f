package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.Hop;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.Route;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.TransactionDetails;

class ListReplyTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void pagesInvoicesForwards() {
        List<ByteString> all = invoices(250);

        ListInvoiceResponse first = list(all, ListInvoiceRequest.newBuilder());
        ListInvoiceResponse last = list(all, ListInvoiceRequest.newBuilder().setIndexOffset(240));
        ListInvoiceResponse beyond = list(all, ListInvoiceRequest.newBuilder().setIndexOffset(250));

        assertThat(addIndexes(first)).hasSize(100).startsWith(1L).endsWith(100L);
        assertThat(first.getFirstIndexOffset()).isEqualTo(1);
        assertThat(first.getLastIndexOffset()).isEqualTo(100);
        assertThat(addIndexes(last)).hasSize(10).startsWith(241L).endsWith(250L);
        assertThat(beyond).isEqualTo(ListInvoiceResponse.getDefaultInstance());
    }

    @Test
    void pagesInvoicesBackwardsInAscendingOrder() {
        List<ByteString> all = invoices(10);

        assertThat(
                        addIndexes(
                                list(
                                        all,
                                        ListInvoiceRequest.newBuilder()
                                                .setReversed(true)
                                                .setNumMaxInvoices(3))))
                .containsExactly(8L, 9L, 10L);
        assertThat(
                        addIndexes(
                                list(
                                        all,
                                        ListInvoiceRequest.newBuilder()
                                                .setReversed(true)
                                                .setIndexOffset(3)
                                                .setNumMaxInvoices(5))))
                .containsExactly(1L, 2L);
    }

    @Test
    void filtersInvoices() {
        List<ByteString> all =
                List.of(
                        invoice(1, InvoiceState.OPEN).toByteString(),
                        invoice(2, InvoiceState.SETTLED).toByteString(),
                        invoice(3, InvoiceState.ACCEPTED).toByteString(),
                        invoice(4, InvoiceState.CANCELED).toByteString(),
                        invoice(5, InvoiceState.SETTLED).toBuilder()
                                .setIsAmp(true)
                                .build()
                                .toByteString());

        assertThat(addIndexes(list(all, ListInvoiceRequest.newBuilder().setPendingOnly(true))))
                .containsExactly(1L, 3L, 5L);
        assertThat(
                        addIndexes(
                                list(
                                        all,
                                        ListInvoiceRequest.newBuilder()
                                                .setCreationDateStart(102)
                                                .setCreationDateEnd(103))))
                .containsExactly(2L, 3L);
    }

    @Test
    void keepsWhatItDoesNotKnow() {
        ByteString strange =
                invoice(1, InvoiceState.OPEN).toByteString().concat(ByteString.fromHex("f87f01"));

        ByteString reply =
                ListReply.invoices(List.of(strange), ListInvoiceRequest.getDefaultInstance());

        assertThat(Wire.elements(reply, ListInvoiceResponse.INVOICES_FIELD_NUMBER))
                .containsExactly(strange);
    }

    @Test
    void findsAnInvoiceByItsHash() {
        ByteString hash = ByteString.fromHex("0102");
        ByteString invoice = Invoice.newBuilder().setRHash(hash).build().toByteString();
        ByteString spontaneous = Invoice.newBuilder().setIsAmp(true).build().toByteString();
        List<ByteString> all = List.of(spontaneous, invoice);

        assertThat(ListReply.invoice(all, PaymentHash.newBuilder().setRHash(hash).build()))
                .contains(invoice);
        assertThat(ListReply.invoice(all, PaymentHash.getDefaultInstance())).isEmpty();
    }

    @Test
    void filtersAndPagesPayments() {
        List<ByteString> all =
                List.of(
                        payment(4, PaymentStatus.SUCCEEDED),
                        payment(1001, PaymentStatus.FAILED),
                        payment(1002, PaymentStatus.IN_FLIGHT),
                        payment(2001, PaymentStatus.SUCCEEDED));

        ListPaymentsResponse succeeded = list(all, ListPaymentsRequest.newBuilder());
        ListPaymentsResponse second =
                list(
                        all,
                        ListPaymentsRequest.newBuilder()
                                .setIncludeIncomplete(true)
                                .setIndexOffset(4)
                                .setMaxPayments(2)
                                .setOmitHops(true)
                                .setCountTotalPayments(true));

        assertThat(succeeded.getPaymentsList())
                .extracting(Payment::getPaymentIndex)
                .containsExactly(4L, 2001L);
        assertThat(succeeded.getTotalNumPayments()).isZero();
        assertThat(second.getPaymentsList())
                .extracting(Payment::getPaymentIndex)
                .containsExactly(1001L, 1002L);
        assertThat(second.getFirstIndexOffset()).isEqualTo(1001);
        assertThat(second.getLastIndexOffset()).isEqualTo(1002);
        assertThat(second.getTotalNumPayments()).isEqualTo(4);
        assertThat(second.getPayments(0).getHtlcs(0).getRoute().getHopsCount()).isZero();
        assertThat(second.getPayments(0).getHtlcs(0).getRoute().getTotalAmtMsat()).isEqualTo(7);
    }

    @Test
    void skipsForwardsInsideTheWindow() {
        List<ByteString> all =
                LongStream.rangeClosed(1, 5)
                        .mapToObj(
                                second ->
                                        ForwardingEvent.newBuilder()
                                                .setTimestampNs(second * SECOND)
                                                .setChanIdIn(second)
                                                .build()
                                                .toByteString())
                        .toList();

        ForwardingHistoryResponse window =
                list(
                        all,
                        ForwardingHistoryRequest.newBuilder()
                                .setStartTime(2)
                                .setEndTime(5)
                                .setIndexOffset(1)
                                .setNumMaxEvents(2));
        ForwardingHistoryResponse rest =
                list(all, ForwardingHistoryRequest.newBuilder().setStartTime(4));
        ForwardingHistoryResponse none =
                list(all, ForwardingHistoryRequest.newBuilder().setIndexOffset(5));

        assertThat(window.getForwardingEventsList())
                .extracting(ForwardingEvent::getChanIdIn)
                .containsExactly(3L, 4L);
        assertThat(window.getLastOffsetIndex()).isEqualTo(3);
        assertThat(rest.getForwardingEventsList())
                .extracting(ForwardingEvent::getChanIdIn)
                .containsExactly(4L, 5L);
        assertThat(none.getForwardingEventsCount()).isZero();
        assertThat(none.getLastOffsetIndex()).isEqualTo(5);
    }

    @Test
    void takesUnconfirmedTransactionsForPartOfTheTip() {
        List<ByteString> all = List.of(transaction(0), transaction(12), transaction(10));

        assertThat(heights(all, 0, -1)).containsExactly(0, 12, 10);
        assertThat(heights(all, 11, 0)).containsExactly(0, 12);
        assertThat(heights(all, 10, 11)).containsExactly(10);
    }

    @Test
    void filtersClosedChannelsOnlyWhenAsked() {
        List<ByteString> all =
                List.of(
                        closed(ChannelCloseSummary.ClosureType.COOPERATIVE_CLOSE),
                        closed(ChannelCloseSummary.ClosureType.LOCAL_FORCE_CLOSE));

        assertThat(closed(all, ClosedChannelsRequest.getDefaultInstance())).isEqualTo(2);
        assertThat(closed(all, ClosedChannelsRequest.newBuilder().setLocalForce(true).build()))
                .isEqualTo(1);
        assertThat(closed(all, ClosedChannelsRequest.newBuilder().setBreach(true).build()))
                .isZero();
    }

    private static List<ByteString> invoices(int count) {
        return LongStream.rangeClosed(1, count)
                .mapToObj(index -> invoice(index, InvoiceState.OPEN).toByteString())
                .toList();
    }

    private static Invoice invoice(long addIndex, InvoiceState state) {
        return Invoice.newBuilder()
                .setAddIndex(addIndex)
                .setState(state)
                .setCreationDate(100 + addIndex)
                .build();
    }

    private static List<Long> addIndexes(ListInvoiceResponse response) {
        return response.getInvoicesList().stream().map(Invoice::getAddIndex).toList();
    }

    private static ListInvoiceResponse list(
            List<ByteString> all, ListInvoiceRequest.Builder request) {
        return Wire.parse(ListInvoiceResponse.parser(), ListReply.invoices(all, request.build()));
    }

    private static ListPaymentsResponse list(
            List<ByteString> all, ListPaymentsRequest.Builder request) {
        return Wire.parse(ListPaymentsResponse.parser(), ListReply.payments(all, request.build()));
    }

    private static ForwardingHistoryResponse list(
            List<ByteString> all, ForwardingHistoryRequest.Builder request) {
        return Wire.parse(
                ForwardingHistoryResponse.parser(), ListReply.forwards(all, request.build()));
    }

    private static ByteString payment(long index, PaymentStatus status) {
        return Payment.newBuilder()
                .setPaymentIndex(index)
                .setStatus(status)
                .addHtlcs(
                        HTLCAttempt.newBuilder()
                                .setRoute(
                                        Route.newBuilder()
                                                .setTotalAmtMsat(7)
                                                .addHops(Hop.getDefaultInstance())))
                .build()
                .toByteString();
    }

    private static ByteString transaction(int height) {
        return Transaction.newBuilder().setBlockHeight(height).build().toByteString();
    }

    private static List<Integer> heights(List<ByteString> all, int start, int end) {
        var request =
                GetTransactionsRequest.newBuilder().setStartHeight(start).setEndHeight(end).build();
        return Wire.parse(TransactionDetails.parser(), ListReply.transactions(all, request))
                .getTransactionsList()
                .stream()
                .map(Transaction::getBlockHeight)
                .toList();
    }

    private static ByteString closed(ChannelCloseSummary.ClosureType type) {
        return ChannelCloseSummary.newBuilder().setCloseType(type).build().toByteString();
    }

    private static int closed(List<ByteString> all, ClosedChannelsRequest request) {
        return Wire.parse(ClosedChannelsResponse.parser(), ListReply.closedChannels(all, request))
                .getChannelsCount();
    }
}
