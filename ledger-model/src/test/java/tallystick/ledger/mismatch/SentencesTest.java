package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Books.fee;
import static tallystick.ledger.Books.payment;
import static tallystick.ledger.Books.receipt;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.ampInvoice;
import static tallystick.ledger.Samples.canceled;
import static tallystick.ledger.Samples.failed;
import static tallystick.ledger.Samples.invoice;
import static tallystick.ledger.Samples.minute;
import static tallystick.ledger.Samples.paid;
import static tallystick.ledger.Samples.settled;
import static tallystick.ledger.Samples.spontaneous;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.match.Offer;
import tallystick.ledger.match.Proposal.Basis;
import tallystick.ledger.match.Proposal.Standing;

/// What people read of a mismatch: it names what its amount is made of, and says nothing that is not so.
class SentencesTest {
    private static final long SUM = 74_892_000;
    private static final String A = Sats.text(ALICE);
    private static final String B = Sats.text(BOB);

    @Test
    void aPaymentBookedWithItsFeeInOne() {
        Finding finding =
                finding(
                        Case.of()
                                .node(BOB, paid(SUM, 19_723, minute(10)))
                                .books(payment("e1", SUM + 19_723)),
                        Code.AMOUNT_DIFFERS);

        assertThat(finding.amount().value()).isEqualTo(2 * 19_723);
        assertThat(finding.sentence())
                .isEqualTo(
                        "%s says 74,892.000 sat and a fee of 19.723 sat, the books say 74,911.723 sat and a fee of 0.000 sat: 19.723 sat and 19.723 sat apart."
                                .formatted(B));
        assertThat(finding.nodeMsat()).hasValue(-SUM);
        assertThat(finding.booksMsat()).hasValue(-SUM - 19_723);
    }

    @Test
    void whatIsDoneInTheBooksOnly() {
        assertSays(
                Case.of().node(ALICE, canceled(SUM, minute(4))).books(receipt("e1", SUM)),
                Code.STATUS_CONFLICT,
                "The books say 74,892.000 sat received; %s says canceled, and nothing came."
                        .formatted(A));
        assertSays(
                Case.of().node(ALICE, ampInvoice(SUM, 2)).books(receipt("e1", SUM)),
                Code.STATUS_CONFLICT,
                "The books say 74,892.000 sat received under the hash of an AMP invoice; what came to %s is under its set ids, 2 so far."
                        .formatted(A));
        assertSays(
                Case.of()
                        .node(BOB, failed(SUM, minute(4)))
                        .books(payment("e1", SUM), fee("e2", 8_000)),
                Code.STATUS_CONFLICT,
                "The books say 74,900.000 sat paid; %s says it failed, and nothing left."
                        .formatted(B));
    }

    @Test
    void whatWasWaitedForInVain() {
        assertSays(
                Case.of().node(ALICE, invoice(ReceiptState.OPEN, SUM)),
                Code.EXPECTED_NOT_ARRIVED,
                "The invoice over 74,892.000 sat expired at %s unpaid.".formatted(minute(60)));
        assertSays(
                Case.of().node(ALICE, invoice(ReceiptState.OPEN, 0)),
                Code.EXPECTED_NOT_ARRIVED,
                "The invoice without an amount expired at %s unpaid.".formatted(minute(60)));
    }

    @Test
    void whatIsBookedTwice() {
        assertSays(
                Case.of()
                        .node(ALICE, settled(SUM, minute(10)))
                        .books(receipt("e1", SUM), receipt("e2", SUM)),
                Code.DUPLICATE_POSTING,
                "2 equal entries of 74,892.000 sat for one settlement: %s says 74,892.000 sat, the books say 149,784.000 sat; 74,892.000 sat is too much."
                        .formatted(A));
        assertSays(
                Case.of()
                        .node(BOB, paid(5_000, 77, minute(10)))
                        .books(payment("e1", 5_000), fee("f1", 77))
                        .books(payment("e2", 5_000), fee("f2", 77)),
                Code.DUPLICATE_POSTING,
                "2 equal entries of 5.000 sat for one settlement: %s says 5.000 sat, the books say 10.000 sat; 5.000 sat is too much. So is 0.077 sat of the fee."
                        .formatted(B));
    }

