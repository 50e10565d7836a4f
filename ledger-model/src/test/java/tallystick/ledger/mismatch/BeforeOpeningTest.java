package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.minute;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.Samples;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opened;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.mismatch.Coverage.NodeCoverage;
import tallystick.ledger.mismatch.Verdict.State;

/// A ledger that counts from minute 50 on; the story is over and read.
class BeforeOpeningTest {
    private static final Instant FROM = minute(50);
    private static final Instant BEFORE = minute(49);
    private static final Instant SINCE = minute(51);
    private static final RuleSet RULES = RuleSet.defaults().openedAt(Optional.of(FROM));
    private static final String POINT = "c4".repeat(32) + ":0";
    private static final ItemKey TX = ItemKey.of(ALICE, new Reference.Tx(Samples.TXID));
    private static final ItemKey CHANNEL = ItemKey.of(ALICE, Reference.Channel.ofPoint(POINT));

    private static Verdict verdict(Case of) {
        Optional<Instant> end = Optional.of(minute(2_000));
        SortedMap<NodeId, NodeCoverage> nodes = new TreeMap<>();
        nodes.put(ALICE, new NodeCoverage(end, end, end, end, false));
        nodes.put(BOB, new NodeCoverage(end, end, end, end, false));
        Heights seen = (_, height) -> Optional.of(minute(height));
        return Decider.decide(of.item(), new Coverage(nodes, seen), RULES, minute(2_000));
    }

    private static SortedMap<String, Transfer> legs(Case of) {
        return Postings.of(of.item(), verdict(of).roundingMsat(), RULES.opening());
    }

    private static void isBefore(Case of) {
        assertThat(verdict(of).state()).isEqualTo(State.BEFORE_OPENING);
        assertThat(verdict(of).findings()).isEmpty();
        assertThat(Postings.residueMsat(of.item(), legs(of))).isZero();
    }

    private static void agrees(Case of) {
        assertThat(verdict(of).state()).isEqualTo(State.AGREED);
        assertThat(Postings.residueMsat(of.item(), legs(of))).isZero();
    }

    private static void finds(Case of, Code code) {
        assertThat(Case.codes(verdict(of))).containsExactly(code);
    }

    private static BookEntry receipt(Instant at) {
        return Books.of(EntryKind.RECEIPT, "e1").at(at).amount(5_000);
    }

    @Test
    void whatSettledBeforeIsNotAskedFor() {
        Case received = Case.of().node(ALICE, Samples.settled(5_000, BEFORE));

        isBefore(received);
        isBefore(received.books(receipt(BEFORE)));
        isBefore(received.books(receipt(SINCE)));
        isBefore(Case.of().node(ALICE, Samples.paid(5_000, 3, BEFORE)));
        assertThat(legs(received)).isEmpty();
    }

    @Test
    void whatSettledSinceCountsWheneverItWasBooked() {
        Case received = Case.of().node(ALICE, Samples.settled(5_000, FROM));

        finds(received, Code.SETTLED_NOT_BOOKED);
        agrees(received.books(receipt(BEFORE)));
        agrees(received.books(receipt(SINCE)));
    }

    @Test
    void whatNoNodeKnowsCountsByItsBooking() {
        isBefore(Case.of().books(receipt(BEFORE)));
        finds(Case.of().books(receipt(SINCE)), Code.BOOKED_NOT_ON_NODE);

        BookEntry ofYesterday =
                new BookEntry(
                        "e1",
                        "erp",
                        SINCE,
                        LocalDate.parse("2026-11-21"),
                        EntryKind.RECEIPT,
                        Optional.empty(),
                        Samples.PAYMENT_HASH,
                        Msat.of(5_000),
                        "bank",
                        Optional.empty(),
                        Optional.empty(),
                        "",
                        Optional.empty());
        isBefore(Case.of().books(ofYesterday));
        isBefore(Case.of().books(receipt(BEFORE), Books.reversal("e2", receipt(BEFORE))));
    }

