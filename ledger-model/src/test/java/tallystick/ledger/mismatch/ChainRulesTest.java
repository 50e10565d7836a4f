package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.TXID;
import static tallystick.ledger.Samples.minute;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.ChainTx.Look;
import tallystick.ledger.item.ChainTx.Standing;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opener;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.mismatch.Verdict.State;

/// What is decided of wallet transactions and channels. Heights up to 902 are seen in the last minute, 600.
class ChainRulesTest {
    private static final Reference TX = new Reference.Tx(TXID);
    private static final Reference CHANNEL = new Reference.Channel(TXID, 0);
    private static final long LAST = 600;
    private static final long SAT = 1_000;

    private static Case transaction(ChainTx tx) {
        return Case.of(ItemKey.of(ALICE, TX)).node(tx).height(902);
    }

    private static Case channel(Channel channel) {
        return Case.of(ItemKey.of(ALICE, CHANNEL)).node(channel).height(902);
    }

    private static ChainTx tx(String label, SortedMap<String, Boolean> inputs, Look... looks) {
        SortedMap<Look, java.time.Instant> seen = new TreeMap<>();
        int at = 10;
        for (Look look : looks) {
            seen.put(look, minute(at));
            at += 10;
        }
        return new ChainTx(
                seen,
                new TreeMap<>(),
                label,
                new TreeMap<>(),
                inputs,
                new TreeMap<>(),
                ChainTx.Links.NONE);
    }

    private static Look unconfirmed(long changeSat) {
        return new Look(Standing.UNCONFIRMED, 0, changeSat, minute(10));
    }

    private static Look confirmed(long changeSat) {
        return new Look(Standing.CONFIRMED, 900, changeSat, minute(20));
    }

    private static ChainTx received(long sat) {
        return tx("", foreign("aa:0"), unconfirmed(sat), confirmed(sat));
    }

    private static SortedMap<String, Boolean> foreign(String outpoint) {
        return new TreeMap<>(Map.of(outpoint, false));
    }

    private static BookEntry entry(EntryKind kind, String id, Reference reference, long msat) {
        return new Books(
                        id,
                        minute(30),
                        kind,
                        Optional.of(ALICE),
                        reference,
                        Optional.empty(),
                        Optional.empty())
                .amount(msat);
    }

    // --- transactions

    @Test
    void aDepositIsToBeBookedAfterThreeBlocks() {
        transaction(received(700))
                .opensInMinute(LAST + 5, Code.ONCHAIN_TX_NOT_BOOKED, ALICE, 700 * SAT)
                .closesWith(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700 * SAT));

