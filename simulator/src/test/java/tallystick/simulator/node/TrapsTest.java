package tallystick.simulator.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.ListPaymentsResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.Transaction;
import tallystick.simulator.server.Rpc;

/// Each trap that needs no connection, on its own.
class TrapsTest {
    private static final long MSAT = 1000;
    private static final long AMOUNT = 2_000_000;

    @TempDir Path directory;
    private SimulatedNode node;
    private Script script;
    private Lists lists;
    private String one;
    private String other;

    @BeforeEach
    void start() {
        node = SimulatedNode.withoutPort(NodePlan.of("alice", 11, directory));
        script = node.script();
        lists = new Lists(node);
        one = script.channels().get(0);
        other = script.channels().get(1);
    }

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void replaysNothingForZeroAndNeverTheFirst() throws Exception {
        settled(3);

        assertThat(backlog(0, 0)).isEmpty();
        assertThat(adds(backlog(1, 0))).containsExactly(2L, 3L);
        assertThat(settles(backlog(0, 1))).containsExactly(2L, 3L);
        assertThat(backlog(3, 3)).isEmpty();
        assertThat(backlog(99, 99)).isEmpty();
    }

    /// As a real node did: cursors (add 6, settle 4), then six invoices of which one is canceled and one open, and an old
    /// one that is settled only now.
    @Test
    void replaysWhatWasAddedThenWhatWasSettled() throws Exception {
        settled(4);
        String old = script.addInvoice("5", AMOUNT);
        script.addInvoice("6", AMOUNT);
        String seven = script.addInvoice("7", AMOUNT);
        String eight = script.addInvoice("8", AMOUNT);
        String nine = script.addInvoice("9", AMOUNT);
        script.cancelInvoice(nine);
        String ten = script.addAmpInvoice("10", AMOUNT);
        script.addInvoice("11", AMOUNT);
        String keysend = script.keysend(AMOUNT, one);
        script.payInvoice(seven, AMOUNT, one);
        String firstSet = script.payAmp(ten, AMOUNT, one);
        String secondSet = script.payAmp(ten, AMOUNT, one, other);
        script.payInvoice(eight, AMOUNT, one);
        script.payInvoice(old, AMOUNT, one);

        List<Invoice> backlog = backlog(6, 4);

        assertThat(backlog)
                .extracting(Invoice::getAddIndex)
                .containsExactly(7L, 8L, 10L, 11L, 12L, 12L, 7L, 10L, 10L, 8L, 5L);
        assertThat(backlog.get(3).getState()).isEqualTo(InvoiceState.OPEN);
        assertThat(Bytes.hex(backlog.get(4).getRHash())).isEqualTo(keysend);
        assertThat(backlog.get(2).getAmpInvoiceStateMap()).containsOnlyKeys(firstSet, secondSet);
        assertThat(backlog.get(7).getAmpInvoiceStateMap()).containsOnlyKeys(firstSet);
        assertThat(backlog.get(8).getAmpInvoiceStateMap()).containsOnlyKeys(secondSet);
        assertThat(backlog.get(8).getHtlcsCount()).isEqualTo(2);
        assertThat(backlog.get(8).getSettleIndex()).isZero();
    }

    @Test
    void passesOverOneWhenTheCursorsInvoiceWasDeleted() throws Exception {
        script.cancelInvoice(script.addInvoice("1", AMOUNT));
        script.addInvoice("2", AMOUNT);
        script.addInvoice("3", AMOUNT);

        node.deleteCanceledInvoices();

        assertThat(adds(backlog(1, 0))).containsExactly(3L);
        assertThat(node.truth().deletedInvoices()).hasSize(1);
        assertThat(lists.invoices()).hasSize(2);
    }

