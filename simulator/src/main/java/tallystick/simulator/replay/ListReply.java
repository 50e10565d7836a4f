package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ClosedChannelsRequest;
import tallystick.proto.lnrpc.ClosedChannelsResponse;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.ForwardingHistoryResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.TransactionDetails;
import tallystick.proto.routerrpc.TrackPaymentRequest;

/// Answers a list call from a checkpoint: all that was listed, filtered and paged by the request as lnd does it. Pure.
final class ListReply {
    /// lnd's page when the request names none.
    private static final int DEFAULT_PAGE = 100;

    private static final long NANOS = 1_000_000_000L;

    /// An element of a list: as the node wrote it, and what it says.
    private record Entry<T>(ByteString bytes, T value) {}

    private ListReply() {}

    static ByteString invoices(List<ByteString> all, ListInvoiceRequest request) {
        List<Entry<Invoice>> kept =
                entries(all, bytes -> Wire.parse(Invoice.parser(), bytes)).stream()
                        .filter(entry -> !request.getPendingOnly() || isPending(entry.value()))
                        .filter(
                                entry ->
                                        isWithin(
                                                entry.value().getCreationDate(),
                                                request.getCreationDateStart(),
                                                request.getCreationDateEnd()))
                        .toList();
        List<Entry<Invoice>> page =
                page(
                        kept,
                        Invoice::getAddIndex,
                        request.getIndexOffset(),
                        request.getNumMaxInvoices(),
                        request.getReversed());
        return new Wire.Builder()
                .elements(ListInvoiceResponse.INVOICES_FIELD_NUMBER, bytes(page))
                .number(
                        ListInvoiceResponse.LAST_INDEX_OFFSET_FIELD_NUMBER,
                        last(page, Invoice::getAddIndex))
                .number(
                        ListInvoiceResponse.FIRST_INDEX_OFFSET_FIELD_NUMBER,
                        first(page, Invoice::getAddIndex))
                .build();
    }

    /// Empty when there is no such invoice.
    static Optional<ByteString> invoice(List<ByteString> all, PaymentHash request) {
        return all.stream()
                .filter(
                        bytes ->
                                !request.getRHash().isEmpty()
                                        && Wire.parse(Invoice.parser(), bytes)
                                                .getRHash()
                                                .equals(request.getRHash()))
                .findFirst();
    }

    static ByteString payments(List<ByteString> all, ListPaymentsRequest request) {
        List<Entry<Payment>> kept =
                entries(all, bytes -> Wire.parse(Payment.parser(), bytes)).stream()
                        .filter(
                                entry ->
                                        request.getIncludeIncomplete()
                                                || entry.value().getStatus()
                                                        == PaymentStatus.SUCCEEDED)
                        .filter(
                                entry ->
                                        isWithin(
                                                entry.value().getCreationTimeNs() / NANOS,
                                                request.getCreationDateStart(),
                                                request.getCreationDateEnd()))
                        .toList();
        List<Entry<Payment>> page =
                page(
                        kept,
                        Payment::getPaymentIndex,
                        request.getIndexOffset(),
                        request.getMaxPayments(),
                        request.getReversed());
        return new Wire.Builder()
                .elements(
                        ListPaymentsResponse.PAYMENTS_FIELD_NUMBER,
                        request.getOmitHops() ? withoutHops(page) : bytes(page))
                .number(
                        ListPaymentsResponse.FIRST_INDEX_OFFSET_FIELD_NUMBER,
                        first(page, Payment::getPaymentIndex))
                .number(
                        ListPaymentsResponse.LAST_INDEX_OFFSET_FIELD_NUMBER,
                        last(page, Payment::getPaymentIndex))
                .number(
                        ListPaymentsResponse.TOTAL_NUM_PAYMENTS_FIELD_NUMBER,
                        request.getCountTotalPayments() ? all.size() : 0)
                .build();
    }

    /// Empty when there is no such payment.
    static Optional<ByteString> payment(List<ByteString> all, TrackPaymentRequest request) {
        String hash = HexFormat.of().formatHex(request.getPaymentHash().toByteArray());
        return all.stream()
                .filter(bytes -> Wire.parse(Payment.parser(), bytes).getPaymentHash().equals(hash))
                .findFirst();
    }

    /// The offset counts records inside the window. An end of 0 is now, and nothing is later than now.
    static ByteString forwards(List<ByteString> all, ForwardingHistoryRequest request) {
        long limit =
                request.getNumMaxEvents() == 0
                        ? DEFAULT_PAGE
                        : Integer.toUnsignedLong(request.getNumMaxEvents());
        long skipped = Integer.toUnsignedLong(request.getIndexOffset());
        List<ByteString> page =
                entries(all, bytes -> Wire.parse(ForwardingEvent.parser(), bytes)).stream()
                        .filter(entry -> isAsked(entry.value(), request))
                        .skip(skipped)
                        .limit(limit)
                        .map(Entry::bytes)
                        .toList();
        return new Wire.Builder()
                .elements(ForwardingHistoryResponse.FORWARDING_EVENTS_FIELD_NUMBER, page)
                .number(
                        ForwardingHistoryResponse.LAST_OFFSET_INDEX_FIELD_NUMBER,
                        skipped + page.size())
                .build();
    }