    @Test
    void whatIsBookedUnderTheWrongNode() {
        Case received = Case.of().node(ALICE, settled(SUM, minute(10)));
        Books underBob = Books.of(EntryKind.RECEIPT, "e1").under(BOB);

        assertSays(
                received.books(underBob.amount(SUM)),
                Code.WRONG_NODE,
                "%s settled 74,892.000 sat; 74,892.000 sat is booked under %s.".formatted(A, B));
        assertSays(
                received.books(underBob.amount(SUM - 5_001)),
                Code.WRONG_NODE,
                "%s settled 74,892.000 sat; 74,886.999 sat is booked under %s; in all 5.001 sat too little is booked."
                        .formatted(A, B));
    }

    @Test
    void anEntryNumberUsedAgain() {
        assertSays(
                Case.of()
                        .node(ALICE, settled(500, minute(10)))
                        .books(receipt("e7", 500), receipt("e7", 700), receipt("e7", 900)),
                Code.REUSED_ENTRY_ID,
                "Entry e7 over 0.500 sat came again with other content, over 0.700 sat, 0.900 sat; the first stands.");
    }

    @Test
    void whatNoNodeKnows() {
        assertSays(
                Case.of().books(receipt("e1", 500)),
                Code.BOOKED_NOT_ON_NODE,
                "Entry e1 over 0.500 sat names a reference no node knows; all nodes are read past that time.");
        assertSays(
                Case.of().books(payment("e1", 5_000), fee("e2", 500)),
                Code.BOOKED_NOT_ON_NODE,
                "Entry e1 and 1 more, over 5.500 sat together, name a reference no node knows; all nodes are read past that time.");
    }

    @Test
    void whatANodeKnowsOfAnotherKind() {
        assertSays(
                Case.of().node(BOB, failed(SUM, minute(4))).books(receipt("e1", 500)),
                Code.BOOKED_NOT_ON_NODE,
                "Entry e1 over 0.500 sat names a reference under which %s has a payment, but no node a receipt; all nodes are read past that time."
                        .formatted(B));
    }

    @Test
    void aSpontaneousReceiptWithAnOrderBesideIt() {
        assertSays(
                Case.of()
                        .node(ALICE, spontaneous(SUM, minute(10)))
                        .books(Books.of(EntryKind.HOLD, "h1").forOrder("o1").amount(5))
                        .books(Books.of(EntryKind.HOLD_RELEASE, "h2").amount(5)),
                Code.ORPHAN_KEYSEND,
                "74,892.000 sat came to %s without an invoice; the books have no receipt of it."
                        .formatted(A));
    }

    @Test
    void anOfferOfOneThing() {
        Offer.Settled settled =
                new Offer.Settled("payment_hash:aa", ALICE.pubkey(), 5, Instant.EPOCH);
        Offer.Choice choice = new Offer.Choice(List.of(settled), List.of());

        assertThat(
                        Offers.sentence(
                                new Offer(
                                        Basis.KEY,
                                        Standing.ALTERNATIVES,
                                        List.of(choice),
                                        List.of("order:7"))))
                .isEqualTo(
                        "By its order or memo it may be one thing: (1) payment_hash:aa. The same could be meant by order:7.");
    }

    @Test
    void anOrderThatWasPaidTwice() {
        String group = "order/" + ALICE + "/receipt/o1";
        List<Finding> findings =
                GroupRules.decide(
                                group,
                                List.of(
                                        booked(group, "payment_hash:aa", 1, "entry:erp/e1", 5_000),
                                        booked(group, "payment_hash:bb", 2, "entry:erp/e2", 700)),
                                Coverage.least(List.of()),
                                RuleSet.defaults(),
                                minute(9))
                        .findings();

        assertThat(findings)
                .extracting(Finding::sentence)
                .containsExactly(
                        "Order o1 has 2 settled receipts: the one booked first over 5.000 sat, this one later over 0.700 sat.");
    }

    private static Verdict.Contribution booked(
            String group, String reference, long minute, String entry, long amount) {
        return new Verdict.Contribution(
                group,
                ALICE.pubkey(),
                reference,
                minute(minute),
                entry,
                amount,
                minute(minute),
                Optional.of("o1"),
                Optional.of(Books.ACCOUNT));
    }

    private static Finding finding(Case item, Code code) {
        return Case.finding(item.atTheEnd(), code);
    }

    private static void assertSays(Case item, Code code, String sentence) {
        assertThat(finding(item, code).sentence()).isEqualTo(sentence);
    }
}