    @Test
    void saysNothingOfHoldsThatAreAcceptedOrCanceled() {
        String key = script.addHoldInvoice("hold", AMOUNT);
        script.payInvoice(key, AMOUNT, one);
        long before = node.told();

        assertThat(invoice(key).getState()).isEqualTo(InvoiceState.ACCEPTED);
        assertThat(invoice(key).getRPreimage().isEmpty()).isTrue();
        assertThat(
                        lists.invoices(ListInvoiceRequest.newBuilder().setPendingOnly(true).build())
                                .getInvoicesCount())
                .isEqualTo(1);
        script.pass(Duration.ofDays(3));
        assertThat(invoice(key).getState()).isEqualTo(InvoiceState.ACCEPTED);
        assertThat(node.told()).isEqualTo(before);
        script.settleHold(key);
        assertThat(invoice(key).getState()).isEqualTo(InvoiceState.SETTLED);
        assertThat(invoice(key).getSettleDate())
                .isGreaterThan(invoice(key).getCreationDate() + invoice(key).getExpiry());
    }

    @Test
    void letsAKeysendGrowWithoutAWord() throws Exception {
        String key = script.keysend(21_000 * MSAT, one);
        assertThat(settles(backlogOf(key))).containsExactly(1L);

        script.keysendAgain(key, 22_000_123, other);
        script.keysend(AMOUNT, one);

        Invoice grown = invoice(key);
        assertThat(grown.getSettleIndex()).isEqualTo(2);
        assertThat(grown.getAmtPaidMsat()).isEqualTo(43_000_123);
        assertThat(grown.getHtlcsCount()).isEqualTo(2);
        assertThat(lists.invoices().getLast().getSettleIndex()).isEqualTo(3);
    }

    @Test
    void hidesTheHashOfASpontaneousAmpPayment() {
        script.spontaneousAmp(AMOUNT, one);

        Invoice invoice = lists.invoices().getLast();
        assertThat(invoice.getRHash().isEmpty()).isTrue();
        assertThat(invoice.getIsAmp()).isTrue();
        assertThat(invoice.getIsKeysend()).isFalse();
        assertThat(invoice.getPaymentRequest()).isEmpty();
        assertThat(invoice.getSettleIndex()).isZero();
        assertThat(invoice.getState()).isEqualTo(InvoiceState.SETTLED);
    }

    @Test
    void ordersSettlesByIdInTheSqlStore() throws Exception {
        String first = script.addInvoice("1", AMOUNT);
        String amp = script.addAmpInvoice("2", AMOUNT);
        String third = script.addInvoice("3", AMOUNT);
        script.payInvoice(third, AMOUNT, one);
        node.traps(Traps.of(Trap.SQL_STORE));
        String set = script.payAmp(amp, AMOUNT, one, other);
        script.payInvoice(first, AMOUNT, one);
        settled(1);

        assertThat(backlog(0, 1)).extracting(Invoice::getAddIndex).containsExactly(1L, 4L, 2L);
        AMPInvoiceState stored = lists.invoices().get(1).getAmpInvoiceStateOrThrow(set);
        assertThat(stored.getSettleIndex()).isEqualTo(2);
        assertThat(lists.invoices().getFirst().getSettleIndex()).isEqualTo(4);
    }

    @Test
    void renumbersWhenItMigrates() throws Exception {
        script.cancelInvoice(script.addInvoice("1", AMOUNT));
        settled(3);
        node.deleteCanceledInvoices();
        String failed = script.failPaymentWithoutRoute(AMOUNT);
        script.pay(AMOUNT, 0, one);
        node.deleteFailedPayments();

        node.migrateToSql();

        assertThat(lists.invoices()).extracting(Invoice::getAddIndex).containsExactly(1L, 2L, 3L);
        assertThat(lists.invoices())
                .extracting(Invoice::getSettleIndex)
                .containsExactly(1L, 2L, 3L);
        assertThat(lists.payments()).extracting(Payment::getPaymentIndex).containsExactly(1L);
        assertThat(node.truth().deletedPayments())
                .extracting(Payment::getPaymentHash)
                .containsExactly(failed);
        settled(1);
        assertThat(lists.invoices().getLast().getAddIndex()).isEqualTo(4);
        assertThat(lists.invoices().getLast().getSettleIndex()).isEqualTo(1);
        assertThat(backlog(0, 3)).isEmpty();
    }

