package tallystick.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.Source;

class CursorsTest {
    private static final Instant NOW = Instant.parse("2026-11-23T00:10:00Z");

    private final Cursors cursors = new Cursors(NodeCursors.getDefaultInstance());

    @Test
    void streamMovesByTheNextNumberOnly() {
        stream(1, 0);
        stream(2, 1);
        stream(4, 3);

        assertThat(add()).isEqualTo(2);
        assertThat(settle()).isEqualTo(1);
    }

    @Test
    void sweepMovesOverGaps() {
        stream(4, 3);
        cursors.sweepBegan();
        list(7, 5);
        cursors.sweepEnded(NOW);

        assertThat(add()).isEqualTo(7);
        // 5 was listed, but 4 may have settled after its page was read.
        assertThat(settle()).isEqualTo(3);

        cursors.sweepBegan();
        list(7, 5);
        cursors.sweepEnded(NOW);
        assertThat(settle()).isEqualTo(5);
    }

    @Test
    void sweepThatBreaksOffMovesNothing() {
        cursors.sweepBegan();
        list(7, 5);
        cursors.sweepBegan();
        cursors.sweepEnded(NOW);

        assertThat(add()).isZero();
    }

    @Test
    void cursorsNeverGoBack() {
        var later =
                new Cursors(
                        NodeCursors.newBuilder()
                                .setInvoiceAddIndex(9)
                                .setInvoiceSettleIndex(8)
                                .setPaymentIndex(7)
                                .build());
        later.sweepBegan();
        later.observed(Source.SOURCE_SWEEP, PaymentRecord.newBuilder().setPaymentIndex(3).build());
        later.sweepEnded(NOW);

        assertThat(later.snapshot().getInvoiceAddIndex()).isEqualTo(9);
        assertThat(later.snapshot().getInvoiceSettleIndex()).isEqualTo(8);
        assertThat(later.snapshot().getPaymentIndex()).isEqualTo(7);
        assertThat(later.snapshot().getLastSweepNs()).isEqualTo(Times.epochNanos(NOW));
    }

    @Test
    void unconfirmedTransactionIsGoneWhenNoLongerListed() {
        cursors.sweepBegan();
        transaction("a", false);
        transaction("b", false);
        transaction("c", true);
        assertThat(cursors.sweepEnded(NOW)).isEmpty();
        var resumed = new Cursors(cursors.snapshot());

        resumed.sweepBegan();
        resumed.observed(Source.SOURCE_SWEEP, record("a", true));
        assertThat(resumed.sweepEnded(NOW)).extracting(ChainRecord::getTxid).containsExactly("b");
        assertThat(resumed.snapshot().getUnconfirmedList()).isEmpty();
    }

    private void stream(long addIndex, long settleIndex) {
        cursors.observed(Source.SOURCE_STREAM, invoice(addIndex, settleIndex));
    }

    private void list(long addIndex, long settleIndex) {
        cursors.observed(Source.SOURCE_SWEEP, invoice(addIndex, settleIndex));
    }

    private void transaction(String txid, boolean isConfirmed) {
        cursors.observed(Source.SOURCE_SWEEP, record(txid, isConfirmed));
    }

    private long add() {
        return cursors.snapshot().getInvoiceAddIndex();
    }

    private long settle() {
        return cursors.snapshot().getInvoiceSettleIndex();
    }

    private static ChainRecord record(String txid, boolean isConfirmed) {
        return ChainRecord.newBuilder().setTxid(txid).setIsConfirmed(isConfirmed).build();
    }

    private static InvoiceRecord invoice(long addIndex, long settleIndex) {
        return InvoiceRecord.newBuilder().setAddIndex(addIndex).setSettleIndex(settleIndex).build();
    }
}
