package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Books.fee;
import static tallystick.ledger.Books.payment;
import static tallystick.ledger.Books.receipt;
import static tallystick.ledger.Books.reversal;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.ampSet;
import static tallystick.ledger.Samples.canceled;
import static tallystick.ledger.Samples.emptyHanded;
import static tallystick.ledger.Samples.failed;
import static tallystick.ledger.Samples.invoice;
import static tallystick.ledger.Samples.minute;
import static tallystick.ledger.Samples.paid;
import static tallystick.ledger.Samples.settled;
import static tallystick.ledger.Samples.spontaneous;
import static tallystick.ledger.Samples.underWay;
import static tallystick.ledger.mismatch.Case.finding;

import java.util.Collections;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.Samples;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// Every code of payments: when it opens, with what, what it waits for, what closes it. Grace is 5 minutes.
class DeciderTest {
    private static final long SUM = 50_000_123;

    private static BookEntry at(long minute, EntryKind kind, String id, long amount) {
        return Books.of(kind, id).at(minute(minute)).amount(amount);
    }

    @Nested
    class NotBooked {
        @Test
        void aSettledReceipt() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .waitsBefore(15)
                    .opensInMinute(15, Code.SETTLED_NOT_BOOKED, ALICE, SUM)
                    .waitsUntilReadTo(10, Code.SETTLED_NOT_BOOKED)
                    .isOnly(Code.SETTLED_NOT_BOOKED)
                    .closesWith(receipt("e1", SUM));
        }

        @Test
        void aPaymentWithItsFee() {
            Case.of()
                    .node(BOB, paid(SUM, 77, minute(10)))
                    .waitsBefore(15)
                    .opensInMinute(15, Code.SETTLED_NOT_BOOKED, BOB, SUM + 77)
                    .waitsUntilReadTo(10, Code.SETTLED_NOT_BOOKED)
                    .isOnly(Code.SETTLED_NOT_BOOKED)
                    .closesWith(payment("e1", SUM), fee("e2", 77));
        }

        @Test
        void aPaymentWhoseFeeIsBooked() {
            Case.of()
                    .node(BOB, paid(SUM, 77, minute(10)))
                    .books(fee("e2", 77))
                    .opensInMinute(15, Code.SETTLED_NOT_BOOKED, BOB, SUM)
                    .isOnly(Code.SETTLED_NOT_BOOKED);
        }

        @Test
        void aSpontaneousReceiptOpensAsOrphan() {
            Case.of()
                    .node(ALICE, spontaneous(SUM, minute(10)))
                    .waitsBefore(15)
                    .opensInMinute(15, Code.ORPHAN_KEYSEND, ALICE, SUM)
                    .waitsUntilReadTo(10, Code.ORPHAN_KEYSEND)
                    .isOnly(Code.ORPHAN_KEYSEND)
                    .closesWith(receipt("e1", SUM));
        }

        @Test
        void anAmpSetIsNamedByItsSetId() {
            Verdict verdict = Case.of().node(ALICE, ampSet(SUM, SUM, minute(10))).atTheEnd();

            assertThat(finding(verdict, Code.SETTLED_NOT_BOOKED).reference())
                    .isEqualTo("set_id:" + Samples.HASH);
        }

        @Test
        void anAmpSetAgreesUnderEitherReference() {
            Case set = Case.of().node(ALICE, ampSet(SUM, SUM, minute(10)));

            set.closesWith(receipt("e1", SUM));
            set.closesWith(
                    Books.of(EntryKind.RECEIPT, "e1")
                            .under(new Reference.AmpSet(Samples.HASH))
                            .amount(SUM));
        }

        @Test
        void aReceiptWaitsWhileAnOwnPaymentIsUnderWay() {
            Verdict verdict =
                    Case.of()
                            .node(ALICE, settled(SUM, minute(10)))
                            .node(BOB, underWay(SUM, 0))
                            .at(20);

            assertThat(verdict.findings()).isEmpty();
            assertThat(verdict.state()).isEqualTo(State.WAITING);
        }

        @Test
        void eachReceiverOfOneHashIsNamed() {
            Case both =
                    Case.of()
                            .node(ALICE, settled(SUM, minute(10)))
                            .node(BOB, settled(2 * SUM, minute(11)));

            both.opensInMinute(15, Code.SETTLED_NOT_BOOKED, ALICE, SUM);
            assertThat(both.atTheEnd().findings()).hasSize(2);
            both.books(Books.of(EntryKind.RECEIPT, "e1").under(ALICE).amount(SUM))
                    .opensInMinute(16, Code.SETTLED_NOT_BOOKED, BOB, 2 * SUM)
                    .closesWith(Books.of(EntryKind.RECEIPT, "e2").under(BOB).amount(2 * SUM));
        }

