package tallystick.ingest.known;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.record.Digest;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.OpenReference;

/// A fact that may still change, as it was last published. There may be a million of them, so everything lies in it flat:
/// with its place in the map about 170 bytes.
final class Open {
    private static final int HASH_BYTES = 32;

    private long hash0;
    private long hash1;
    private long hash2;
    private long hash3;
    private long index;
    private long page;
    private long progress;
    private long contentHigh;
    private long contentLow;

    /// When a stream last told of it; 0 when none did since the start.
    private long arrival;

    /// The sweep that last listed it.
    private int seenBy;

    private boolean hasHash;
    private @Nullable ChainRecord transaction;

    /// The chain's height when the transaction was seen to be gone.
    private int goneAtHeight;

    static Open of(Fact fact, long arrival, int sweep) {
        Open open = new Open();
        open.setHash(fact.standing().hash());
        open.index = fact.standing().index();
        open.page = fact.standing().page();
        open.progress = fact.standing().progress();
        open.contentHigh = fact.content().high();
        open.contentLow = fact.content().low();
        open.arrival = arrival;
        open.seenBy = sweep;
        open.transaction = fact.record().facts() instanceof ChainRecord chain ? chain : null;
        return open;
    }

    static Open of(OpenReference stored) {
        Open open = new Open();
        open.setHash(stored.getPaymentHash());
        open.index = stored.getIndex();
        open.page = stored.getPage();
        open.progress = stored.getProgress();
        open.contentHigh = stored.getDigestHigh();
        open.contentLow = stored.getDigestLow();
        open.transaction = stored.hasTransaction() ? stored.getTransaction() : null;
        open.goneAtHeight = stored.getGoneAtHeight();
        return open;
    }

    OpenReference stored() {
        OpenReference.Builder stored =
                OpenReference.newBuilder()
                        .setPaymentHash(hash())
                        .setIndex(index)
                        .setPage(page)
                        .setProgress(progress)
                        .setDigestHigh(contentHigh)
                        .setDigestLow(contentLow)
                        .setGoneAtHeight(goneAtHeight);
        ChainRecord last = transaction;
        if (last != null) {
            stored.setTransaction(last);
        }
        return stored.build();
    }

    Digest content() {
        return new Digest(contentHigh, contentLow);
    }

    long page() {
        return page;
    }

    long progress() {
        return progress;
    }

    long index() {
        return index;
    }

    /// Where it is in its list is not known any more.
    void forgetPlace() {
        index = 0;
        page = NodeList.NO_PAGE;
    }

    long arrival() {
        return arrival;
    }

    int seenBy() {
        return seenBy;
    }

    void seen(int sweep) {
        seenBy = sweep;
    }

    @Nullable ChainRecord transaction() {
        return transaction;
    }

    boolean isGone() {
        return transaction != null && transaction.getIsGone();
    }

    int goneAtHeight() {
        return goneAtHeight;
    }

    void goneAt(int chainHeight) {
        goneAtHeight = chainHeight;
    }

    ByteString hash() {
        if (!hasHash) {
            return ByteString.EMPTY;
        }
        return ByteString.copyFrom(
                ByteBuffer.allocate(HASH_BYTES)
                        .putLong(hash0)
                        .putLong(hash1)
                        .putLong(hash2)
                        .putLong(hash3)
                        .flip());
    }

    private void setHash(ByteString hash) {
        hasHash = hash.size() == HASH_BYTES;
        if (hasHash) {
            ByteBuffer bytes = hash.asReadOnlyByteBuffer();
            hash0 = bytes.getLong();
            hash1 = bytes.getLong();
            hash2 = bytes.getLong();
            hash3 = bytes.getLong();
        }
    }
}