    @Test
    void whatEndedBeforeAndIsBookedSinceContradicts() {
        Case failed = Case.of().node(ALICE, Samples.failed(5_000, BEFORE));
        BookEntry paid = Books.of(EntryKind.PAYMENT, "e1").at(SINCE).amount(5_000);

        isBefore(failed);
        finds(failed.books(paid), Code.STATUS_CONFLICT);
    }

    @Test
    void aHoldOfBeforeIsAskedForWhenItsPaymentEndsSince() {
        BookEntry hold = Books.of(EntryKind.HOLD, "h1").at(BEFORE).amount(5_000);

        isBefore(Case.of().node(ALICE, Samples.failed(5_000, BEFORE)).books(hold));
        finds(
                Case.of().node(ALICE, Samples.failed(5_000, SINCE)).books(hold),
                Code.PENDING_NOT_RESOLVED);
    }

    @Test
    void anInvoiceThatWasGivenUpBeforeIsNoInformation() {
        isBefore(Case.of().node(ALICE, Samples.canceled(5_000, BEFORE)));
    }

    @Test
    void whatMovedWithinTheFleetIsTakenAsOne() {
        Case moved =
                Case.of()
                        .node(ALICE, Samples.paid(5_000, 3, SINCE))
                        .node(BOB, Samples.settled(5_000, BEFORE));

        finds(moved, Code.REBALANCE_NOT_BOOKED);
        isBefore(
                Case.of()
                        .node(ALICE, Samples.paid(5_000, 3, BEFORE))
                        .node(BOB, Samples.settled(5_000, BEFORE)));
    }

    private static Case tx(ChainTx.Look... looks) {
        TreeMap<ChainTx.Look, Instant> seen = new TreeMap<>();
        for (ChainTx.Look look : looks) {
            seen.put(look, look.time());
        }
        return Case.of(TX)
                .node(
                        new ChainTx(
                                seen,
                                Collections.emptySortedMap(),
                                "",
                                Collections.emptySortedMap(),
                                Collections.emptySortedMap(),
                                Collections.emptySortedMap(),
                                ChainTx.Links.NONE));
    }

    @Test
    void aTransactionIsBeforeWhenItWasSeenOrConfirmedBefore() {
        ChainTx.Look confirmed = new ChainTx.Look(ChainTx.Standing.CONFIRMED, 5, -10, SINCE);

        isBefore(tx(new ChainTx.Look(ChainTx.Standing.CONFIRMED, 5, -10, BEFORE)));
        isBefore(tx(new ChainTx.Look(ChainTx.Standing.UNCONFIRMED, 0, -10, BEFORE), confirmed));
        finds(tx(confirmed), Code.ONCHAIN_TX_NOT_BOOKED);
    }

    private static Channel channel(Stage stage, Instant openSeenAt, Channel.Links links) {
        return new Channel(
                stage,
                SINCE,
                Optional.of(openSeenAt),
                Msat.of(900_000),
                Msat.of(70_000),
                true,
                Channel.Opener.LOCAL,
                Collections.emptySortedSet(),
                Channel.Close.NONE,
                links);
    }

    private static Channel.Links links(Opened opened, long backSat, long claimMsat) {
        return new Channel.Links(
                new TreeMap<>(Map.of("t", new Channel.Return(backSat, true, SINCE))),
                Optional.of(new Channel.Claim(claimMsat, Optional.of(SINCE))),
                Optional.of(opened));
    }

    @Test
    void aChannelThatWasOpenIsOpenedWithItsClaim() {
        Opened opened = new Opened(true, 600_500, 600_001, 601_000);
        Case open =
                Case.of(CHANNEL)
                        .node(
                                channel(
                                        Stage.OPEN,
                                        SINCE,
                                        new Channel.Links(
                                                Collections.emptySortedMap(),
                                                Optional.empty(),
                                                Optional.of(opened))));

        isBefore(open);
        assertThat(legs(open).values())
                .containsExactly(
                        new Transfer(
                                Account.channel(ALICE, POINT), Account.OPENING, Msat.of(600_500)));
    }

