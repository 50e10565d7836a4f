package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.proto.lnrpc.AMP;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.InvoiceSubscription;

class InvoiceBacklogTest {
    private final InvoiceBacklog backlog = new InvoiceBacklog();
    private int step;

    @Test
    void composesAddsInTheirPresentStateThenSettles() {
        say(open(1));
        say(open(2));
        say(settled(1, 1));
        say(open(3));
        say(open(4));
        say(settled(3, 2));
        say(open(5));
        backlog.listed(
                List.of(
                        open(4).toBuilder()
                                .setState(InvoiceState.CANCELED)
                                .build()
                                .toByteString()));

        assertThat(invoices(cursor(2, 1))).containsExactly(settled(3, 2), open(5), settled(3, 2));
        assertThat(invoices(cursor(5, 2))).isEmpty();
        assertThat(invoices(cursor(0, 0))).isEmpty();
        assertThat(invoices(cursor(0, 1))).containsExactly(settled(3, 2));
        assertThat(invoices(cursor(99, 99))).isEmpty();
    }

    @Test
    void servesBytesAndStepOfTheRecordedMessage() {
        Said said = new Said(settled(7, 5).toByteString(), 42);
        backlog.streamed(said);

        assertThat(backlog.after(cursor(6, 0))).containsExactly(said);
    }

    @Test
    void givesOneMessagePerSetOfAnAmpInvoice() {
        Invoice first = withSet(amp(2), "0a", 5);
        Invoice second = withSet(amp(2), "0b", 7);
        say(open(1));
        say(first);
        say(second);

        assertThat(invoices(cursor(0, 4))).containsExactly(first, second);
        assertThat(invoices(cursor(0, 5))).containsExactly(second);
        assertThat(invoices(cursor(1, 0)))
                .singleElement()
                .satisfies(
                        all -> {
                            assertThat(all.getAmpInvoiceStateMap()).containsOnlyKeys("0a", "0b");
                            assertThat(all.getHtlcsCount()).isEqualTo(2);
                        });
    }

    @Test
    void tellsAddsFromSettlesInTheRecordersOwnBacklog() {
        backlog.recorderAsked(cursor(6, 4));

        assertThat(say(settled(7, 5))).isEqualTo(new InvoiceBacklog.Event(false, 7));
        assertThat(say(open(8))).isEqualTo(new InvoiceBacklog.Event(false, 8));
        assertThat(say(settled(5, 6))).isEqualTo(new InvoiceBacklog.Event(true, 6));
        assertThat(say(settled(7, 5))).isEqualTo(new InvoiceBacklog.Event(true, 5));
        assertThat(say(settled(8, 7))).isEqualTo(new InvoiceBacklog.Event(true, 7));
        assertThat(say(withSet(amp(8), "0a", 9))).isEqualTo(new InvoiceBacklog.Event(true, 9));
    }

    @Test
    void mutesWhatLiesBelowTheCursor() {
        var add = new InvoiceBacklog.Event(false, 5);
        var settle = new InvoiceBacklog.Event(true, 5);

        assertThat(add.isMutedFor(cursor(5, 0))).isTrue();
        assertThat(add.isMutedFor(cursor(4, 9))).isFalse();
        assertThat(settle.isMutedFor(cursor(9, 5))).isTrue();
        assertThat(settle.isMutedFor(cursor(9, 4))).isFalse();
    }

    @Test
    void servesRubbishAsItIsButLearnsNothing() {
        assertThat(backlog.streamed(new Said(ByteString.fromHex("ffff"), 1))).isEmpty();
    }

    private InvoiceBacklog.Event say(Invoice invoice) {
        return backlog.streamed(new Said(invoice.toByteString(), step++)).orElseThrow();
    }

    private List<Invoice> invoices(InvoiceSubscription cursor) {
        return backlog.after(cursor).stream()
                .map(said -> Wire.parse(Invoice.parser(), said.bytes()))
                .toList();
    }

    private static InvoiceSubscription cursor(long add, long settle) {
        return InvoiceSubscription.newBuilder().setAddIndex(add).setSettleIndex(settle).build();
    }

    private static Invoice open(long addIndex) {
        return Invoice.newBuilder().setAddIndex(addIndex).build();
    }

    private static Invoice settled(long addIndex, long settleIndex) {
        return open(addIndex).toBuilder()
                .setState(InvoiceState.SETTLED)
                .setSettleIndex(settleIndex)
                .build();
    }

    private static Invoice amp(long addIndex) {
        return open(addIndex).toBuilder().setIsAmp(true).setState(InvoiceState.SETTLED).build();
    }

    private static Invoice withSet(Invoice invoice, String setId, long settleIndex) {
        return invoice.toBuilder()
                .putAmpInvoiceState(
                        setId,
                        AMPInvoiceState.newBuilder()
                                .setState(InvoiceHTLCState.SETTLED)
                                .setSettleIndex(settleIndex)
                                .build())
                .addHtlcs(
                        InvoiceHTLC.newBuilder()
                                .setAmp(AMP.newBuilder().setSetId(ByteString.fromHex(setId))))
                .build();
    }
}
