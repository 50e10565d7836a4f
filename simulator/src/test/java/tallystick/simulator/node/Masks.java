package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.util.TreeMap;
import tallystick.proto.lnrpc.AMP;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.Hop;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.MPPRecord;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Route;

/// Takes ids and times out of messages, and leaves whether they are there.
final class Masks {
    private static final ByteString SOME = ByteString.copyFromUtf8("some");

    private Masks() {}

    private static ByteString mask(ByteString bytes) {
        return bytes.isEmpty() ? bytes : SOME;
    }

    private static String mask(String text) {
        return text.isEmpty() ? text : "some";
    }

    private static int mask(long number) {
        return number == 0 ? 0 : 1;
    }

    /// Add and settle indexes stay.
    static Invoice invoice(Invoice invoice) {
        Invoice.Builder masked =
                invoice.toBuilder()
                        .setUnknownFields(UnknownFieldSet.getDefaultInstance())
                        .setRPreimage(mask(invoice.getRPreimage()))
                        .setRHash(mask(invoice.getRHash()))
                        .setCreationDate(mask(invoice.getCreationDate()))
                        .setSettleDate(mask(invoice.getSettleDate()))
                        .setPaymentRequest(mask(invoice.getPaymentRequest()))
                        .clearHtlcs()
                        .clearAmpInvoiceState();
        if (!invoice.getPaymentAddr().equals(SimInvoice.NO_ADDRESS)) {
            masked.setPaymentAddr(mask(invoice.getPaymentAddr()));
        }
        invoice.getHtlcsList().forEach(htlc -> masked.addHtlcs(htlc(htlc)));
        var sets = new TreeMap<Long, AMPInvoiceState>();
        invoice.getAmpInvoiceStateMap()
                .values()
                .forEach(set -> sets.put(set.getSettleIndex(), set));
        sets.forEach(
                (index, set) ->
                        masked.putAmpInvoiceState(
                                "set " + index, set.toBuilder().setSettleTime(1).build()));
        return masked.build();
    }

    private static InvoiceHTLC htlc(InvoiceHTLC htlc) {
        InvoiceHTLC.Builder masked =
                htlc.toBuilder()
                        .setUnknownFields(UnknownFieldSet.getDefaultInstance())
                        .setChanId(1)
                        .setHtlcIndex(0)
                        .setAcceptHeight(1)
                        .setAcceptTime(1)
                        .setResolveTime(mask(htlc.getResolveTime()))
                        .setExpiryHeight(1)
                        .clearCustomChannelData()
                        .clearCustomRecords();
        // What a payer adds of his own, here the order, is his affair.
        htlc.getCustomRecordsMap().keySet().stream()
                .filter(type -> type != 34_349_334L)
                .forEach(type -> masked.putCustomRecords(type, SOME));
        if (htlc.hasAmp()) {
            masked.setAmp(
                    AMP.newBuilder()
                            .setRootShare(mask(htlc.getAmp().getRootShare()))
                            .setSetId(mask(htlc.getAmp().getSetId()))
                            .setHash(mask(htlc.getAmp().getHash()))
                            .setPreimage(mask(htlc.getAmp().getPreimage())));
        }
        return masked.build();
    }

    static Payment payment(Payment payment) {
        Payment.Builder masked =
                payment.toBuilder()
                        .setUnknownFields(UnknownFieldSet.getDefaultInstance())
                        .setPaymentHash(mask(payment.getPaymentHash()))
                        .setCreationDate(1)
                        .setCreationTimeNs(1)
                        .setPaymentIndex(1)
                        .setPaymentPreimage(
                                payment.getPaymentPreimage().matches("0*") ? "none" : "some")
                        .setPaymentRequest(mask(payment.getPaymentRequest()))
                        .clearHtlcs();
        payment.getHtlcsList().forEach(attempt -> masked.addHtlcs(attempt(attempt)));
        return masked.build();
    }

    private static HTLCAttempt attempt(HTLCAttempt attempt) {
        HTLCAttempt.Builder masked =
                attempt.toBuilder()
                        .setAttemptTimeNs(1)
                        .setResolveTimeNs(mask(attempt.getResolveTimeNs()))
                        .setAttemptId(1)
                        .setPreimage(mask(attempt.getPreimage()));
        if (attempt.hasFailure()) {
            masked.setFailure(
                    attempt.getFailure().toBuilder()
                            .clearHeight()
                            .clearFailureSourceIndex()
                            .setUnknownFields(UnknownFieldSet.getDefaultInstance()));
        }
        Route.Builder route = attempt.getRoute().toBuilder().setTotalTimeLock(1).clearHops();
        for (Hop hop : attempt.getRoute().getHopsList()) {
            Hop.Builder maskedHop =
                    hop.toBuilder().setChanId(1).setExpiry(1).setPubKey(mask(hop.getPubKey()));
            if (hop.hasMppRecord()) {
                maskedHop.setMppRecord(
                        MPPRecord.newBuilder()
                                .setTotalAmtMsat(hop.getMppRecord().getTotalAmtMsat())
                                .setPaymentAddr(SOME));
            }
            route.addHops(maskedHop);
        }
        return masked.setRoute(route).build();
    }

    static Channel channel(Channel channel) {
        Channel.Builder masked =
                channel.toBuilder()
                        .setUnknownFields(UnknownFieldSet.getDefaultInstance())
                        .setRemotePubkey("some")
                        .setChannelPoint("some")
                        .setChanId(1)
                        .clearLifetime()
                        .clearUptime()
                        .clearPrivate()
                        .clearPendingHtlcs();
        channel.getPendingHtlcsList()
                .forEach(
                        htlc ->
                                masked.addPendingHtlcs(
                                        htlc.toBuilder().setHashLock(SOME).setExpirationHeight(1)));
        return masked.build();
    }
}
