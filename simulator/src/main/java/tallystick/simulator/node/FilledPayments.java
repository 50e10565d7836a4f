package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.HTLCAttempt.HTLCStatus;
import tallystick.proto.lnrpc.Payment.PaymentStatus;

/// A long stretch of payments that succeeded, of which nothing is kept: each is made from the seed and its place whenever
/// somebody looks at it. It never changes.
final class FilledPayments implements Shelf.Stretch<SimPayment> {
    private static final long NANOS_BETWEEN = 100_000_000L;
    private static final long NANOS_TO_SUCCEED = 40_000_000L;
    private static final long MIN_MSAT = 1_000_000;
    private static final int SPREAD_MSAT = 1_000_000;
    private static final long FEE_PARTS = 1000;
    private static final int FINAL_DELTA = 43;
    private static final long PREIMAGE = 0x6a09e667f3bcc908L;
    private static final long ADDRESS = 0xbb67ae8584caa73bL;
    private static final long AMOUNT = 0x3c6ef372fe94f82bL;

    /// What all of them have in common.
    record Common(
            long seed,
            int size,
            long firstNanos,
            long chanId,
            long firstAttempt,
            int height,
            String peer,
            String payee) {}

    private final Common common;
    private final long first;

    /// Made when it is first needed. Belongs to the node's lock.
    private @Nullable HashPlaces places;

    FilledPayments(Common common, long first) {
        this.common = common;
        this.first = first;
    }

    static long msat(long seed, int place) {
        return MIN_MSAT + Math.floorMod(FilledInvoices.mix(seed ^ AMOUNT, place), SPREAD_MSAT);
    }

    static long feeMsat(long msat) {
        return msat / FEE_PARTS;
    }

    @Override
    public long first() {
        return first;
    }

    @Override
    public int size() {
        return common.size();
    }

    @Override
    public Shelf.Stretch<SimPayment> startingAt(long index) {
        return new FilledPayments(common, index);
    }

    @Override
    public SimPayment at(int place) {
        long msat = msat(common.seed(), place);
        ByteString preimage = preimage(place);
        ByteString hash = Bytes.sha256(preimage);
        ByteString address = FilledInvoices.bytes(common.seed() ^ ADDRESS, place);
        var payment =
                new SimPayment(
                        Bytes.hex(hash),
                        Requests.of(hash, address, msat),
                        msat,
                        common.firstNanos() + place * NANOS_BETWEEN);
        payment.index = first + place;
        payment.status = PaymentStatus.SUCCEEDED;
        payment.attempts.add(
                HTLCAttempt.newBuilder()
                        .setStatus(HTLCStatus.SUCCEEDED)
                        .setRoute(
                                Routes.route(
                                        List.of(
                                                new Routes.Stop(common.peer(), common.chanId()),
                                                new Routes.Stop(
                                                        common.payee(), common.chanId() + 1)),
                                        msat,
                                        feeMsat(msat),
                                        common.height() + FINAL_DELTA,
                                        Routes.Destination.invoice(msat, address)))
                        .setAttemptTimeNs(payment.createdNanos)
                        .setResolveTimeNs(payment.createdNanos + NANOS_TO_SUCCEED)
                        .setPreimage(preimage)
                        .setAttemptId(common.firstAttempt() + place)
                        .build());
        return payment;
    }

    /// The first time it makes a table of all hashes.
    Optional<SimPayment> find(String hash) {
        HashPlaces known = places;
        if (known == null) {
            known = new HashPlaces(size(), place -> Bytes.sha256(preimage(place)));
            places = known;
        }
        return known.of(Bytes.fromHex(hash))
                .mapToObj(this::at)
                .filter(payment -> payment.hash.equals(hash))
                .findFirst();
    }

    private ByteString preimage(int place) {
        return FilledInvoices.bytes(common.seed() ^ PREIMAGE, place);
    }
}
