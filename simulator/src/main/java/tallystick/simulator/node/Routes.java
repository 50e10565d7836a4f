package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.List;
import tallystick.proto.lnrpc.AMPRecord;
import tallystick.proto.lnrpc.Hop;
import tallystick.proto.lnrpc.MPPRecord;
import tallystick.proto.lnrpc.Route;

/// Ways through the network: over our channel to a peer, and from there on.
final class Routes {
    private static final long MSAT = 1000;
    private static final int DELTA = 40;

    private Routes() {}

    /// A node on the way, and the channel that leads to it.
    record Stop(String pubkey, long chanId) {}

    /// @param msat what arrives
    /// @param feeMsat all of it goes to the first node on the way; 0 when there is only one
    /// @param finalExpiry height
    static Route route(
            List<Stop> stops, long msat, long feeMsat, int finalExpiry, Destination destination) {
        int timeLock = finalExpiry + DELTA * (stops.size() - 1);
        Route.Builder route =
                Route.newBuilder()
                        .setTotalTimeLock(timeLock)
                        .setTotalFees(feeMsat / MSAT)
                        .setTotalAmt((msat + feeMsat) / MSAT)
                        .setTotalFeesMsat(feeMsat)
                        .setTotalAmtMsat(msat + feeMsat)
                        .setFirstHopAmountMsat(msat + feeMsat);
        for (int i = 0; i < stops.size(); i++) {
            boolean isLast = i == stops.size() - 1;
            boolean takesFee = i == 0 && !isLast;
            Hop.Builder hop =
                    Hop.newBuilder()
                            .setChanId(stops.get(i).chanId())
                            .setChanCapacity((msat + (i == 0 ? feeMsat : 0)) / MSAT)
                            .setAmtToForward(msat / MSAT)
                            .setFee(takesFee ? feeMsat / MSAT : 0)
                            .setExpiry(finalExpiry + DELTA * Math.max(0, stops.size() - 2 - i))
                            .setAmtToForwardMsat(msat)
                            .setFeeMsat(takesFee ? feeMsat : 0)
                            .setPubKey(stops.get(i).pubkey())
                            .setTlvPayload(true);
            if (isLast) {
                destination.addTo(hop);
            }
            route.addHops(hop);
        }
        return route.build();
    }

    /// What the last node is told.
    ///
    /// @param address the payment's secret; empty for keysend
    /// @param preimage brought along by a keysend; else empty
    /// @param setId of an AMP payment; else empty
    record Destination(
            long totalMsat,
            ByteString address,
            ByteString preimage,
            ByteString setId,
            ByteString rootShare,
            int child) {
        static Destination invoice(long totalMsat, ByteString address) {
            return new Destination(
                    totalMsat, address, ByteString.EMPTY, ByteString.EMPTY, ByteString.EMPTY, 0);
        }

        static Destination keysend(long totalMsat, ByteString preimage) {
            return new Destination(
                    totalMsat, ByteString.EMPTY, preimage, ByteString.EMPTY, ByteString.EMPTY, 0);
        }

        private void addTo(Hop.Builder hop) {
            if (!address.isEmpty()) {
                hop.setMppRecord(
                        MPPRecord.newBuilder().setTotalAmtMsat(totalMsat).setPaymentAddr(address));
            }
            if (!preimage.isEmpty()) {
                hop.putCustomRecords(InvoiceDesk.KEYSEND_RECORD, preimage);
            }
            if (!setId.isEmpty()) {
                hop.setAmpRecord(
                        AMPRecord.newBuilder()
                                .setRootShare(rootShare)
                                .setSetId(setId)
                                .setChildIndex(child));
            }
        }
    }
}