    /// Unconfirmed transactions belong to the tip, which an end of -1 or 0 asks for.
    static ByteString transactions(List<ByteString> all, GetTransactionsRequest request) {
        boolean isToTip = request.getEndHeight() == -1 || request.getEndHeight() == 0;
        int low = request.getStartHeight();
        int high = isToTip ? Integer.MAX_VALUE : request.getEndHeight();
        long limit =
                request.getMaxTransactions() == 0
                        ? Long.MAX_VALUE
                        : Integer.toUnsignedLong(request.getMaxTransactions());
        long skipped = Integer.toUnsignedLong(request.getIndexOffset());
        List<ByteString> page =
                entries(all, bytes -> Wire.parse(Transaction.parser(), bytes)).stream()
                        .filter(entry -> isBetween(entry.value(), low, high, isToTip))
                        .skip(skipped)
                        .limit(limit)
                        .map(Entry::bytes)
                        .toList();
        return new Wire.Builder()
                .elements(TransactionDetails.TRANSACTIONS_FIELD_NUMBER, page)
                .number(
                        TransactionDetails.LAST_INDEX_FIELD_NUMBER,
                        page.isEmpty() ? 0 : skipped + page.size() - 1)
                .number(TransactionDetails.FIRST_INDEX_FIELD_NUMBER, page.isEmpty() ? 0 : skipped)
                .build();
    }

    static ByteString closedChannels(List<ByteString> all, ClosedChannelsRequest request) {
        boolean isForAll = request.equals(ClosedChannelsRequest.getDefaultInstance());
        List<ByteString> kept =
                all.stream()
                        .filter(
                                bytes ->
                                        isForAll
                                                || isAsked(
                                                        Wire.parse(
                                                                ChannelCloseSummary.parser(),
                                                                bytes),
                                                        request))
                        .toList();
        return new Wire.Builder()
                .elements(ClosedChannelsResponse.CHANNELS_FIELD_NUMBER, kept)
                .build();
    }

    /// In lnd's database an AMP invoice stays open for ever, though it is shown as settled.
    private static boolean isPending(Invoice invoice) {
        return switch (invoice.getState()) {
            case OPEN, ACCEPTED -> true;
            case SETTLED -> invoice.getIsAmp();
            case CANCELED, UNRECOGNIZED -> false;
        };
    }

    private static boolean isWithin(long date, long start, long end) {
        return Long.compareUnsigned(date, start) >= 0
                && (end == 0 || Long.compareUnsigned(date, end) <= 0);
    }

    private static boolean isAsked(ForwardingEvent event, ForwardingHistoryRequest request) {
        long start = nanos(request.getStartTime());
        long end = nanos(request.getEndTime());
        return event.getTimestampNs() >= start
                && (end == 0 || event.getTimestampNs() <= end)
                && isAsked(event.getChanIdIn(), request.getIncomingChanIdsList())
                && isAsked(event.getChanIdOut(), request.getOutgoingChanIdsList());
    }

    private static long nanos(long seconds) {
        return seconds < 0 || seconds > Long.MAX_VALUE / NANOS ? Long.MAX_VALUE : seconds * NANOS;
    }

    private static boolean isAsked(long channel, List<Long> channels) {
        return channels.isEmpty() || channels.contains(channel);
    }

    private static boolean isBetween(Transaction each, int low, int high, boolean isToTip) {
        return each.getBlockHeight() <= 0
                ? isToTip
                : each.getBlockHeight() >= low && each.getBlockHeight() <= high;
    }

    private static boolean isAsked(ChannelCloseSummary channel, ClosedChannelsRequest request) {
        return switch (channel.getCloseType()) {
            case COOPERATIVE_CLOSE -> request.getCooperative();
            case LOCAL_FORCE_CLOSE -> request.getLocalForce();
            case REMOTE_FORCE_CLOSE -> request.getRemoteForce();
            case BREACH_CLOSE -> request.getBreach();
            case FUNDING_CANCELED -> request.getFundingCanceled();
            case ABANDONED -> request.getAbandoned();
            case UNRECOGNIZED -> false;
        };
    }

    private static List<ByteString> withoutHops(List<Entry<Payment>> page) {
        return page.stream()
                .map(
                        entry -> {
                            Payment.Builder payment = entry.value().toBuilder();
                            payment.getHtlcsBuilderList()
                                    .forEach(htlc -> htlc.getRouteBuilder().clearHops());
                            return payment.build().toByteString();
                        })
                .toList();
    }

    /// A page begins after the offset and ascends. Reversed, it ends before the offset, and 0 is the end of the list.
    private static <T> List<Entry<T>> page(
            List<Entry<T>> all,
            ToLongFunction<T> index,
            long offset,
            long asked,
            boolean reversed) {
        long size = asked == 0 ? DEFAULT_PAGE : asked;
        Predicate<Entry<T>> isBeyond =
                entry -> {
                    int side = Long.compareUnsigned(index.applyAsLong(entry.value()), offset);
                    return reversed ? offset == 0 || side < 0 : side > 0;
                };
        List<Entry<T>> beyond = all.stream().filter(isBeyond).toList();
        int length = Long.compareUnsigned(size, beyond.size()) < 0 ? (int) size : beyond.size();
        return reversed
                ? beyond.subList(beyond.size() - length, beyond.size())
                : beyond.subList(0, length);
    }

    private static <T> long first(List<Entry<T>> page, ToLongFunction<T> index) {
        return page.isEmpty() ? 0 : index.applyAsLong(page.getFirst().value());
    }

    private static <T> long last(List<Entry<T>> page, ToLongFunction<T> index) {
        return page.isEmpty() ? 0 : index.applyAsLong(page.getLast().value());
    }

    private static <T> List<Entry<T>> entries(List<ByteString> all, Function<ByteString, T> parse) {
        var entries = new ArrayList<Entry<T>>();
        all.forEach(bytes -> entries.add(new Entry<>(bytes, parse.apply(bytes))));
        return entries;
    }

    private static <T> List<ByteString> bytes(List<Entry<T>> entries) {
        return entries.stream().map(Entry::bytes).toList();
    }
}