    @Test
    void beginsAnewFromItsSeed() throws Exception {
        settled(2);
        script.pay(AMOUNT, 0, one);
        String pubkey = node.pubkey();

        node.restoreFromSeed();

        assertThat(node.pubkey()).isEqualTo(pubkey);
        assertThat(lists.invoices()).isEmpty();
        assertThat(lists.payments()).isEmpty();
        node.settleAll();
        assertThat(lists.channels()).isEmpty();
        assertThat(lists.closedChannels()).hasSize(6);
        script.addInvoice("again", AMOUNT);
        assertThat(lists.invoices().getLast().getAddIndex()).isEqualTo(1);
    }

    @Test
    void givesATriedHashANewIndex() {
        String hash = script.failPayment(AMOUNT, one);
        script.retryPayment(hash, other);
        script.endPayment(hash, true);

        assertThat(lists.payments()).hasSize(1);
        assertThat(lists.payments().getFirst().getPaymentIndex()).isEqualTo(2);
        assertThat(node.truth().deletedPayments()).hasSize(1);
    }

    @Test
    void showsAHigherPaymentBeforeALowerOne() {
        script.beginHiddenPayment(AMOUNT, one);
        script.pay(AMOUNT, 0, other);

        assertThat(lists.payments()).extracting(Payment::getPaymentIndex).containsExactly(2L);
        script.showHiddenPayment();
        assertThat(lists.payments()).extracting(Payment::getPaymentIndex).containsExactly(1L, 2L);
        assertThat(lists.payments())
                .extracting(Payment::getStatus)
                .containsOnly(PaymentStatus.SUCCEEDED);
    }

    @Test
    void knowsSomeForwardsLater() {
        node.traps(Traps.none().with(Trap.LATE_FORWARDS, 100));
        script.forward(other, one, AMOUNT + 7, AMOUNT);
        node.traps(Traps.none());
        script.forward(other, one, AMOUNT + 8, AMOUNT);

        assertThat(lists.forwards()).extracting(ForwardingEvent::getFeeMsat).containsExactly(8L);
        script.pass(Duration.ofSeconds(16));
        assertThat(lists.forwards())
                .extracting(ForwardingEvent::getFeeMsat)
                .containsExactly(7L, 8L);
    }

    @Test
    void hasItsOwnIdeaOfTime() {
        node.traps(Traps.none().with(Trap.CLOCK_SKEW, -90));
        String key = script.addInvoice("1", AMOUNT);

        assertThat(invoice(key).getCreationDate())
                .isEqualTo(node.clock().instant().getEpochSecond() - 90);
    }

    @Test
    void saysWhatNobodyKnowsYet() {
        node.traps(Traps.none().with(Trap.UNKNOWN_ENUMS, 100).with(Trap.UNKNOWN_FIELDS));
        script.failPaymentWithoutRoute(AMOUNT);

        Payment payment = lists.payments().getFirst();
        assertThat(payment.getFailureReasonValue()).isEqualTo(77);
        assertThat(payment.getUnknownFields().asMap()).isNotEmpty();
    }

    @Test
    void pagesAsLndDoes() {
        settled(5);
        ListInvoiceResponse page =
                lists.invoices(
                        ListInvoiceRequest.newBuilder()
                                .setIndexOffset(1)
                                .setNumMaxInvoices(2)
                                .build());
        assertThat(page.getInvoicesList()).extracting(Invoice::getAddIndex).containsExactly(2L, 3L);
        assertThat(page.getFirstIndexOffset()).isEqualTo(2);
        assertThat(page.getLastIndexOffset()).isEqualTo(3);
        ListInvoiceResponse last =
                lists.invoices(
                        ListInvoiceRequest.newBuilder()
                                .setReversed(true)
                                .setNumMaxInvoices(2)
                                .build());
        assertThat(last.getInvoicesList()).extracting(Invoice::getAddIndex).containsExactly(4L, 5L);
        assertThat(
                        lists.invoices(ListInvoiceRequest.newBuilder().setIndexOffset(5).build())
                                .getLastIndexOffset())
                .isZero();
        script.failPaymentWithoutRoute(AMOUNT);
        script.pay(AMOUNT, 0, one);
        ListPaymentsResponse payments = lists.payments(ListPaymentsRequest.getDefaultInstance());
        assertThat(payments.getPaymentsList())
                .extracting(Payment::getPaymentIndex)
                .containsExactly(2L);
    }

