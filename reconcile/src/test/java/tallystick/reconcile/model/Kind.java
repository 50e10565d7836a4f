package tallystick.reconcile.model;

import static tallystick.proto.v1.EntryKind.ENTRY_KIND_ADJUSTMENT_IN;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_ADJUSTMENT_OUT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_HOLD;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_HOLD_RELEASE;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_PAYMENT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REBALANCE_FEE;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_ROUTING_FEE;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_ROUTING_INCOME;
import static tallystick.proto.v1.HtlcState.HTLC_STATE_FAILED;
import static tallystick.proto.v1.HtlcState.HTLC_STATE_IN_FLIGHT;
import static tallystick.proto.v1.HtlcState.HTLC_STATE_SETTLED;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_FAILED;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_INITIATED;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_IN_FLIGHT;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_ACCEPTED;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_CANCELED;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_OPEN;
import static tallystick.proto.v1.ReceiptState.RECEIPT_STATE_SETTLED;
import static tallystick.reconcile.model.Thing.drafts;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.function.Consumer;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.mismatch.Code;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.Initiator;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptState;
import tallystick.reconcile.model.Thing.Draft;

/// The kinds of things that happen, each told in its natural order. Most are named after the mismatch that they open, close
/// and open again; some agree in the end, and some are made up at random.
enum Kind {
    SETTLED_NOT_BOOKED(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.pass(10, 60);
                thing.books(receipt(thing.msat));
                thing.pass(10, 60);
                thing.books();
                thing.expect(Code.SETTLED_NOT_BOOKED, thing.msat);
            }),
    PAYMENT_NOT_BOOKED(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                thing.pass(10, 60);
                thing.books(payment(thing.msat), routingFee(thing.fee));
                thing.pass(10, 60);
                thing.books();
                thing.expect(Code.SETTLED_NOT_BOOKED, thing.msat + thing.fee);
            }),
    ORPHAN_KEYSEND(
            thing -> {
                thing.invoice(thing.node, 0, 0).setIsSpontaneous(true);
                thing.settle(thing.node, thing.msat);
                thing.pass(10, 60);
                thing.books(receipt(thing.msat));
                thing.pass(10, 60);
                thing.books();
                thing.expect(Code.ORPHAN_KEYSEND, thing.msat);
            }),
    BOOKED_NOT_ON_NODE(
            thing -> {
                thing.books(receipt(thing.msat));
                thing.pass(30, 90);
                thing.books();
                thing.pass(1, 30);
                thing.books(receipt(thing.msat));
                thing.expect(Code.BOOKED_NOT_ON_NODE, thing.msat);
            }),
    /// The records come after their entry, so it is only late.
    LATE_RECORD(
            thing -> {
                thing.books(receipt(thing.msat));
                thing.pass(1, 90);
                thing.received(thing.node, thing.msat, thing.msat);
            }),
    PENDING_NOT_RESOLVED(
            thing -> {
                thing.payment(thing.node, thing.msat);
                thing.tellPayment(thing.node, PAYMENT_STATE_IN_FLIGHT);
                thing.books(hold(thing.msat));
                thing.pass(1, 5);
                thing.tellPayment(thing.node, PAYMENT_STATE_FAILED);
                thing.wrongRightWrong(
                        drafts(hold(thing.msat)), drafts(hold(thing.msat), release(thing.msat)));
                thing.expect(Code.PENDING_NOT_RESOLVED, thing.msat);
            }),
    RELEASED_BEYOND_HOLD(
            thing -> {
                thing.payment(thing.node, thing.msat);
                thing.tellPayment(thing.node, PAYMENT_STATE_IN_FLIGHT);
                thing.books(hold(thing.msat));
                thing.pass(1, 5);
                thing.tellPayment(thing.node, PAYMENT_STATE_FAILED);
                thing.wrongRightWrong(
                        drafts(hold(thing.msat), release(thing.msat + 6_006)),
                        drafts(hold(thing.msat), release(thing.msat)));
                thing.expect(Code.AMOUNT_DIFFERS, 6_006);
            }),
    RELEASED_WITHOUT_HOLD(
            thing -> {
                thing.books(release(thing.msat));
                thing.pass(30, 90);
                thing.books();
                thing.pass(1, 30);
                thing.books(release(thing.msat));
                thing.expect(Code.BOOKED_NOT_ON_NODE, thing.msat);
            }),
    REBALANCE_NOT_BOOKED(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.paid(thing.other, thing.msat, thing.fee);
                thing.pass(10, 60);
                thing.books(Draft.of(ENTRY_KIND_REBALANCE_FEE, thing.fee));
                thing.pass(10, 60);
                thing.books();
                thing.expect(Code.REBALANCE_NOT_BOOKED, thing.fee);
            }),
    AMOUNT_DIFFERS(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.wrongRightWrong(
                        drafts(receipt(thing.msat + 7_001)), drafts(receipt(thing.msat)));
                thing.expect(Code.AMOUNT_DIFFERS, 7_001);
            }),
    PAYMENT_DIFFERS(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                thing.wrongRightWrong(
                        drafts(payment(thing.msat - 3_003), routingFee(thing.fee)),
                        drafts(payment(thing.msat), routingFee(thing.fee)));
                thing.expect(Code.AMOUNT_DIFFERS, 3_003);
            }),
    UNIT_ERROR(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.wrongRightWrong(
                        drafts(receipt(thing.msat / 1_000)), drafts(receipt(thing.msat)));
                thing.expect(Code.UNIT_ERROR, thing.msat - thing.msat / 1_000);
            }),
    OVERPAID(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat + 50_000);
                thing.wrongRightWrong(
                        drafts(receipt(thing.msat)), drafts(receipt(thing.msat + 50_000)));
                thing.expect(Code.OVERPAID, 50_000);
            }),
    UNDERPAID(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat - 50_000);
                thing.wrongRightWrong(
                        drafts(receipt(thing.msat)), drafts(receipt(thing.msat - 50_000)));
                thing.expect(Code.UNDERPAID, 50_000);
            }),
    FEE_NOT_BOOKED(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                thing.wrongRightWrong(
                        drafts(payment(thing.msat)),
                        drafts(payment(thing.msat), routingFee(thing.fee)));
                thing.expect(Code.FEE_NOT_BOOKED, thing.fee);
            }),
    FEE_DIFFERS(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                thing.wrongRightWrong(
                        drafts(payment(thing.msat), routingFee(thing.fee + 1_701)),
                        drafts(payment(thing.msat), routingFee(thing.fee)));
                thing.expect(Code.FEE_DIFFERS, 1_701);
            }),
    FEE_BOOKED_AS_REBALANCING(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                thing.wrongRightWrong(
                        drafts(payment(thing.msat), Draft.of(ENTRY_KIND_REBALANCE_FEE, thing.fee)),
                        drafts(payment(thing.msat), routingFee(thing.fee)));
                thing.expect(Code.FEE_NOT_BOOKED, thing.fee);
            }),
    REBALANCING_BOOKED_AS_FEE(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.paid(thing.other, thing.msat, thing.fee);
                thing.wrongRightWrong(
                        drafts(routingFee(thing.fee)),
                        drafts(Draft.of(ENTRY_KIND_REBALANCE_FEE, thing.fee)));
                thing.expect(Code.REBALANCE_NOT_BOOKED, thing.fee);
            }),
    FEE_OVER_BUDGET(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                Draft release = release(thing.msat);
                thing.wrongRightWrong(
                        drafts(
                                holdUpTo(thing.msat, thing.fee - 100),
                                release,
                                payment(thing.msat),
                                routingFee(thing.fee)),
                        drafts(
                                holdUpTo(thing.msat, thing.fee),
                                release,
                                payment(thing.msat),
                                routingFee(thing.fee)));
                thing.expect(Code.FEE_OVER_BUDGET, 100);
            }),
    ROUNDING_BOUND(
            thing -> {
                long exact = thing.msat + 300 + thing.random.nextInt(600);
                thing.received(thing.node, exact, exact);
                thing.wrongRightWrong(drafts(receipt(thing.msat)), drafts(receipt(exact)));
            }),
    STATUS_CONFLICT(
            thing -> {
                thing.invoice(thing.node, thing.msat, 0);
                thing.tellInvoice(thing.node, RECEIPT_STATE_OPEN);
                thing.pass(1, 20);
                thing.tellInvoice(thing.node, RECEIPT_STATE_CANCELED);
                thing.wrongRightWrong(drafts(receipt(thing.msat)), drafts());
                thing.expect(Code.STATUS_CONFLICT, thing.msat);
            }),
    /// Stuck, then nothing under way, then stuck again, and so on.
    STUCK_IN_FLIGHT(
            thing -> {
                thing.payment(thing.node, thing.msat);
                for (int i = 0; i < 3; i++) {
                    long id = thing.number * 100L + i;
                    int height = thing.someHeight();
                    thing.attempt(
                            thing.node, id, thing.msat, thing.fee, HTLC_STATE_IN_FLIGHT, height);
                    thing.tellPayment(thing.node, PAYMENT_STATE_IN_FLIGHT);
                    thing.pass(70, 140);
                    thing.attempt(thing.node, id, thing.msat, thing.fee, HTLC_STATE_FAILED, height);
                    thing.tellPayment(thing.node, PAYMENT_STATE_IN_FLIGHT);
                    thing.pass(20, 60);
                }
                thing.expect(Code.IN_FLIGHT_WITHOUT_HTLC, thing.msat);
            }),
    /// The invoice is made anew with more time, and again with less.
    EXPIRED_BUT_PAID(
            thing -> {
                InvoiceRecord.Builder invoice = thing.invoice(thing.node, thing.msat, 60);
                thing.pass(5, 5);
                thing.settle(thing.node, thing.msat);
                thing.pass(1, 5);
                thing.books(receipt(thing.msat));
                thing.pass(5, 60);
                invoice.setCreatedAt(invoice.getCreatedAt() + 1).setExpirySeconds(7_200);
                thing.tellInvoice(thing.node, RECEIPT_STATE_SETTLED);
                thing.pass(5, 60);
                invoice.setCreatedAt(invoice.getCreatedAt() + 1).setExpirySeconds(120);
                thing.tellInvoice(thing.node, RECEIPT_STATE_SETTLED);
                thing.expect(Code.EXPIRED_BUT_PAID, thing.msat);
            }),
    EXPECTED_NOT_ARRIVED(
            thing -> {
                thing.invoice(thing.node, thing.msat, 600);
                thing.tellInvoice(thing.node, RECEIPT_STATE_OPEN);
                thing.pass(40, 90);
                thing.tellInvoice(thing.node, RECEIPT_STATE_ACCEPTED);
                thing.pass(10, 60);
                thing.tellInvoice(thing.node, RECEIPT_STATE_CANCELED);
                thing.expect(Code.EXPECTED_NOT_ARRIVED, thing.msat);
            }),
    DUPLICATE_POSTING(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                Draft receipt = Draft.of(ENTRY_KIND_RECEIPT, thing.msat);
                thing.wrongRightWrong(drafts(receipt, receipt.twice()), drafts(receipt));
                thing.expect(Code.DUPLICATE_POSTING, thing.msat);
            }),
    DUPLICATE_PAYMENT_SAME_ORDER(
            thing -> {
                thing.paid(Thing.A, thing.msat, 0);
                Draft payment = Draft.of(ENTRY_KIND_PAYMENT, thing.msat);
                thing.wrongRightWrong(drafts(payment.forOrder("order")), drafts(payment));
                switch (thing.random.nextInt(4)) {
                    case 0 ->
                            thing.tellDecision(
                                    thing.decision(
                                            DecisionKind.DECISION_KIND_RESOLVE,
                                            Code.DUPLICATE_PAYMENT_SAME_ORDER,
                                            Thing.A,
                                            thing.msat));
                    case 1 -> thing.ignore(Code.DUPLICATE_PAYMENT_SAME_ORDER, thing.msat, 90);
                    default -> {
                        // Nobody looks at it.
                    }
                }
            }),
    REPAID_INVOICE(
            thing -> {
                thing.invoice(thing.node, thing.msat, 86_400);
                thing.settleWhole(thing.node, thing.msat);
                thing.pass(5, 50);
                thing.settleWhole(thing.node, thing.msat + 2_002);
                thing.wrongRightWrong(
                        drafts(receipt(thing.msat)), drafts(receipt(2 * thing.msat + 2_002)));
                thing.expect(Code.REPAID_INVOICE, thing.msat + 2_002);
            }),
    /// The node that it is named under is the one that holds the money, which is known better and better.
    REUSED_ENTRY_ID(
            thing -> {
                String id = "e%d-0".formatted(thing.number);
                thing.tellEntry(thing.entry(id, ENTRY_KIND_PAYMENT, thing.msat));
                thing.pass(1, 30);
                thing.tellEntry(thing.entry(id, ENTRY_KIND_PAYMENT, thing.msat + 4_004));
                thing.pass(5, 30);
                thing.payment(Thing.B, thing.msat);
                thing.tellPayment(Thing.B, PAYMENT_STATE_IN_FLIGHT);
                thing.pass(10, 50);
                thing.invoice(Thing.A, thing.msat, 0);
                thing.tellInvoice(Thing.A, RECEIPT_STATE_OPEN);
                thing.pass(10, 50);
                thing.tellPayment(Thing.B, PAYMENT_STATE_SUCCEEDED);
                thing.expect(Code.REUSED_ENTRY_ID, 4_004);
            }),
    WRONG_NODE(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                Draft receipt = Draft.of(ENTRY_KIND_RECEIPT, thing.msat);
                thing.wrongRightWrong(
                        drafts(receipt.under(thing.other)), drafts(receipt.under(thing.node)));
                thing.expect(Code.WRONG_NODE, thing.msat);
            }),
    /// In parts, each booked alone.
    IN_PARTS(
            thing -> {
                long part = thing.msat / 4;
                thing.invoice(thing.node, 2 * part, 3_600)
                        .addHtlcs(
                                thing.htlc(
                                        thing.number * 100L + 50,
                                        part,
                                        2 * part,
                                        HTLC_STATE_IN_FLIGHT));
                thing.tellInvoice(thing.node, RECEIPT_STATE_ACCEPTED);
                thing.invoice(thing.node, 2 * part, 3_600)
                        .setReceivedMsat(2 * part)
                        .setSettledAt(thing.seconds(thing.minute()))
                        .addHtlcs(
                                thing.htlc(
                                        thing.number * 100L + 50,
                                        part,
                                        2 * part,
                                        HTLC_STATE_SETTLED))
                        .addHtlcs(
                                thing.htlc(
                                        thing.number * 100L + 51,
                                        part,
                                        2 * part,
                                        HTLC_STATE_SETTLED));
                thing.pass(1, 3);
                thing.tellInvoice(thing.node, RECEIPT_STATE_SETTLED);
                thing.books(
                        Draft.of(ENTRY_KIND_RECEIPT, part + 5_005),
                        Draft.of(ENTRY_KIND_RECEIPT, part - 5_005));
            }),
    /// Failed, tried again, and done.
    TRIED_AGAIN(
            thing -> {
                thing.payment(thing.node, thing.msat);
                long id = thing.number * 100L;
                thing.attempt(thing.node, id, thing.msat, thing.fee, HTLC_STATE_FAILED, 900);
                thing.tellPayment(thing.node, PAYMENT_STATE_FAILED);
                thing.pass(10, 50);
                PaymentRecord.Builder again = thing.payment(thing.node, thing.msat);
                thing.tellPayment(thing.node, PAYMENT_STATE_INITIATED);
                thing.pass(1, 5);
                thing.attempt(thing.node, id + 1, thing.msat, thing.fee, HTLC_STATE_SETTLED, 950);
                again.setFeeMsat(thing.fee);
                thing.tellPayment(thing.node, PAYMENT_STATE_SUCCEEDED);
                thing.books(payment(thing.msat), routingFee(thing.fee));
            }),
    FORWARD(
            thing -> {
                forwarded(thing);
                thing.pass(10, 100);
                income(thing, "e%d-0".formatted(thing.number), forward(thing), thing.fee);
            }),
    FORWARD_NOT_BOOKED(
            thing -> {
                forwarded(thing);
                thing.pass(1_460, 1_500);
                income(thing, "e%d-0".formatted(thing.number), forward(thing), thing.fee);
                thing.pass(10, 60);
                takenBack(thing, "e%d-0".formatted(thing.number), forward(thing), thing.fee);
                thing.pass(10, 60);
                income(thing, "e%d-1".formatted(thing.number), forward(thing), thing.fee);
                thing.pass(10, 60);
                takenBack(thing, "e%d-1".formatted(thing.number), forward(thing), thing.fee);
            }),
    FORWARDS_OF_DAY(
            thing -> {
                Reference day =
                        new Reference.ForwardsOfDay(
                                thing.node, LocalDate.ofInstant(Event.at(0), ZoneOffset.UTC));
                long booked = thing.fee + thing.random.nextInt(3_000);
                forwarded(thing);
                thing.pass(10, 1_500);
                income(thing, "e%d-0".formatted(thing.number), day, booked);
                thing.pass(10, 60);
                if (thing.random.nextBoolean()) {
                    takenBack(thing, "e%d-0".formatted(thing.number), day, booked);
                }
            }),
    TRANSACTION(
            thing -> {
                String txid = thing.hash();
                long sat = thing.msat / 1_000;
                ChainRecord.Builder record =
                        ChainRecord.newBuilder()
                                .setTxid(txid)
                                .setChangeSat(sat - 100)
                                .setTime(thing.seconds(thing.minute()));
                tell(thing, record, "unconfirmed");
                thing.pass(10, 40);
                tell(
                        thing,
                        record.setIsConfirmed(true).setBlockHeight(800).setChangeSat(sat),
                        "confirmed");
                thing.tellEntry(
                        thing.entry(
                                        "e%d-0".formatted(thing.number),
                                        EntryKind.ENTRY_KIND_CHAIN_RECEIPT,
                                        thing.msat)
                                .setNode(thing.node.pubkey())
                                .setReference("tx:" + txid));
                if (thing.random.nextInt(3) == 0) {
                    thing.pass(10, 40);
                    tell(thing, record.setIsGone(true).setStoodOtherwise(true), "gone");
                }
            }),
    /// How channels end is in `ChainModelIT`.
    CHANNEL(
            thing -> {
                ChannelRecord.Builder record =
                        ChannelRecord.newBuilder()
                                .setChannelPoint(thing.hash() + ":1")
                                .setCapacitySat(thing.msat / 1_000)
                                .setOpener(
                                        thing.random.nextBoolean()
                                                ? Initiator.INITIATOR_LOCAL
                                                : Initiator.INITIATOR_REMOTE);
                tell(thing, record, ChannelState.CHANNEL_STATE_PENDING_OPEN);
                thing.pass(20, 60);
                record.setPushSat(1_234).setPushKnown(true).setChanId(5_000_000L + thing.number);
                tell(thing, record, ChannelState.CHANNEL_STATE_OPEN);
            }),
    /// Many at once, in one minute, and each is due at a second of its own.
    IN_ONE_MINUTE(
            thing -> {
                thing.startAt(100);
                thing.invoice(thing.node, thing.msat, 0);
                thing.settle(thing.node, thing.msat);
                thing.pass(200, 400);
                thing.books(receipt(thing.msat));
            }),
    /// Held until shortly before its deadline; set aside, and open again when that time is over.
    HELD(
            thing -> {
                thing.invoice(thing.node, thing.msat, 0)
                        .addHtlcs(
                                thing.htlc(
                                        thing.number * 100L, thing.msat, 0, HTLC_STATE_IN_FLIGHT));
                thing.tellInvoice(thing.node, RECEIPT_STATE_ACCEPTED);
                thing.pass(1_450, 1_500);
                thing.ignore(Code.HOLD_ACCEPTED_TOO_LONG, thing.msat, 60);
                thing.pass(120, 200);
                if (thing.random.nextBoolean()) {
                    thing.tellInvoice(thing.node, RECEIPT_STATE_CANCELED);
                }
            }),
    /// A part that came alone and went back; set aside, and open again when that time is over.
    PARTIAL_SET(
            thing -> {
                thing.invoice(thing.node, 2 * thing.msat, 0)
                        .addHtlcs(
                                thing.htlc(
                                        thing.number * 100L,
                                        thing.msat,
                                        2 * thing.msat,
                                        HTLC_STATE_FAILED));
                thing.tellInvoice(thing.node, RECEIPT_STATE_OPEN);
                thing.pass(10, 30);
                thing.ignore(Code.PARTIAL_SET, thing.msat, 60);
                thing.pass(70, 200);
                if (thing.random.nextBoolean()) {
                    thing.settle(thing.node, thing.msat);
                }
            }),
    /// Called canceled, then settled; set aside, and open again when that time is over.
    TERMINAL_CONTRADICTION(
            thing -> {
                thing.invoice(thing.node, thing.msat, 0);
                thing.tellInvoice(thing.node, RECEIPT_STATE_CANCELED);
                thing.pass(1, 20);
                thing.settle(thing.node, thing.msat);
                thing.books(receipt(thing.msat));
                thing.pass(10, 30);
                thing.ignore(Code.TERMINAL_CONTRADICTION, thing.msat, 60);
                thing.expect(Code.TERMINAL_CONTRADICTION, thing.msat);
            }),
    /// One entry settles two receipts: a copy of it under each.
    IN_ONE_ENTRY(
            thing -> {
                thing.startAt(150);
                long msat = thing.sharedMsat();
                thing.invoice(thing.node, msat, 0);
                thing.settle(thing.node, msat);
                String id = "e%s-".formatted(thing.together());
                thing.pass(20, 20);
                thing.tellEntry(thing.share(id + 0, ENTRY_KIND_RECEIPT));
                thing.pass(50, 50);
                thing.tellEntry(thing.share(id + 1, ENTRY_KIND_REVERSAL).setReverses(id + 0));
                thing.pass(50, 50);
                if (thing.nth == 0 || thing.number % 2 == 0) {
                    thing.tellEntry(thing.share(id + 2, ENTRY_KIND_RECEIPT));
                }
            }),
    /// The entry names an order, as the invoice does.
    FOUND_BY_ORDER(
            thing -> {
                String order = "order:" + thing.together();
                thing.invoice(thing.node, thing.msat, 0)
                        .setMemo("Order #%s, thank you".formatted(thing.together()));
                thing.settle(thing.node, thing.msat);
                thing.pass(10, 60);
                thing.bookUnder(order, "0", ENTRY_KIND_RECEIPT, thing.msat, "");
                thing.pass(10, 60);
                thing.takeBackUnder(order, "0", thing.msat);
                thing.pass(10, 60);
                thing.bookUnder(order, "1", ENTRY_KIND_RECEIPT, thing.msat, "");
                if (thing.random.nextInt(3) == 0) {
                    thing.pass(10, 60);
                    thing.books(receipt(thing.msat)); // Its own entry counts more.
                }
            }),
    /// The entry names nothing but a hash in its memo.
    FOUND_BY_HASH(
            thing -> {
                thing.paid(thing.node, thing.msat, thing.fee);
                thing.pass(10, 60);
                String entry = "entry:erp/u%d-0".formatted(thing.number);
                long booked = thing.msat + (thing.random.nextBoolean() ? thing.fee : 0);
                thing.bookUnder(entry, "0", ENTRY_KIND_PAYMENT, booked, "for " + thing.hash());
                if (thing.random.nextBoolean()) {
                    thing.pass(10, 90);
                    thing.takeBackUnder(entry, "0", booked);
                }
            }),
    /// Two receipts for one order: a person must say which is meant.
    AMBIGUOUS(
            thing -> {
                thing.startAt(120 + 30 * thing.nth);
                long msat = thing.sharedMsat();
                if (thing.nth < 2) {
                    thing.invoice(thing.node, msat, 0).setMemo(thing.together());
                    thing.settle(thing.node, msat);
                    return;
                }
                String order = "order:" + thing.together();
                thing.bookUnder(order, "0", ENTRY_KIND_RECEIPT, msat, "");
                thing.pass(100, 150);
                thing.takeBackUnder(order, "0", msat);
                thing.pass(20, 60);
                thing.bookUnder(order, "1", ENTRY_KIND_RECEIPT, msat, "");
                if (thing.random.nextInt(3) == 0) {
                    thing.pass(20, 90);
                    thing.confirm(order, "payment_hash:" + Thing.hash(thing.number - 1), msat);
                }
            }),
    /// Nothing but the amount speaks for it.
    FOUND_BY_AMOUNT(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.pass(5, 30);
                String entry = "entry:erp/u%d-0".formatted(thing.number);
                thing.bookUnder(entry, "0", ENTRY_KIND_RECEIPT, thing.msat, "till 3");
                thing.pass(60, 150);
                if (thing.random.nextBoolean()) {
                    thing.takeBackUnder(entry, "0", thing.msat);
                }
            }),
    /// Set aside until a time, then settled in the books.
    IGNORED(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.pass(20, 60);
                thing.tellDecision(
                        thing.decision(
                                        DecisionKind.DECISION_KIND_ASSIGN,
                                        Code.SETTLED_NOT_BOOKED,
                                        thing.node,
                                        0)
                                .setAssignee("bea"));
                thing.ignore(Code.SETTLED_NOT_BOOKED, thing.msat, 60);
                thing.pass(30, 120);
                if (thing.random.nextBoolean()) {
                    thing.books(receipt(thing.msat));
                }
            }),
    /// Settled by a person, approved by another, perhaps by nobody; then it becomes another amount, and is open again.
    RESOLVED(
            thing -> {
                thing.received(thing.node, thing.msat, thing.msat);
                thing.pass(1, 5);
                thing.books(receipt(thing.msat + 7_001));
                thing.pass(20, 60);
                Decision.Builder decision =
                        thing.decision(
                                        DecisionKind.DECISION_KIND_RESOLVE,
                                        Code.AMOUNT_DIFFERS,
                                        thing.node,
                                        7_001)
                                .setAdjustmentMsat(-7_001)
                                .setAccount("differences");
                thing.tellDecision(decision);
                thing.pass(0, 20);
                if (thing.random.nextInt(4) > 0) {
                    thing.tellDecision(
                            thing.decision(
                                            DecisionKind.DECISION_KIND_APPROVE,
                                            Code.AMOUNT_DIFFERS,
                                            thing.node,
                                            7_001)
                                    .setPerson(thing.random.nextInt(4) > 0 ? "bea" : "ann")
                                    .setApproves(decision.getDecisionId()));
                }
                if (thing.random.nextBoolean()) {
                    thing.pass(20, 60);
                    thing.books(receipt(thing.msat + 8_001));
                    thing.expect(Code.AMOUNT_DIFFERS, 8_001);
                }
            }),
    /// Taken back, and what took it back taken back too, and so on; then perhaps the day is restated and signed anew.
    BOOKED_INTO_SIGNED_DAY(
            thing -> {
                Draft late = receipt(thing.msat);
                thing.received(thing.node, thing.msat, thing.msat);
                thing.pass(24 * 60, 25 * 60);
                thing.signFirstDay("a");
                thing.pass(1, 30);
                String last = thing.bookIntoFirstDay(late);
                for (int i = 0; i < 6; i++) {
                    thing.pass(20, 60);
                    last = thing.reverse(late, last);
                }
                if (thing.random.nextBoolean()) {
                    thing.pass(20, 60);
                    thing.signFirstDay("b");
                }
            }),
    /// Anything, in any number, from few values, so that they often coincide.
    MADE_UP(Kind::madeUp);

    @SuppressWarnings("ImmutableEnumChecker") // A story keeps nothing.
    private final Consumer<Thing> story;

    Kind(Consumer<Thing> story) {
        this.story = story;
    }

    /// How many things of the kind happen together.
    int together() {
        return switch (this) {
            case ROUNDING_BOUND -> 5;
            case DUPLICATE_PAYMENT_SAME_ORDER, AMBIGUOUS -> 3;
            case IN_ONE_MINUTE -> 8;
            case IN_ONE_ENTRY -> 2;
            default -> 1;
        };
    }

    void tell(Thing thing) {
        story.accept(thing);
    }

    private static Draft receipt(long msat) {
        return Draft.of(ENTRY_KIND_RECEIPT, msat);
    }

    private static Draft payment(long msat) {
        return Draft.of(ENTRY_KIND_PAYMENT, msat);
    }

    private static Draft routingFee(long msat) {
        return Draft.of(ENTRY_KIND_ROUTING_FEE, msat);
    }

    private static Draft hold(long msat) {
        return Draft.of(ENTRY_KIND_HOLD, msat);
    }

    private static Draft holdUpTo(long msat, long feeLimit) {
        return hold(msat).withFeeLimit(feeLimit);
    }

    private static Draft release(long msat) {
        return Draft.of(ENTRY_KIND_HOLD_RELEASE, msat);
    }

    private static void tell(Thing thing, ChainRecord.Builder record, String words) {
        ChainRecord message = record.setEnvelope(thing.envelope(thing.node)).build();
        thing.say(
                Topic.CHAIN,
                thing.node.pubkey(),
                message,
                "%s says transaction over %,d sat %s"
                        .formatted(Thing.shortly(thing.node), message.getChangeSat(), words));
    }

    private static void tell(Thing thing, ChannelRecord.Builder record, ChannelState state) {
        ChannelRecord message =
                record.setEnvelope(thing.envelope(thing.node)).setState(state).build();
        thing.say(
                Topic.CHANNELS,
                thing.node.pubkey(),
                message,
                "%s says channel %s".formatted(Thing.shortly(thing.node), state));
    }

    private static final NodeId[] NODES = {Thing.A, Thing.B, Thing.C};
    private static final long[] AMOUNTS = {
        100_000_000, 100_000, 99_999_500, 100_000_400, 200_000_000, 40_000_000, 1_000, 700
    };
    private static final EntryKind[] KINDS = {
        ENTRY_KIND_RECEIPT,
        ENTRY_KIND_RECEIPT,
        ENTRY_KIND_PAYMENT,
        ENTRY_KIND_PAYMENT,
        ENTRY_KIND_ROUTING_FEE,
        ENTRY_KIND_REBALANCE_FEE,
        ENTRY_KIND_HOLD,
        ENTRY_KIND_HOLD_RELEASE,
        ENTRY_KIND_ADJUSTMENT_IN,
        ENTRY_KIND_ADJUSTMENT_OUT
    };
    private static final ReceiptState[] RECEIPT_STATES = {
        RECEIPT_STATE_OPEN, RECEIPT_STATE_ACCEPTED, RECEIPT_STATE_SETTLED, RECEIPT_STATE_CANCELED
    };
    private static final PaymentState[] PAYMENT_STATES = {
        PAYMENT_STATE_INITIATED,
        PAYMENT_STATE_IN_FLIGHT,
        PAYMENT_STATE_SUCCEEDED,
        PAYMENT_STATE_FAILED
    };
    private static final HtlcState[] HTLC_STATES = {
        HTLC_STATE_IN_FLIGHT, HTLC_STATE_SETTLED, HTLC_STATE_FAILED
    };

    private static void madeUp(Thing thing) {
        int steps = 4 + thing.random.nextInt(8);
        for (int i = 0; i < steps; i++) {
            thing.pass(0, 30);
            switch (thing.random.nextInt(4)) {
                case 0 -> madeUpReceipt(thing, NODES[thing.random.nextInt(2)]);
                case 1 -> madeUpPayment(thing, NODES[thing.random.nextInt(2)]);
                default -> madeUpEntry(thing, i);
            }
        }
    }

    private static void madeUpReceipt(Thing thing, NodeId node) {
        ReceiptState state = any(thing, RECEIPT_STATES);
        boolean isSettled = state == RECEIPT_STATE_SETTLED;
        long received = isSettled ? amount(thing) : 0;
        InvoiceRecord.Builder invoice =
                thing.invoice(
                        node,
                        thing.random.nextBoolean() ? amount(thing) : 0,
                        thing.random.nextBoolean() ? 180 : 0);
        invoice.setReceivedMsat(received)
                .setSettledAt(isSettled ? thing.seconds(thing.minute()) : 0)
                .setIsAmpSet(thing.random.nextInt(4) == 0)
                .setIsSpontaneous(thing.random.nextInt(4) == 0)
                .setSettledSets(thing.random.nextInt(2));
        if (isSettled && thing.random.nextInt(3) > 0) {
            invoice.addHtlcs(
                    thing.htlc(
                            thing.number * 100L + thing.random.nextInt(2),
                            received,
                            thing.random.nextBoolean() ? received : 0,
                            any(thing, HTLC_STATES)));
        }
        thing.tellInvoice(node, state);
    }

    private static void madeUpPayment(Thing thing, NodeId node) {
        PaymentState state = any(thing, PAYMENT_STATES);
        PaymentRecord.Builder payment = thing.payment(node, amount(thing));
        if (thing.random.nextBoolean()) {
            payment.setCreatedAtNs(thing.nanos(thing.minute() - thing.random.nextInt(40)));
        }
        for (int i = thing.random.nextInt(3); i > 0; i--) {
            thing.attempt(
                    node,
                    thing.number * 100L + thing.random.nextInt(3),
                    amount(thing),
                    thing.random.nextBoolean() ? 0 : 700,
                    any(thing, HTLC_STATES),
                    thing.random.nextInt(2) * thing.someHeight());
        }
        thing.tellPayment(node, state);
    }

    private static void madeUpEntry(Thing thing, int step) {
        EntryKind kind = any(thing, KINDS);
        String id = "m%d-%d".formatted(thing.number, step);
        long amount = amount(thing);
        var entry = thing.entry(id, kind, amount);
        if (thing.random.nextBoolean()) {
            entry.setNode(NODES[thing.random.nextInt(3)].pubkey());
        }
        if (thing.random.nextInt(4) == 0) {
            entry.setOrder("order " + thing.random.nextInt(2));
        }
        if (thing.random.nextInt(4) == 0) {
            entry.setReference("set_id:" + thing.hash());
        }
        if (kind == ENTRY_KIND_HOLD && thing.random.nextBoolean()) {
            entry.setFeeLimitMsat(amount(thing));
        }
        thing.tellEntry(entry);
        String reversed = id;
        // Taken back, perhaps wrongly, perhaps twice, and perhaps that is taken back too.
        for (int i = thing.random.nextInt(4); i > 1; i--) {
            thing.pass(0, 20);
            String reversal = "%s-%d".formatted(id, i);
            thing.tellEntry(
                    thing.entry(
                                    reversal,
                                    EntryKind.ENTRY_KIND_REVERSAL,
                                    thing.random.nextInt(6) == 0 ? amount + 1 : amount)
                            .setReverses(reversed));
            if (thing.random.nextBoolean()) {
                reversed = reversal;
            }
        }
        if (thing.random.nextInt(6) == 0) {
            thing.pass(0, 20);
            thing.tellEntry(entry.setAmountMsat(amount + 2_000)); // The same number again.
        }
    }

    private static long amount(Thing thing) {
        return AMOUNTS[thing.random.nextInt(AMOUNTS.length)];
    }

    private static <T> T any(Thing thing, T[] values) {
        return values[thing.random.nextInt(values.length)];
    }

    private static Reference forward(Thing thing) {
        return new Reference.Forward(
                Long.toString(thing.channel()), Integer.toString(thing.number));
    }

    private static void forwarded(Thing thing) {
        ForwardRecord record =
                ForwardRecord.newBuilder()
                        .setEnvelope(thing.envelope(thing.node))
                        .setChanIdIn(thing.channel())
                        .setChanIdOut(thing.channel() + 7)
                        .setHtlcIdIn(thing.number)
                        .setHasHtlcId(true)
                        .setAmountInMsat(thing.msat + thing.fee)
                        .setAmountOutMsat(thing.msat)
                        .setSettledAtNs(thing.nanos(thing.minute()))
                        .build();
        thing.say(
                Topic.FORWARDS,
                RecordKeys.of(ItemKey.of(thing.node, forward(thing))),
                record,
                "%s says forward of %,d msat, fee %d"
                        .formatted(Thing.shortly(thing.node), thing.msat, thing.fee));
    }

    private static void income(Thing thing, String id, Reference reference, long msat) {
        thing.tellEntry(
                thing.entry(id, ENTRY_KIND_ROUTING_INCOME, msat)
                        .setNode(thing.node.pubkey())
                        .setReference(reference.text()));
    }

    private static void takenBack(Thing thing, String id, Reference reference, long msat) {
        thing.tellEntry(
                thing.entry(id + "r", ENTRY_KIND_REVERSAL, msat)
                        .setNode(thing.node.pubkey())
                        .setReference(reference.text())
                        .setReverses(id));
    }
}