        @Test
        void anEntryTakenBackIsNotBooked() {
            BookEntry entry = receipt("e1", SUM);

            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .books(entry, reversal("r1", entry))
                    .isOnly(Code.SETTLED_NOT_BOOKED);
        }
    }

    @Nested
    class OnlyBooked {
        @Test
        void aReceiptThatNoNodeKnows() {
            BookEntry entry = Books.of(EntryKind.RECEIPT, "e1").under(ALICE).amount(SUM);

            Case.of()
                    .books(entry)
                    .waitsBefore(6)
                    .opensInMinute(6, Code.BOOKED_NOT_ON_NODE, ALICE, SUM)
                    .waitsUntilReadTo(1, Code.BOOKED_NOT_ON_NODE)
                    .isOnly(Code.BOOKED_NOT_ON_NODE)
                    .closesWith(reversal("r1", entry));
        }

        @Test
        void aPaymentAndItsFee() {
            Verdict verdict = Case.of().books(payment("e1", SUM), fee("e2", 7)).atTheEnd();

            Finding finding = finding(verdict, Code.BOOKED_NOT_ON_NODE);
            assertThat(verdict.findings()).hasSize(1);
            assertThat(finding.amount().value()).isEqualTo(SUM + 7);
            assertThat(finding.node()).isEmpty();
        }

        @Test
        void aHoldOfAnUnknownPayment() {
            Case.of()
                    .books(Books.of(EntryKind.HOLD, "h1").under(BOB).amount(SUM))
                    .opensInMinute(6, Code.BOOKED_NOT_ON_NODE, BOB, SUM)
                    .closesWith(Books.of(EntryKind.HOLD_RELEASE, "h2").amount(SUM));
        }

        @Test
        void underTwoNodesIsNamedAtEach() {
            Verdict verdict =
                    Case.of()
                            .books(
                                    Books.of(EntryKind.RECEIPT, "e1").under(ALICE).amount(SUM),
                                    Books.of(EntryKind.RECEIPT, "e2").under(BOB).amount(300),
                                    Books.of(EntryKind.RECEIPT, "e3").amount(20))
                            .atTheEnd();

            assertThat(verdict.findings())
                    .extracting(Finding::code)
                    .containsOnly(Code.BOOKED_NOT_ON_NODE);
            assertThat(verdict.findings())
                    .extracting(one -> one.node().orElseThrow() + " " + one.amount().value())
                    .containsExactlyInAnyOrder(ALICE + " " + (SUM + 20), BOB + " 300");
        }

        @Test
        void anAdjustmentOfNothing() {
            Case.of()
                    .books(Books.of(EntryKind.ADJUSTMENT_IN, "e1").under(ALICE).amount(SUM))
                    .opensInMinute(6, Code.BOOKED_NOT_ON_NODE, ALICE, SUM);
        }

        @Test
        void nothingIsClaimedOfAFleetThatNobodyKnows() {
            Case booked = Case.of().books(receipt("e1", SUM));

            Verdict verdict =
                    booked.decide(new Coverage(Collections.emptySortedMap()), minute(600));

            assertThat(verdict.findings()).isEmpty();
            assertThat(verdict.state()).isEqualTo(State.WAITING);
            assertThat(verdict.waitsForCoverage()).contains(minute(1));
        }

        @Test
        void aReceiptOnACanceledInvoice() {
            BookEntry entry = at(3, EntryKind.RECEIPT, "e1", SUM);

            Case.of()
                    .node(ALICE, canceled(SUM, minute(2)))
                    .books(entry)
                    .opensInMinute(3, Code.STATUS_CONFLICT, ALICE, SUM)
                    .waitsUntilReadTo(3, Code.STATUS_CONFLICT)
                    .isOnly(Code.STATUS_CONFLICT)
                    .closesWith(reversal("r1", entry));
        }

        @Test
        void aReceiptOnAnInvoiceCanceledLaterIsKnownThen() {
            Case.of()
                    .node(ALICE, canceled(SUM, minute(4)))
                    .books(at(3, EntryKind.RECEIPT, "e1", SUM))
                    .opensInMinute(4, Code.STATUS_CONFLICT, ALICE, SUM);
        }

        @Test
        void aReceiptOnAnOpenInvoiceGetsTheNodesGrace() {
            Case.of()
                    .node(ALICE, invoice(ReceiptState.OPEN, SUM))
                    .books(at(3, EntryKind.RECEIPT, "e1", SUM))
                    .waitsBefore(8)
                    .opensInMinute(8, Code.STATUS_CONFLICT, ALICE, SUM);
        }

        @Test
        void aPaymentThatFailed() {
            BookEntry entry = at(3, EntryKind.PAYMENT, "e1", SUM);

            Case.of()
                    .node(BOB, failed(SUM, minute(4)))
                    .books(entry)
                    .opensInMinute(4, Code.STATUS_CONFLICT, BOB, SUM)
                    .waitsUntilReadTo(3, Code.STATUS_CONFLICT)
                    .isOnly(Code.STATUS_CONFLICT)
                    .closesWith(reversal("r1", entry));
        }

        @Test
        void aPaymentUnderWayWaits() {
            Verdict verdict =
                    Case.of().node(BOB, underWay(SUM, 7)).books(payment("e1", SUM)).at(30);

            assertThat(verdict.findings()).isEmpty();
            assertThat(verdict.state()).isEqualTo(State.WAITING);
        }
    }

    @Nested
    class Amounts {
        private final Case received = Case.of().node(ALICE, settled(SUM, minute(10)));
        private final Case sent = Case.of().node(BOB, paid(SUM, 2_077, minute(10)));

        @Test
        void ofAReceiptDiffer() {
            received.books(at(12, EntryKind.RECEIPT, "e1", SUM - 123))
                    .isOnly(); // whole satoshis: the rounding rule
            received.books(at(12, EntryKind.RECEIPT, "e1", SUM - 124))
                    .opensInMinute(12, Code.AMOUNT_DIFFERS, ALICE, 124)
                    .isOnly(Code.AMOUNT_DIFFERS)
                    .closesWith(Books.of(EntryKind.ADJUSTMENT_IN, "a1").amount(124));
        }

        @Test
        void ofAPaymentDifferWithTheFee() {
            sent.books(payment("e1", SUM - 5), fee("e2", 2_080))
                    .opensInMinute(10, Code.AMOUNT_DIFFERS, BOB, 5 + 3)
                    .isOnly(Code.AMOUNT_DIFFERS);
        }

        @Test
        void inTheWrongUnit() {
            Case.of()
                    .node(ALICE, settled(7_000_000, minute(10)))
                    .books(at(12, EntryKind.RECEIPT, "e1", 7_000))
                    .opensInMinute(12, Code.UNIT_ERROR, ALICE, 7_000_000 - 7_000)
                    .isOnly(Code.UNIT_ERROR);
            sent.books(payment("e1", SUM * 1_000))
                    .opensInMinute(10, Code.UNIT_ERROR, BOB, SUM * 999)
                    .isOnly(Code.UNIT_ERROR);
            Case.of()
                    .node(ALICE, settled(3, minute(10)))
                    .books(receipt("e1", 300_000_000))
                    .isOnly(Code.UNIT_ERROR);
        }

        @Test
        void overpaidAndBookedAtFaceValue() {
            Case overpaid = Case.of().node(ALICE, settled(40_000_000, SUM, minute(10)));

            overpaid.books(at(12, EntryKind.RECEIPT, "e1", 40_000_000))
                    .opensInMinute(12, Code.OVERPAID, ALICE, SUM - 40_000_000)
                    .isOnly(Code.OVERPAID)
                    .closesWith(receipt("e2", SUM - 40_000_000));
            overpaid.closesWith(receipt("e1", SUM));
        }

        @Test
        void underpaidAndBookedAtFaceValue() {
            Case.of()
                    .node(ALICE, settled(60_000_000, SUM, minute(10)))
                    .books(at(12, EntryKind.RECEIPT, "e1", 60_000_000))
                    .opensInMinute(12, Code.UNDERPAID, ALICE, 60_000_000 - SUM)
                    .isOnly(Code.UNDERPAID);
        }

        @Test
        void receivedTwiceOnOneHash() {
            Receipt first = settled(SUM, minute(10));
            Receipt twice =
                    new Receipt(
                            first.state(),
                            first.terms(),
                            Msat.of(2 * SUM + 4),
                            first.firstReceived(),
                            first.settledAt(),
                            false,
                            false,
                            0,
                            Optional.empty(),
                            Samples.parts(SUM, SUM + 4));

            Case.of()
                    .node(ALICE, twice)
                    .books(at(12, EntryKind.RECEIPT, "e1", SUM))
                    .opensInMinute(12, Code.REPAID_INVOICE, ALICE, SUM + 4)
                    .isOnly(Code.REPAID_INVOICE)
                    .closesWith(receipt("e2", SUM + 4));
        }

        @Test
        void bookedTwice() {
            BookEntry again = at(12, EntryKind.RECEIPT, "e2", SUM);

            received.books(receipt("e1", SUM), again)
                    .opensInMinute(12, Code.DUPLICATE_POSTING, ALICE, SUM)
                    .isOnly(Code.DUPLICATE_POSTING)
                    .closesWith(reversal("r1", again));
        }

        @Test
        void aRoundedAmountBookedTwice() {
            received.books(receipt("e1", SUM - 123), receipt("e2", SUM - 123))
                    .opensInMinute(10, Code.DUPLICATE_POSTING, ALICE, SUM - 123);
        }

        @Test
        void aPaymentBookedTwiceWithItsFee() {
            sent.books(payment("e1", SUM), fee("f1", 2_077))
                    .books(payment("e2", SUM), fee("f2", 2_077))
                    .opensInMinute(10, Code.DUPLICATE_POSTING, BOB, SUM + 2_077)
                    .isOnly(Code.DUPLICATE_POSTING);
        }

        @Test
        void whatIsBookedInPartsAgrees() {
            received.closesWith(receipt("e1", SUM - 5_000), receipt("e2", 5_000));
        }

        @Test
        void roundingIsPostedApart() {
            Verdict verdict = received.books(receipt("e1", SUM + 877)).atTheEnd();

            assertThat(verdict.state()).isEqualTo(State.AGREED_BY_RULE);
            assertThat(verdict.roundingMsat()).isEqualTo(-877);
            assertThat(verdict.contributions()).hasSize(1);
            assertThat(verdict.contributions().getFirst().group()).isEqualTo("rounding/2026-11-22");
            assertThat(verdict.contributions().getFirst().amountMsat()).isEqualTo(877);
            received.closesWith(receipt("e1", SUM + 877));
        }

        @Test
        void aFeeIsRoundedByItself() {
            sent.closesWith(payment("e1", SUM - 123), fee("e2", 2_000));
        }
    }

    @Nested
    class Fees {
        private final Case sent =
                Case.of().node(BOB, paid(SUM, 2_077, minute(10))).books(payment("e1", SUM));

        @Test
        void notBooked() {
            sent.waitsBefore(15)
                    .opensInMinute(15, Code.FEE_NOT_BOOKED, BOB, 2_077)
                    .waitsUntilReadTo(10, Code.FEE_NOT_BOOKED)
                    .isOnly(Code.FEE_NOT_BOOKED)
                    .closesWith(fee("e2", 2_077));
        }

        @Test
        void differ() {
            sent.books(fee("e2", 2_177))
                    .opensInMinute(15, Code.FEE_DIFFERS, BOB, 100)
                    .isOnly(Code.FEE_DIFFERS)
                    .closesWith(Books.of(EntryKind.ADJUSTMENT_IN, "a1").amount(100));
        }

        @Test
        void bookedTwice() {
            BookEntry again = fee("e3", 2_077);

            sent.books(fee("e2", 2_077), again)
                    .opensInMinute(10, Code.DUPLICATE_POSTING, BOB, 2_077)
                    .isOnly(Code.DUPLICATE_POSTING)
                    .closesWith(reversal("r1", again));
        }

        @Test
        void bookedThoughTheWayWasFree() {
            Case.of()
                    .node(BOB, paid(SUM, 0, minute(10)))
                    .books(payment("e1", SUM), fee("e2", 9))
                    .isOnly(Code.FEE_DIFFERS);
        }

        @Test
        void bookedAsRebalancingAreNotBooked() {
            BookEntry misnamed = Books.of(EntryKind.REBALANCE_FEE, "f1").amount(2_077);
            Case booked = sent.books(misnamed);

            booked.waitsBefore(15)
                    .opensInMinute(15, Code.FEE_NOT_BOOKED, BOB, 2_077)
                    .waitsUntilReadTo(10, Code.FEE_NOT_BOOKED)
                    .isOnly(Code.FEE_NOT_BOOKED)
                    .closesWith(reversal("r1", misnamed), fee("f2", 2_077));
            assertThat(finding(booked.atTheEnd(), Code.FEE_NOT_BOOKED).sentence())
                    .contains("2.077 sat", "rebalance_fee");
        }

        @Test
        void bookedAsRebalancingInPartDiffer() {
            sent.books(fee("f1", 2_000), Books.of(EntryKind.REBALANCE_FEE, "f2").amount(77))
                    .opensInMinute(15, Code.FEE_DIFFERS, BOB, 77)
                    .isOnly(Code.FEE_DIFFERS);
            sent.books(fee("f1", 2_077), Books.of(EntryKind.REBALANCE_FEE, "f2").amount(77))
                    .opensInMinute(15, Code.FEE_DIFFERS, BOB, 77)
                    .isOnly(Code.FEE_DIFFERS);
        }

        @Test
        void overTheLimitOfTheHold() {
            Books hold = Books.of(EntryKind.HOLD, "h1").at(minute(1)).withFeeLimit(2_000);

            sent.books(fee("e2", 2_077), hold.amount(SUM))
                    .books(Books.of(EntryKind.HOLD_RELEASE, "h2").amount(SUM))
                    .opensInMinute(10, Code.FEE_OVER_BUDGET, BOB, 77)
                    .isOnly(Code.FEE_OVER_BUDGET);
        }

        @Test
        void theLimitHoldsWhateverIsBooked() {
            Case.of()
                    .node(BOB, paid(SUM, 2_077, minute(10)))
                    .books(Books.of(EntryKind.HOLD, "h1").withFeeLimit(2_000).amount(SUM))
                    .isOnly(
                            Code.FEE_OVER_BUDGET,
                            Code.SETTLED_NOT_BOOKED,
                            Code.PENDING_NOT_RESOLVED);
        }
    }

    @Nested
    class WithinTheFleet {
        private final Case transfer =
                Case.of()
                        .node(ALICE, settled(SUM, minute(10)))
                        .node(BOB, paid(SUM, 2_077, minute(10)));

        @Test
        void onlyTheFeeIsBooked() {
            transfer.waitsBefore(15)
                    .opensInMinute(15, Code.REBALANCE_NOT_BOOKED, BOB, 2_077)
                    .waitsUntilReadTo(10, Code.REBALANCE_NOT_BOOKED)
                    .isOnly(Code.REBALANCE_NOT_BOOKED)
                    .closesWith(Books.of(EntryKind.REBALANCE_FEE, "f1").amount(2_077));
        }

        @Test
        void anotherFeeDiffers() {
            transfer.books(Books.of(EntryKind.REBALANCE_FEE, "f1").amount(5_000))
                    .opensInMinute(15, Code.FEE_DIFFERS, BOB, 5_000 - 2_077)
                    .isOnly(Code.FEE_DIFFERS);
        }

        @Test
        void theFeeBookedAsRoutingIsNotBooked() {
            BookEntry misnamed = fee("f1", 2_077);
            Case booked = transfer.books(misnamed);

            booked.waitsBefore(15)
                    .opensInMinute(15, Code.REBALANCE_NOT_BOOKED, BOB, 2_077)
                    .waitsUntilReadTo(10, Code.REBALANCE_NOT_BOOKED)
                    .isOnly(Code.REBALANCE_NOT_BOOKED)
                    .closesWith(
                            reversal("r1", misnamed),
                            Books.of(EntryKind.REBALANCE_FEE, "f2").amount(2_077));
            assertThat(finding(booked.atTheEnd(), Code.REBALANCE_NOT_BOOKED).sentence())
                    .contains("2.077 sat", "routing_fee");
        }

        @Test
        void whatIsSentAlsoOutsideMayHaveFeesOfBothKinds() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .node(ALICE, paid(SUM, 77, minute(10)))
                    .node(BOB, paid(SUM, 2_000, minute(10)))
                    .closesWith(
                            payment("e1", SUM),
                            fee("f1", 2_000),
                            Books.of(EntryKind.REBALANCE_FEE, "f2").amount(77));
        }

        @Test
        void whereBothSidesAreBookedTheyNet() {
            transfer.closesWith(
                    receipt("e1", SUM),
                    payment("e2", SUM),
                    Books.of(EntryKind.REBALANCE_FEE, "f1").amount(2_077));
        }

        @Test
        void oneSideBookedDiffers() {
            Case oneSided = transfer.books(Books.of(EntryKind.REBALANCE_FEE, "f1").amount(2_077));

            oneSided.books(receipt("e1", SUM))
                    .opensInMinute(10, Code.AMOUNT_DIFFERS, ALICE, SUM)
                    .isOnly(Code.AMOUNT_DIFFERS)
                    .closesWith(payment("e2", SUM));
            oneSided.books(payment("e2", SUM))
                    .opensInMinute(10, Code.AMOUNT_DIFFERS, BOB, SUM)
                    .isOnly(Code.AMOUNT_DIFFERS);
        }

        @Test
        void aFreeTransferNeedsNoEntry() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .node(ALICE, paid(SUM, 0, minute(10)))
                    .agrees();
        }

        @Test
        void theFeeUnderTheReceiverIsUnderTheWrongNode() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .node(BOB, paid(SUM, 2_077, minute(10)))
                    .books(Books.of(EntryKind.REBALANCE_FEE, "f1").under(ALICE).amount(2_077))
                    .isOnly(Code.WRONG_NODE);
        }
    }

    @Nested
    class WrongNode {
        private final Case received = Case.of().node(ALICE, settled(SUM, minute(10)));
        private final Books underBob = Books.of(EntryKind.RECEIPT, "e1").under(BOB);

        @Test
        void isNamedWhereItSettled() {
            BookEntry wrong = underBob.at(minute(12)).amount(SUM);

            received.books(wrong)
                    .opensInMinute(12, Code.WRONG_NODE, ALICE, SUM)
                    .waitsUntilReadTo(12, Code.WRONG_NODE)
                    .isOnly(Code.WRONG_NODE)
                    .closesWith(
                            reversal("r1", wrong),
                            Books.of(EntryKind.RECEIPT, "e2").under(ALICE).amount(SUM));
            assertThat(Case.pairState(received.books(wrong).atTheEnd(), BOB)).isEqualTo(State.OPEN);
        }

        @Test
        void besideWholeSatoshisThatAgreeIsTooMuch() {
            received.books(
                            Books.of(EntryKind.RECEIPT, "e0").under(ALICE).amount(SUM - 123),
                            underBob.amount(SUM - 123))
                    .opensInMinute(10, Code.DUPLICATE_POSTING, ALICE, SUM - 123)
                    .isOnly(Code.DUPLICATE_POSTING);
        }

        @Test
        void replacesAmountsThatDiffer() {
            received.books(underBob.amount(SUM - 5))
                    .opensInMinute(10, Code.WRONG_NODE, ALICE, SUM - 5)
                    .isOnly(Code.WRONG_NODE);
        }

        @Test
        void whatIsBookedTwiceIsTooMuchUnderAnyNode() {
            received.books(Books.of(EntryKind.RECEIPT, "e0").under(ALICE).amount(SUM))
                    .books(underBob.amount(SUM))
                    .isOnly(Code.DUPLICATE_POSTING);
        }

        @Test
        void whatIsPartOfAMismatchElsewhereDoesNotAgree() {
            BookEntry here = Books.of(EntryKind.RECEIPT, "e0").under(ALICE).amount(SUM);
            Case twice = received.books(here, underBob.amount(SUM));
            Case reversedThere =
                    received.books(
                            here,
                            new BookEntry(
                                    "r1",
                                    Books.SOURCE,
                                    minute(2),
                                    here.valueDate(),
                                    EntryKind.REVERSAL,
                                    Optional.of(BOB),
                                    here.reference(),
                                    here.amount(),
                                    Books.ACCOUNT,
                                    Optional.empty(),
                                    Optional.of("e0"),
                                    "",
                                    Optional.empty()));

            assertThat(Case.pairState(twice.atTheEnd(), BOB)).isEqualTo(State.OPEN);
            assertThat(Case.pairState(reversedThere.atTheEnd(), BOB)).isEqualTo(State.OPEN);
        }

        @Test
        void anEntryThatNamesNoNodeIsPartOfAMismatchAtAny() {
            Verdict verdict =
                    Case.of()
                            .node(ALICE, canceled(SUM, minute(4)))
                            .books(receipt("e1", SUM))
                            .atTheEnd();

            assertThat(Case.codes(verdict)).containsExactly(Code.STATUS_CONFLICT);
            assertThat(verdict.pairs()).extracting(PairVerdict::state).containsOnly(State.OPEN);
        }

        @Test
        void whatSettledAtAnotherNodeAgreesBesideAMismatch() {
            Verdict verdict =
                    Case.of()
                            .node(ALICE, settled(SUM, minute(10)))
                            .node(BOB, settled(2 * SUM, minute(11)))
                            .books(Books.of(EntryKind.RECEIPT, "e1").under(ALICE).amount(SUM))
                            .books(Books.of(EntryKind.RECEIPT, "e2").under(BOB).amount(SUM))
                            .atTheEnd();

            assertThat(Case.pairState(verdict, ALICE)).isEqualTo(State.AGREED);
            assertThat(Case.pairState(verdict, BOB)).isEqualTo(State.OPEN);
        }

        @Test
        void ofAPayment() {
            Case.of()
                    .node(BOB, paid(SUM, 7, minute(10)))
                    .books(Books.of(EntryKind.PAYMENT, "e1").under(ALICE).amount(SUM))
                    .books(Books.of(EntryKind.ROUTING_FEE, "e2").under(ALICE).amount(7))
                    .opensInMinute(10, Code.WRONG_NODE, BOB, SUM)
                    .isOnly(Code.WRONG_NODE);
        }
    }

    @Nested
    class Holds {
        private final BookEntry hold = Books.of(EntryKind.HOLD, "h1").amount(SUM);
        private final BookEntry release =
                Books.of(EntryKind.HOLD_RELEASE, "h2").at(minute(11)).amount(SUM);

        @Test
        void leftAfterTheEnd() {
            Case.of()
                    .node(BOB, failed(SUM, minute(10)))
                    .books(hold)
                    .waitsBefore(15)
                    .opensInMinute(15, Code.PENDING_NOT_RESOLVED, BOB, SUM)
                    .isOnly(Code.PENDING_NOT_RESOLVED)
                    .closesWith(release);
        }

        @Test
        void leftBesideABookedPayment() {
            Case.of()
                    .node(BOB, paid(SUM, 0, minute(10)))
                    .books(hold, payment("e1", SUM))
                    .isOnly(Code.PENDING_NOT_RESOLVED)
                    .closesWith(release);
        }

        @Test
        void releasedBeyondThem() {
            BookEntry beyond =
                    Books.of(EntryKind.HOLD_RELEASE, "h3").at(minute(11)).amount(SUM + 500);

            Case.of()
                    .node(BOB, failed(SUM, minute(10)))
                    .books(hold, beyond)
                    .waitsBefore(15)
                    .opensInMinute(15, Code.AMOUNT_DIFFERS, BOB, 500)
                    .isOnly(Code.AMOUNT_DIFFERS)
                    .closesWith(reversal("r1", beyond), release);
        }

        @Test
        void releasedBeyondThemWhileNobodyKnowsThePayment() {
            Books beyond = Books.of(EntryKind.HOLD_RELEASE, "h3").under(BOB).at(minute(11));

            Case.of()
                    .books(hold, beyond.amount(SUM + 500))
                    .opensInMinute(16, Code.BOOKED_NOT_ON_NODE, BOB, 500)
                    .isOnly(Code.BOOKED_NOT_ON_NODE);
        }

        @Test
        void releasedThoughNothingWasHeld() {
            Case.of()
                    .books(
                            Books.of(EntryKind.HOLD_RELEASE, "h2")
                                    .under(BOB)
                                    .at(minute(11))
                                    .amount(SUM))
                    .waitsBefore(16)
                    .opensInMinute(16, Code.BOOKED_NOT_ON_NODE, BOB, SUM)
                    .waitsUntilReadTo(11, Code.BOOKED_NOT_ON_NODE)
                    .isOnly(Code.BOOKED_NOT_ON_NODE)
                    .closesWith(hold);
        }

        @Test
        void releasedThoughItWasPaid() {
            Case.of()
                    .node(BOB, paid(SUM, 7, minute(10)))
                    .books(hold, release)
                    .opensInMinute(11, Code.STATUS_CONFLICT, BOB, SUM)
                    .waitsUntilReadTo(10, Code.STATUS_CONFLICT)
                    .isOnly(Code.STATUS_CONFLICT)
                    .closesWith(payment("e1", SUM), fee("e2", 7));
        }

        /// Two causes under one code are one mismatch, and each adds to it when it comes due: until then it is smaller.
        @Test
        void releasedThoughNothingWasHeldAndAnotherAmountPaidLater() {
            Case wrong =
                    Case.of()
                            .node(ALICE, failed(1_000, minute(5)))
                            .node(BOB, paid(2 * SUM, 0, minute(10)))
                            .books(
                                    Books.of(EntryKind.HOLD_RELEASE, "h2")
                                            .under(BOB)
                                            .at(minute(16))
                                            .amount(SUM))
                            .books(
                                    Books.of(EntryKind.PAYMENT, "e1")
                                            .under(BOB)
                                            .at(minute(40))
                                            .amount(SUM));

            Verdict before = wrong.at(39);
            assertThat(finding(before, Code.AMOUNT_DIFFERS).amount().value()).isEqualTo(SUM);
            assertThat(before.dueAt()).contains(minute(40));
            Verdict then = wrong.at(40);
            assertThat(finding(then, Code.AMOUNT_DIFFERS).amount().value()).isEqualTo(2 * SUM);
            assertThat(then.findings()).hasSize(1);
        }

        @Test
        void waitWhileThePaymentIsUnderWay() {
            Verdict verdict = Case.of().node(BOB, underWay(SUM, 7)).books(hold).at(30);

            assertThat(verdict.state()).isEqualTo(State.WAITING);
        }
    }

    @Nested
    class UnderWay {
        @Test
        void tooLong() {
            Case.of()
                    .node(BOB, underWay(SUM, 7))
                    .waitsBefore(60)
                    .opensInMinute(60, Code.STUCK_IN_FLIGHT, BOB, SUM + 7)
                    .waitsUntilReadTo(60, Code.STUCK_IN_FLIGHT)
                    .isOnly(Code.STUCK_IN_FLIGHT)
                    .node(BOB, failed(SUM, minute(70)))
                    .isOnly();
        }

        @Test
        void pastItsLastExpiryHeight() {
            Case payment = Case.of().node(BOB, underWay(SUM, 7));

            assertThat(payment.height(1_000).at(20).findings()).isEmpty();
            Finding finding = finding(payment.height(1_001).at(20), Code.STUCK_IN_FLIGHT);
            assertThat(finding.since()).isEqualTo(minute(20));
            assertThat(payment.height(1_001).at(600).findings())
                    .as("a block that was seen late says nothing new")
                    .extracting(Finding::since)
                    .containsExactly(minute(60));
        }

        @Test
        void withoutAnyHtlc() {
            Case.of()
                    .node(BOB, emptyHanded(SUM, minute(3)))
                    .waitsBefore(13)
                    .opensInMinute(13, Code.IN_FLIGHT_WITHOUT_HTLC, BOB, SUM)
                    .waitsUntilReadTo(13, Code.IN_FLIGHT_WITHOUT_HTLC)
                    .isOnly(Code.IN_FLIGHT_WITHOUT_HTLC);
        }
    }

    @Nested
    class Expiry {
        @Test
        void paidAfterIt() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(61)))
                    .books(receipt("e1", SUM))
                    .opensInMinute(61, Code.EXPIRED_BUT_PAID, ALICE, SUM)
                    .isOnly(Code.EXPIRED_BUT_PAID);
        }

        @Test
        void neverPaidIsInformation() {
            Case unpaid = Case.of().node(ALICE, invoice(ReceiptState.OPEN, SUM));

            unpaid.opensInMinute(60, Code.EXPECTED_NOT_ARRIVED, ALICE, SUM)
                    .waitsUntilReadTo(60, Code.EXPECTED_NOT_ARRIVED);
            assertThat(unpaid.atTheEnd().state()).isEqualTo(State.IDLE);
            assertThat(unpaid.at(59).state()).isEqualTo(State.IDLE);
        }

        @Test
        void canceledInTimeIsNotMissed() {
            Case.of().node(ALICE, canceled(SUM, minute(59))).isOnly();
            Case.of().node(ALICE, canceled(SUM, minute(60))).isOnly(Code.EXPECTED_NOT_ARRIVED);
        }
    }

    @Nested
    class Numbers {
        @Test
        void anEntryIdUsedAgain() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .books(receipt("e1", SUM), receipt("e1", SUM + 70))
                    .opensInMinute(1, Code.REUSED_ENTRY_ID, ALICE, 70);
        }

        @Test
        void anEntryIdIsUsedAgainWhenTheOtherIsBooked() {
            BookEntry first = receipt("e1", SUM);
            Books again = Books.of(EntryKind.RECEIPT, "e1");

            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .books(
                            first,
                            again.at(minute(14)).amount(SUM + 70),
                            again.at(minute(12)).amount(SUM + 7),
                            again.at(minute(13)).amount(SUM + 7))
                    .opensInMinute(12, Code.REUSED_ENTRY_ID, ALICE, 70);
        }

        @Test
        void twoReusedIdsAreOneCase() {
            Verdict verdict =
                    Case.of()
                            .node(ALICE, settled(SUM, minute(10)))
                            .books(receipt("e1", SUM - 5), receipt("e1", SUM + 65))
                            .books(receipt("e2", 5), receipt("e2", 6))
                            .atTheEnd();

            assertThat(verdict.findings()).hasSize(1);
            assertThat(finding(verdict, Code.REUSED_ENTRY_ID).amount().value()).isEqualTo(71);
        }

        @Test
        void theSameContentAgainIsARepeat() {
            Case.of()
                    .node(ALICE, settled(SUM, minute(10)))
                    .closesWith(receipt("e1", SUM), receipt("e1", SUM));
        }

        @Test
        void aReversalWaitsForItsEntry() {
            BookEntry entry = receipt("e1", SUM);
            Case early = Case.of().books(reversal("r1", entry));

            assertThat(early.atTheEnd().state()).isEqualTo(State.WAITING);
            early.closesWith(entry);
        }

        @Test
        void aSecondReversalTakesNothing() {
            BookEntry entry = receipt("e1", SUM);

            Case.of().books(entry, reversal("r1", entry), reversal("r2", entry)).agrees();
        }
    }

    @Nested
    class Coverings {
        @Test
        void aNodeThatSpeaksWithoutBeingCoveredHoldsClaimsBack() {
            TreeMap<NodeId, Coverage.NodeCoverage> onlyBob = new TreeMap<>();
            Case received = Case.of().node(ALICE, settled(SUM, minute(10)));
            onlyBob.put(BOB, received.read(600));

            Verdict verdict = received.decide(new Coverage(onlyBob), minute(600));

            assertThat(verdict.findings()).isEmpty();
            assertThat(verdict.state()).isEqualTo(State.WAITING);
        }

        @Test
        void nothingMovedAndNothingBookedIsIdle() {
            assertThat(Case.of().atTheEnd().state()).isEqualTo(State.IDLE);
            assertThat(Case.of().node(BOB, failed(SUM, minute(3))).atTheEnd().state())
                    .isEqualTo(State.IDLE);
        }
    }
}
