package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.simulator.node.SimInvoice.Kind;

/// A long stretch of plain invoices, all settled or all open, of which nothing is kept: each is made from the seed and its
/// place whenever somebody looks at it. It never changes, save that open ones are canceled, all at once.
final class FilledInvoices implements Shelf.Stretch<SimInvoice> {
    private static final long EXPIRY_SECONDS = 86_400;
    private static final long NANOS_BETWEEN = 100_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final long MIN_MSAT = 1_000_000;
    private static final int SPREAD_MSAT = 1_000_000;
    private static final int FINAL_DELTA = 43;
    private static final long PREIMAGE = 0x1f83d9abfb41bd6bL;
    private static final long ADDRESS = 0x5be0cd19137e2179L;
    private static final long AMOUNT = 0x2545f4914f6cdd1dL;

    /// What all of them have in common.
    ///
    /// @param chanId over which they were paid
    /// @param firstHtlc the HTLC that paid the first one
    /// @param firstSettle the settle index of the first one; 0 when they are open
    record Common(
            long seed,
            int size,
            long firstNanos,
            long chanId,
            long firstHtlc,
            long firstSettle,
            int height) {}

    private final Common common;
    private final long first;

    /// All stretches that the same ones were in, before and after they got new numbers, share it.
    private final State state;

    private static final class State {
        volatile boolean isCanceled;
        volatile boolean isDeleted;
        volatile @Nullable HashPlaces places;
    }

    FilledInvoices(Common common, long first) {
        this(common, first, new State());
    }

    private FilledInvoices(Common common, long first, State state) {
        this.common = common;
        this.first = first;
        this.state = state;
    }

    static long msat(long seed, int place) {
        return MIN_MSAT + Math.floorMod(mix(seed ^ AMOUNT, place), SPREAD_MSAT);
    }

    /// From the first to the last.
    static long nanos(int size) {
        return size * NANOS_BETWEEN;
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
    public Shelf.Stretch<SimInvoice> startingAt(long index) {
        return new FilledInvoices(common, index, state);
    }

    boolean isSettled() {
        return common.firstSettle() != 0;
    }

    int settleIndexes() {
        return isSettled() ? size() : 0;
    }

    long settleIndex(int place) {
        return common.firstSettle() + place;
    }

    /// The first place that was settled after this index.
    Optional<Integer> settledAfter(long settleIndex) {
        long place = Math.max(0, settleIndex + 1 - common.firstSettle());
        return isSettled() && place < size() ? Optional.of((int) place) : Optional.empty();
    }

    void cancelOpen() {
        state.isCanceled = !isSettled();
    }

    void deleteCanceled() {
        state.isDeleted = state.isCanceled;
    }

    @Override
    public @Nullable SimInvoice at(int place) {
        if (state.isDeleted) {
            return null;
        }
        long created = (common.firstNanos() + place * NANOS_BETWEEN) / SECOND;
        ByteString preimage = preimage(place);
        var invoice =
                new SimInvoice(
                        Kind.PLAIN,
                        "filled-" + place,
                        preimage,
                        Bytes.sha256(preimage),
                        bytes(common.seed() ^ ADDRESS, place),
                        msat(common.seed(), place),
                        created,
                        EXPIRY_SECONDS);
        invoice.addIndex = first + place;
        if (isSettled()) {
            invoice.state = InvoiceState.SETTLED;
            invoice.settledAt = created;
            invoice.settleIndex = settleIndex(place);
            invoice.paidMsat = invoice.valueMsat;
            invoice.htlcs.add(htlc(place, created, invoice.valueMsat));
        } else if (state.isCanceled) {
            invoice.state = InvoiceState.CANCELED;
        }
        return invoice;
    }

    private InvoiceHTLC htlc(int place, long created, long msat) {
        return InvoiceHTLC.newBuilder()
                .setChanId(common.chanId())
                .setHtlcIndex(common.firstHtlc() + place)
                .setAmtMsat(msat)
                .setAcceptHeight(common.height())
                .setAcceptTime(created)
                .setResolveTime(created)
                .setExpiryHeight(common.height() + FINAL_DELTA)
                .setState(InvoiceHTLCState.SETTLED)
                .putCustomRecords(SimPayment.FIRST_HOP_RECORD, SimPayment.FIRST_HOP_VALUE)
                .setMppTotalAmtMsat(msat)
                .build();
    }

    private ByteString preimage(int place) {
        return bytes(common.seed() ^ PREIMAGE, place);
    }

    static ByteString bytes(long seed, int place) {
        ByteBuffer bytes = ByteBuffer.allocate(Dice.HASH);
        for (int i = 0; bytes.hasRemaining(); i++) {
            bytes.putLong(mix(seed + i, place));
        }
        return UnsafeByteOperations.unsafeWrap(bytes.flip());
    }

    /// The finalizer of SplitMix64.
    static long mix(long seed, int place) {
        long z = seed + (place + 1) * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /// The first time it makes a table of all hashes.
    Optional<SimInvoice> find(ByteString hash) {
        HashPlaces known = state.places;
        if (known == null) {
            known = new HashPlaces(size(), place -> Bytes.sha256(preimage(place)));
            state.places = known;
        }
        return known.of(hash)
                .mapToObj(place -> Optional.ofNullable(at(place)))
                .flatMap(Optional::stream)
                .filter(invoice -> invoice.hash.equals(hash))
                .findFirst();
    }
}