    /// The node tells whole satoshis; the books may know the fraction.
    @Test
    void theBooksMaySayWhatAnOpeningLeavesOpen() {
        Opened opened = new Opened(true, 600_500, 600_001, 601_000);
        Case closed =
                Case.of(CHANNEL).node(channel(Stage.CLOSED, BEFORE, links(opened, 590, 600_500)));
        BookEntry back = ofChannel(EntryKind.CHANNEL_CLOSE, "e1", 590_000);

        finds(closed, Code.CLOSE_UNBOOKED);
        agrees(closed.books(back, ofChannel(EntryKind.CHAIN_FEE, "e2", 10_500)));
        agrees(closed.books(back, ofChannel(EntryKind.CHAIN_FEE, "e2", 10_002)));
        finds(closed.books(back, ofChannel(EntryKind.CHAIN_FEE, "e2", 9_900)), Code.AMOUNT_DIFFERS);
    }

    private static BookEntry ofChannel(EntryKind kind, String id, long amount) {
        return Books.of(kind, id).under(ALICE).under(CHANNEL.reference()).at(SINCE).amount(amount);
    }

    @Test
    void whatComesHomeOfAChannelThatWasClosingIsOfTheOpening() {
        Case closed =
                Case.of(CHANNEL).node(channel(Stage.CLOSED, BEFORE, links(Opened.CLOSED, 590, 0)));

        isBefore(closed);
        assertThat(legs(closed).values())
                .containsExactly(
                        new Transfer(
                                Account.limbo(ALICE, POINT), Account.OPENING, Msat.of(590_000)));
    }

    private static Case forward(Instant at) {
        return Case.of(ItemKey.of(ALICE, new Reference.Forward("466192930242560", "1")))
                .node(new NodeFacts.Forward(1, 2, Msat.of(1_007), Msat.of(1_000), at));
    }

    private static Verdict.Contribution said(Case of) {
        return verdict(of).contributions().getFirst();
    }

    /// The day's entry covers all of the day, or what counts of it. Without one, nobody asks for what was before.
    @Test
    void theDaysEntryMayCoverForwardsOfBefore() {
        Reference day = new Reference.ForwardsOfDay(ALICE, LocalDate.parse("2026-11-22"));
        Case ofDay = Case.of(ItemKey.of(day, Optional.empty()));
        BookEntry all =
                Books.of(EntryKind.ROUTING_INCOME, "e1")
                        .under(ALICE)
                        .under(day)
                        .at(SINCE)
                        .amount(14);
        BookEntry half =
                Books.of(EntryKind.ROUTING_INCOME, "e1")
                        .under(ALICE)
                        .under(day)
                        .at(SINCE)
                        .amount(7);

        isBefore(forward(BEFORE));
        assertThat(decided(said(forward(BEFORE)), said(forward(SINCE)), said(ofDay.books(all))))
                .containsExactly(-7L, -7L, 14L);
        assertThat(decided(said(forward(BEFORE)), said(forward(SINCE)), said(ofDay.books(half))))
                .containsExactly(0L, -7L, 7L);
        assertThat(decided(said(forward(BEFORE)), said(forward(SINCE)))).containsExactly(0L, 0L);

        Case taken = forward(BEFORE).decided("g", new Allocation(7, -7, false));
        isBefore(taken);
        assertThat(legs(taken).values())
                .containsExactly(new Transfer(Account.OPENING, Account.CLEARING, Msat.of(7)));
    }

    private static List<Long> decided(Verdict.Contribution... contributions) {
        Optional<Instant> end = Optional.of(minute(2_000));
        Coverage coverage =
                new Coverage(new TreeMap<>(Map.of(ALICE, new NodeCoverage(end, end, end))));
        return GroupRules.decide(
                        contributions[0].group(),
                        List.of(contributions),
                        coverage,
                        RULES,
                        minute(2_000))
                .allocations()
                .stream()
                .map(one -> one.orElseThrow().residueMsat())
                .toList();
    }
}