    @Test
    void fillsAHistoryThatIsLikeAnyOther() throws Exception {
        node.fill(1500, 700);
        settled(1);

        assertThat(lists.invoices()).hasSize(1501);
        assertThat(lists.payments()).hasSize(700);
        assertThat(lists.invoices().getLast().getSettleIndex()).isEqualTo(1501);
        assertThat(settles(backlog(0, 1498))).containsExactly(1499L, 1500L, 1501L);
        String key = Bytes.hex(lists.invoices().get(777).getRHash());
        assertThat(invoice(key)).isEqualTo(lists.invoices().get(777));
        assertThat(node.truth().payments()).hasSize(700);
        script.retryPayment(script.failPaymentWithoutRoute(AMOUNT), one);
        assertThat(lists.payments()).hasSize(701);
        node.fillOpen(20);
        assertThat(
                        lists.invoices(ListInvoiceRequest.newBuilder().setPendingOnly(true).build())
                                .getInvoicesCount())
                .isEqualTo(20);
        node.migrateToSql();
        assertThat(lists.invoices().getLast().getAddIndex()).isEqualTo(1521);
    }

    @Test
    void listsNothingOfTheBlocksThatTheWalletLacks() throws Exception {
        script.mine(1);
        String deposit = script.deposit(AMOUNT);
        assertThat(transactions()).contains(deposit);

        node.traps(Traps.none().with(Trap.UNSYNCED, 100));
        assertThat(info().getSyncedToChain()).isTrue();
        int height = info().getBlockHeight();
        script.mine(2);
        assertThat(info().getSyncedToChain()).isFalse();
        assertThat(info().getBlockHeight()).isEqualTo(height + 2);
        assertThat(transactions()).doesNotContain(deposit).isNotEmpty();
        String later = script.deposit(AMOUNT);
        assertThat(transactions()).contains(later);

        node.traps(Traps.none());
        assertThat(info().getSyncedToChain()).isTrue();
        assertThat(transactions()).contains(deposit, later);
    }

    private GetInfoResponse info() {
        return lists.answer(Rpc.GET_INFO, ByteString.EMPTY, GetInfoResponse.parser());
    }

    private List<String> transactions() {
        return lists.transactions().stream().map(Transaction::getTxHash).toList();
    }

    private void settled(int count) {
        for (int i = 0; i < count; i++) {
            script.payInvoice(script.addInvoice("settled", AMOUNT), AMOUNT, one);
        }
    }

    private Invoice invoice(String key) {
        return lists.invoices().stream()
                .filter(each -> Bytes.hex(each.getRHash()).equals(key))
                .findFirst()
                .orElseThrow();
    }

    private List<Invoice> backlogOf(String key) {
        return List.of(invoice(key));
    }

    private List<Invoice> backlog(long addIndex, long settleIndex) throws Exception {
        var messages = new ArrayList<Invoice>();
        for (ByteString each :
                node.backlog(
                        InvoiceSubscription.newBuilder()
                                .setAddIndex(addIndex)
                                .setSettleIndex(settleIndex)
                                .build())) {
            messages.add(Invoice.parseFrom(each));
        }
        return messages;
    }

    private static List<Long> adds(List<Invoice> invoices) {
        return invoices.stream().map(Invoice::getAddIndex).toList();
    }

    private static List<Long> settles(List<Invoice> invoices) {
        return invoices.stream().map(Invoice::getSettleIndex).toList();
    }
}