        assertThat(transaction(received(700)).height(901).atTheEnd().state())
                .isEqualTo(State.WAITING);
    }

    @Test
    void anUnconfirmedTransactionAgreesAtOnceAndOtherwiseWaits() {
        ChainTx fresh = tx("", foreign("aa:0"), unconfirmed(700));

        assertThat(transaction(fresh).atTheEnd().state()).isEqualTo(State.WAITING);
        transaction(fresh).closesWith(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700 * SAT));
    }

    @Test
    void whatIsBookedOtherwiseDiffers() {
        transaction(received(700))
                .books(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 650 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 50 * SAT)
                .isOnly(Code.AMOUNT_DIFFERS);
        transaction(received(700))
                .books(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700))
                .isOnly(Code.UNIT_ERROR);
    }

    @Test
    void aSendWithoutItsFeeDiffersByIt() {
        ChainTx sent = tx("external", new TreeMap<>(Map.of("aa:0", true)), confirmed(-1_200));

        transaction(sent)
                .books(entry(EntryKind.CHAIN_PAYMENT, "e1", TX, 1_000 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 200 * SAT)
                .closesWith(entry(EntryKind.CHAIN_FEE, "e2", TX, 200 * SAT));
    }

    @Test
    void aSendBookedTwiceWithItsFeeIsCalledSo() {
        ChainTx sent = tx("external", new TreeMap<>(Map.of("aa:0", true)), confirmed(-1_200));
        Case twice =
                transaction(sent)
                        .books(
                                entry(EntryKind.CHAIN_PAYMENT, "e1", TX, 1_000 * SAT),
                                entry(EntryKind.CHAIN_PAYMENT, "e2", TX, 1_000 * SAT),
                                entry(EntryKind.CHAIN_FEE, "e3", TX, 200 * SAT),
                                entry(EntryKind.CHAIN_FEE, "e4", TX, 200 * SAT));

        twice.opensInMinute(30, Code.DUPLICATE_POSTING, ALICE, 1_200 * SAT)
                .isOnly(Code.DUPLICATE_POSTING);
        assertThat(twice.atTheEnd().findings().getFirst().sentence())
                .contains(
                        "2 equal entries of 1,000.000 sat and 2 equal entries of 200.000 sat for one settlement")
                .endsWith("1,200.000 sat is too much.");
        // Leaving all that is repeated out does not explain it.
        twice.books(entry(EntryKind.CHAIN_FEE, "e5", TX, 7 * SAT)).isOnly(Code.AMOUNT_DIFFERS);
    }

    @Test
    void onePartOfASendInAnotherUnit() {
        ChainTx sent = tx("external", new TreeMap<>(Map.of("aa:0", true)), confirmed(-1_200));
        Case payment =
                transaction(sent)
                        .books(
                                entry(EntryKind.CHAIN_PAYMENT, "e1", TX, 1_000 * SAT * 1_000),
                                entry(EntryKind.CHAIN_FEE, "e2", TX, 200 * SAT));

        payment.opensInMinute(30, Code.UNIT_ERROR, ALICE, 999_000 * SAT).isOnly(Code.UNIT_ERROR);
        assertThat(payment.atTheEnd().findings().getFirst().sentence())
                .startsWith("Of the chain payment alone: The books hold 1,000 times what ")
                .endsWith(" says: 1,000,000.000 sat instead of 1,000.000 sat.");
        transaction(sent)
                .books(
                        entry(EntryKind.CHAIN_PAYMENT, "e1", TX, 1_000 * SAT),
                        entry(EntryKind.CHAIN_FEE, "e2", TX, 200))
                .opensInMinute(30, Code.UNIT_ERROR, ALICE, 199_800)
                .isOnly(Code.UNIT_ERROR);
    }

    @Test
    void entriesOfTwoKindsAreNotEqual() {
        ChainTx bumped = tx("", new TreeMap<>(Map.of("aa:0", true)), confirmed(-300));

        transaction(bumped)
                .books(
                        entry(EntryKind.CHAIN_PAYMENT, "e1", TX, 300 * SAT),
                        entry(EntryKind.CHAIN_FEE, "e2", TX, 300 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 300 * SAT)
                .isOnly(Code.AMOUNT_DIFFERS);
    }

    @Test
    void ofAFundingTransactionTheMinerFeeIsToBeBooked() {
        ChainTx funding =
                tx("", new TreeMap<>(Map.of("aa:0", true)), confirmed(-1_000_430))
                        .with(ChainTx.Links.NONE);

        transaction(funding)
                .node(ChainTx.funding("p:0", Msat.ofSat(600_000)))
                .node(ChainTx.funding("p:1", Msat.ofSat(400_000)))
                .opensInMinute(LAST + 5, Code.ONCHAIN_TX_NOT_BOOKED, ALICE, 430 * SAT)
                .closesWith(entry(EntryKind.CHAIN_FEE, "e1", TX, 430 * SAT));
    }

    @Test
    void aTransactionOfACloseNeedsNoEntry() {
        ChainTx home =
                received(700)
                        .with(
                                new ChainTx.Links(
                                        new TreeMap<>(Map.of("p:0", 700L)),
                                        new TreeSet<>(),
                                        Optional.empty()));

        assertThat(transaction(home).atTheEnd().state()).isEqualTo(State.IDLE);
        transaction(home)
                .books(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700 * SAT))
                .isOnly(Code.AMOUNT_DIFFERS);
    }

    @Test
    void aSweepOfNoKnownCloseIsUnlinked() {
        transaction(tx("0:sweep", foreign("aa:0"), confirmed(700)))
                .opensInMinute(LAST + 5, Code.SWEEP_UNLINKED, ALICE, 700 * SAT);
    }

    @Test
    void whatWasReplacedIsNamedWithWhatReplacedIt() {
        ChainTx gone =
                tx(
                                "",
                                new TreeMap<>(Map.of("aa:0", true)),
                                unconfirmed(-500),
                                new Look(Standing.GONE, 0, -500, minute(10)))
                        .with(
                                new ChainTx.Links(
                                        new TreeMap<>(),
                                        new TreeSet<>(),
                                        Optional.of(
                                                new ChainTx.Replacement(
                                                        "ab".repeat(32), minute(40)))));

        transaction(gone)
                .books(entry(EntryKind.CHAIN_FEE, "e1", TX, 500 * SAT))
                .opensInMinute(40, Code.REPLACED, ALICE, 500 * SAT)
                .isOnly(Code.REPLACED);
        assertThat(transaction(gone).atTheEnd().state()).isEqualTo(State.IDLE);
    }

    @Test
    void whatLeftTheChainIsNamedAfterThreeBlocks() {
        // Seen in a block in minute 10, and in none in minute 20.
        ChainTx out = tx("", foreign("aa:0"), confirmed(700), unconfirmed(700));

        transaction(out)
                .books(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700 * SAT))
                .height(903)
                .opensInMinute(LAST, Code.REORG_REVERSAL, ALICE, 700 * SAT);
        assertThat(
                        transaction(out)
                                .books(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700 * SAT))
                                .atTheEnd()
                                .state())
                .isEqualTo(State.WAITING);
    }

    @Test
    void anEntryUnderATransactionThatTheWalletDoesNotHave() {
        Case.of(ItemKey.of(ALICE, TX))
                .books(entry(EntryKind.CHAIN_RECEIPT, "e1", TX, 700 * SAT))
                .opensInMinute(35, Code.BOOKED_NOT_ON_NODE, ALICE, 700 * SAT)
                .waitsUntilReadTo(30, Code.BOOKED_NOT_ON_NODE);
    }

    @Test
    void anEntryUnderAnOpeningThatWasGivenUpBeforeTheWalletHadIt() {
        ChainTx named = ChainTx.funding("p:0", Msat.ofSat(600_000));
        ChainTx givenUp =
                named.with(
                        new ChainTx.Links(
                                new TreeMap<>(), new TreeSet<>(Set.of("p:0")), Optional.empty()));
        BookEntry fee = entry(EntryKind.CHAIN_FEE, "e1", TX, 430 * SAT);

        assertThat(transaction(named).books(fee).atTheEnd().state()).isEqualTo(State.WAITING);
        transaction(givenUp)
                .books(fee)
                .opensInMinute(35, Code.BOOKED_NOT_ON_NODE, ALICE, 430 * SAT);
    }

    // --- channels

    private static Channel open(Opener opener, long pushSat) {
        return at(Stage.OPEN, opener, pushSat, Channel.Close.NONE, Channel.Links.NONE);
    }

    private static Channel at(
            Stage stage, Opener opener, long pushSat, Channel.Close close, Channel.Links links) {
        return new Channel(
                stage,
                minute(20),
                stage == Stage.OPEN_FAILED ? Optional.empty() : Optional.of(minute(20)),
                Msat.ofSat(1_000_000),
                Msat.ofSat(pushSat),
                true,
                opener,
                new TreeSet<>(),
                close,
                links);
    }

    private static Channel closed(long claimMsat, long returnedSat, Channel.Resolution... ended) {
        SortedMap<String, Channel.Resolution> resolutions = new TreeMap<>();
        for (Channel.Resolution one : ended) {
            resolutions.put("out:" + resolutions.size(), one);
        }
        return at(
                Stage.CLOSED,
                Opener.REMOTE,
                0,
                new Channel.Close(
                        new TreeMap<>(Map.of(Stage.CLOSED, "cc".repeat(32))),
                        "COOPERATIVE_CLOSE",
                        resolutions,
                        Channel.Pending.NOTHING),
                new Channel.Links(
                        returnedSat == 0
                                ? new TreeMap<>()
                                : new TreeMap<>(
                                        Map.of(
                                                "cc".repeat(32),
                                                new Channel.Return(returnedSat, true, minute(20)))),
                        Optional.of(new Channel.Claim(claimMsat, Optional.of(minute(20))))));
    }

    @Test
    void anOpeningIsToBeBookedWithItsPush() {
        channel(open(Opener.LOCAL, 50))
                .opensInMinute(25, Code.OPEN_UNBOOKED, ALICE, 1_000_050 * SAT)
                .closesWith(
                        entry(EntryKind.CHANNEL_OPEN, "e1", CHANNEL, 1_000_000 * SAT),
                        entry(EntryKind.PAYMENT, "e2", CHANNEL, 50 * SAT));
        channel(open(Opener.REMOTE, 50))
                .opensInMinute(25, Code.OPEN_UNBOOKED, ALICE, 50 * SAT)
                .closesWith(entry(EntryKind.RECEIPT, "e1", CHANNEL, 50 * SAT));
        channel(open(Opener.REMOTE, 0)).isOnly();
    }

    @Test
    void anOpeningThatWasGivenUpIsNotToBeBooked() {
        channel(at(Stage.OPEN_FAILED, Opener.LOCAL, 0, Channel.Close.NONE, Channel.Links.NONE))
                .books(entry(EntryKind.CHANNEL_OPEN, "e1", CHANNEL, 1_000_000 * SAT))
                .opensInMinute(30, Code.OPEN_FAILED, ALICE, 1_000_000 * SAT)
                .isOnly(Code.OPEN_FAILED);
    }

    @Test
    void aCloseIsToBeBookedWithItsCost() {
        channel(closed(880_000_777, 873_057))
                .opensInMinute(25, Code.CLOSE_UNBOOKED, ALICE, 880_000_777)
                .books(entry(EntryKind.CHAIN_FEE, "e1", CHANNEL, 6_943_777))
                .opensInMinute(25, Code.CLOSE_UNBOOKED, ALICE, 873_057 * SAT)
                .closesWith(entry(EntryKind.CHANNEL_CLOSE, "e2", CHANNEL, 873_057 * SAT));
    }

    @Test
    void whatIsBookedOtherwiseIsToldOnceForOpeningAndEnd() {
        channel(closed(880_000_777, 873_057))
                .books(
                        entry(EntryKind.RECEIPT, "e1", CHANNEL, 40),
                        entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_943_777),
                        entry(EntryKind.CHANNEL_CLOSE, "e3", CHANNEL, 873_000 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 57_040)
                .waitsUntilReadTo(20, Code.AMOUNT_DIFFERS)
                .isOnly(Code.AMOUNT_DIFFERS);
    }

    @Test
    void wholeSatoshisOfTheCostOfACloseAgree() {
        Case closed =
                channel(closed(880_000_777, 873_057))
                        .books(entry(EntryKind.CHANNEL_CLOSE, "e1", CHANNEL, 873_057 * SAT));

        closed.closesWith(entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_943 * SAT));
        closed.closesWith(entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_944 * SAT));
        Verdict rounded =
                closed.books(entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_943 * SAT)).atTheEnd();
        assertThat(rounded.state()).isEqualTo(State.AGREED_BY_RULE);
        assertThat(rounded.roundingMsat()).isEqualTo(-777);
        assertThat(rounded.contributions())
                .singleElement()
                .satisfies(one -> assertThat(one.amountMsat()).isEqualTo(777));
        closed.books(entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_945 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 1_223);
    }

    @Test
    void anAdjustmentMakesUpForWhatIsBookedOtherwise() {
        Case pushed =
                channel(open(Opener.LOCAL, 50))
                        .books(
                                entry(EntryKind.CHANNEL_OPEN, "e1", CHANNEL, 1_000_000 * SAT),
                                entry(EntryKind.PAYMENT, "e2", CHANNEL, 48 * SAT));

        pushed.opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 2 * SAT)
                .closesWith(entry(EntryKind.ADJUSTMENT_OUT, "a1", CHANNEL, 2 * SAT));
        pushed.books(entry(EntryKind.ADJUSTMENT_IN, "a1", CHANNEL, 2 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 4 * SAT);
        pushed.books(entry(EntryKind.ADJUSTMENT_OUT, "a1", CHANNEL, 5 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 3 * SAT);
        channel(closed(880_000_777, 873_057))
                .books(
                        entry(EntryKind.CHANNEL_CLOSE, "e1", CHANNEL, 873_057 * SAT),
                        entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_000 * SAT))
                .closesWith(entry(EntryKind.ADJUSTMENT_OUT, "a1", CHANNEL, 943_777));
        // Also for less than a satoshi, which agrees by itself, too.
        channel(closed(880_000_777, 873_057))
                .books(
                        entry(EntryKind.CHANNEL_CLOSE, "e1", CHANNEL, 873_057 * SAT),
                        entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_943 * SAT))
                .closesWith(entry(EntryKind.ADJUSTMENT_OUT, "a1", CHANNEL, 777));
        channel(open(Opener.REMOTE, 0))
                .books(entry(EntryKind.ADJUSTMENT_IN, "a1", CHANNEL, 7 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 7 * SAT);
    }

    @Test
    void partsThatMakeUpForEachOtherAreNamed() {
        Verdict shifted =
                channel(closed(880_000_777, 873_057))
                        .books(
                                entry(EntryKind.CHANNEL_CLOSE, "e1", CHANNEL, 873_055 * SAT),
                                entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_945_777))
                        .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 4 * SAT)
                        .atTheEnd();

        assertThat(shifted.findings().getFirst().sentence())
                .isEqualTo(
                        "The sums agree, the parts do not: the return of 873,057.000 sat is booked as 873,055.000 sat;"
                                + " the cost of 6,943.777 sat is booked as 6,945.777 sat.");
    }

    @Test
    void whatIsMissingHidesNothingElse() {
        Case closed =
                channel(closed(880_000_777, 873_057))
                        .books(entry(EntryKind.CHAIN_FEE, "e1", CHANNEL, 6_950 * SAT));

        closed.opensInMinute(25, Code.CLOSE_UNBOOKED, ALICE, 873_057 * SAT)
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 6_223)
                .isOnly(Code.CLOSE_UNBOOKED, Code.AMOUNT_DIFFERS);
        assertThat(Case.finding(closed.atTheEnd(), Code.AMOUNT_DIFFERS).sentence())
                .endsWith(" the cost of 6,943.777 sat is booked as 6,950.000 sat.");
        channel(open(Opener.LOCAL, 50))
                .books(
                        entry(EntryKind.CHANNEL_OPEN, "e1", CHANNEL, 1_000_000 * SAT),
                        entry(EntryKind.RECEIPT, "e2", CHANNEL, 50 * SAT))
                .opensInMinute(25, Code.OPEN_UNBOOKED, ALICE, 50 * SAT)
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 50 * SAT);
    }

    @Test
    void aPushThatNobodyToldOfIsTakenAsBooked() {
        Channel closed = closed(1_000_000 * SAT, 599_000);
        Channel unseen =
                new Channel(
                        closed.stage(),
                        closed.stageSeenAt(),
                        Optional.empty(),
                        closed.capacity(),
                        Msat.ZERO,
                        false,
                        Opener.LOCAL,
                        new TreeSet<>(),
                        closed.close(),
                        closed.links());
        Case ended =
                channel(unseen)
                        .books(
                                entry(EntryKind.PAYMENT, "e1", CHANNEL, 400_000 * SAT),
                                entry(EntryKind.CHANNEL_CLOSE, "e2", CHANNEL, 599_000 * SAT));
        Case whole = ended.books(entry(EntryKind.CHANNEL_OPEN, "e3", CHANNEL, 1_000_000 * SAT));

        ended.books(entry(EntryKind.CHAIN_FEE, "e4", CHANNEL, 1_000 * SAT))
                .opensInMinute(25, Code.OPEN_UNBOOKED, ALICE, 1_000_000 * SAT)
                .isOnly(Code.OPEN_UNBOOKED);
        whole.opensInMinute(25, Code.CLOSE_UNBOOKED, ALICE, 1_000 * SAT);
        whole.books(entry(EntryKind.CHAIN_FEE, "e4", CHANNEL, 900 * SAT))
                .opensInMinute(30, Code.AMOUNT_DIFFERS, ALICE, 100 * SAT)
                .isOnly(Code.AMOUNT_DIFFERS);
        Verdict right =
                whole.books(entry(EntryKind.CHAIN_FEE, "e4", CHANNEL, 1_000 * SAT)).atTheEnd();
        assertThat(right.findings()).isEmpty();
        assertThat(right.state()).isEqualTo(State.WAITING);
    }

    @Test
    void whatIsBookedInAnotherUnitOrTwiceIsCalledSo() {
        channel(open(Opener.LOCAL, 0))
                .books(entry(EntryKind.CHANNEL_OPEN, "e1", CHANNEL, 1_000_000))
                .opensInMinute(30, Code.UNIT_ERROR, ALICE, 999_000_000)
                .isOnly(Code.UNIT_ERROR);
        channel(closed(880_000_777, 873_057))
                .books(
                        entry(EntryKind.CHAIN_FEE, "e1", CHANNEL, 6_943_777),
                        entry(EntryKind.CHAIN_FEE, "e2", CHANNEL, 6_943_777),
                        entry(EntryKind.CHANNEL_CLOSE, "e3", CHANNEL, 873_057 * SAT),
                        entry(EntryKind.CHANNEL_CLOSE, "e4", CHANNEL, 873_057 * SAT))
                .opensInMinute(30, Code.DUPLICATE_POSTING, ALICE, 880_000_777)
                .isOnly(Code.DUPLICATE_POSTING);
    }

    @Test
    void aCloseThatOnlyCostsIsAllFee() {
        channel(closed(500_123, -270))
                .closesWith(entry(EntryKind.CHAIN_FEE, "e1", CHANNEL, 770_123));
    }

    @Test
    void aCloseIsNotDecidedBeforeItIsWhole() {
        Channel resolved = closed(500_123, 400);
        Channel unread =
                resolved.with(
                        new Channel.Links(
                                resolved.links().returns(),
                                Optional.of(new Channel.Claim(500_123, Optional.empty()))));

        assertThat(channel(unread).atTheEnd().state()).isEqualTo(State.WAITING);
    }

    @Test
    void theCostOfACloseIsUnknownWhileATransactionOfItIsMissing() {
        channel(
                        closed(
                                900_000_000,
                                0,
                                new Channel.Resolution(
                                        "COMMIT", "CLAIMED", 899_000, "dd".repeat(32))))
                .opensInMinute(25, Code.CLOSE_FEE_UNKNOWN, ALICE, 900_000_000)
                .isOnly(Code.CLOSE_FEE_UNKNOWN);
        // Claimed by the peer: nothing of it was ours.
        channel(
                        closed(
                                900_000,
                                500,
                                new Channel.Resolution(
                                        "OUTGOING_HTLC", "CLAIMED", 899, "dd".repeat(32))))
                .isOnly(Code.CLOSE_UNBOOKED);
    }

    @Test
    void anAnchorThatWasNotClaimedIsLost() {
        channel(closed(0, 0, new Channel.Resolution("ANCHOR", "UNCLAIMED", 330, "")))
                .opensInMinute(20, Code.ANCHOR_LOST, ALICE, 330 * SAT)
                .isOnly(Code.ANCHOR_LOST);
    }

    @Test
    void aRevokedStateIsABreachFromWhenItWasFirstTold() {
        Channel.Close breach =
                new Channel.Close(
                        new TreeMap<>(),
                        "BREACH_CLOSE",
                        new TreeMap<>(),
                        Channel.Pending.NOTHING,
                        Optional.of(minute(15)));

        channel(
                        at(
                                Stage.FORCE_CLOSING,
                                Opener.REMOTE,
                                0,
                                breach,
                                new Channel.Links(
                                        new TreeMap<>(),
                                        Optional.of(new Channel.Claim(5_000, Optional.empty())))))
                .opensInMinute(15, Code.BREACH, ALICE, 5_000)
                .isOnly(Code.BREACH);
    }

    @Test
    void whatIsRipeMustBeTaken() {
        SortedMap<String, Channel.PendingHtlc> htlcs = new TreeMap<>();
        htlcs.put("out:1", new Channel.PendingHtlc(false, 30, 890, 1));
        Channel.Close pending =
                new Channel.Close(
                        new TreeMap<>(),
                        "LOCAL_FORCE_CLOSE",
                        new TreeMap<>(),
                        new Channel.Pending(0, 110, 889, htlcs));
        Case late = channel(at(Stage.FORCE_CLOSING, Opener.REMOTE, 0, pending, Channel.Links.NONE));

        late.opensInMinute(LAST, Code.LIMBO_PAST_MATURITY, ALICE, 80 * SAT)
                .opensInMinute(LAST, Code.HTLC_ONCHAIN_UNRESOLVED, ALICE, 30 * SAT)
                .isOnly(Code.LIMBO_PAST_MATURITY, Code.HTLC_ONCHAIN_UNRESOLVED);
        late.height(901).isOnly(Code.LIMBO_PAST_MATURITY);
        late.height(900).isOnly();
    }

    @Test
    void aCloseOfAnOpenChannelIsAConflict() {
        NodeId node = ALICE;
        channel(open(Opener.REMOTE, 0))
                .books(entry(EntryKind.CHANNEL_CLOSE, "e1", CHANNEL, 700 * SAT))
                .opensInMinute(35, Code.STATUS_CONFLICT, node, 700 * SAT)
                .waitsUntilReadTo(30, Code.STATUS_CONFLICT);
    }
}
