package tallystick.ledger.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.ledger.Books.payment;
import static tallystick.ledger.Books.receipt;
import static tallystick.ledger.Books.reversal;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.minute;
import static tallystick.ledger.account.Account.CLEARING;
import static tallystick.ledger.account.Account.ROUNDING;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.Samples;
import tallystick.ledger.account.Postings.Posting;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.ChainTx.Standing;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opener;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.ReceiptState;

class PostingsTest {
    private static final Account BANK = Account.books(Books.ACCOUNT);

    @Test
    void aReceiptGoesToItsChannelAndComesFromClearing() {
        Item item = Samples.nothingKnown().with(ALICE, Samples.settled(500, minute(1)));

        SortedMap<String, Transfer> legs = Postings.of(item, 0);

        assertThat(legs.values())
                .containsExactly(new Transfer(Account.channel(ALICE, 77), CLEARING, Msat.of(500)));
        assertThat(Postings.residueMsat(legs)).isEqualTo(500);
    }

    @Test
    void aReceiptThatIsNotSettledPostsNothing() {
        assertThat(
                        Postings.of(
                                Samples.nothingKnown()
                                        .with(ALICE, Samples.invoice(ReceiptState.ACCEPTED, 500)),
                                0))
                .isEmpty();
    }

    @Test
    void aPaymentPostsAmountAndFeeApart() {
        Item item = Samples.nothingKnown().with(BOB, Samples.paid(500, 3, minute(1)));

        SortedMap<String, Transfer> legs = Postings.of(item, 0);

        Account channel = Account.channel(BOB, 88);
        assertThat(legs.values())
                .containsExactlyInAnyOrder(
                        new Transfer(CLEARING, channel, Msat.of(500)),
                        new Transfer(CLEARING, channel, Msat.of(3)));
        assertThat(Postings.residueMsat(legs)).isEqualTo(-503);
    }

    @Test
    void bothHalvesMeetOnClearing() {
        Item item =
                Samples.nothingKnown()
                        .with(ALICE, Samples.settled(500, minute(1)))
                        .with(receipt("e1", 500));

        assertThat(Postings.residueMsat(Postings.of(item, 0))).isZero();
    }

    @Test
    void aReversalTakesItsEntryBackInEitherOrder() {
        BookEntry entry = payment("e1", 500);
        BookEntry back = reversal("r1", entry);
        Item inOrder = Samples.nothingKnown().with(entry).with(back);
        Item reversed = Samples.nothingKnown().with(back).with(entry);

        assertThat(Postings.of(inOrder, 0)).isEqualTo(Postings.of(reversed, 0));
        assertThat(Postings.of(inOrder, 0).values())
                .containsExactlyInAnyOrder(
                        new Transfer(BANK, CLEARING, Msat.of(500)),
                        new Transfer(CLEARING, BANK, Msat.of(500)));
        assertThat(Postings.of(Samples.nothingKnown().with(back), 0)).isEmpty();
    }

    @Test
    void holdsPostNothing() {
        Item item =
                Samples.nothingKnown()
                        .with(Books.of(EntryKind.HOLD, "h1").amount(500))
                        .with(Books.of(EntryKind.HOLD_RELEASE, "h2").amount(500));

        assertThat(Postings.of(item, 0)).isEmpty();
    }

    @Test
    void roundingTakesTheResidueWhateverItsSign() {
        Item item = Samples.nothingKnown().with(ALICE, Samples.settled(1_500, minute(1)));
        SortedMap<String, Transfer> tooLittle = Postings.of(item.with(receipt("e1", 1_000)), 500);
        SortedMap<String, Transfer> tooMuch = Postings.of(item.with(receipt("e1", 2_000)), -500);

        assertThat(tooLittle).containsEntry("rounding", transfer(CLEARING, ROUNDING, 500));
        assertThat(tooMuch).containsEntry("rounding", transfer(ROUNDING, CLEARING, 500));
        assertThat(Postings.residueMsat(tooLittle)).isZero();
        assertThat(Postings.residueMsat(tooMuch)).isZero();
    }

    @Test
    void aForwardMovesOnAndLeavesItsFee() {
        Item item =
                Item.empty(ItemKey.of(ALICE, new Reference.Forward("1", "2")))
                        .with(new NodeFacts.Forward(1, 9, Msat.of(105), Msat.of(100), minute(1)));

        SortedMap<String, Transfer> legs = Postings.of(item, 0);

        Account in = Account.channel(ALICE, 1);
        assertThat(legs.values())
                .containsExactlyInAnyOrder(
                        transfer(in, Account.channel(ALICE, 9), 100), transfer(in, CLEARING, 5));
    }

    @Test
    void aForwardWithinOneChannelLeavesOnlyItsFee() {
        Item item =
                Item.empty(ItemKey.of(ALICE, new Reference.Forward("1", "2")))
                        .with(new NodeFacts.Forward(1, 1, Msat.of(105), Msat.of(100), minute(1)));

        assertThat(Postings.of(item, 0).values())
                .containsExactly(transfer(Account.channel(ALICE, 1), CLEARING, 5));
    }

    @Test
    void aTransactionChangesTheWalletUntilItIsGone() {
        String point = Samples.TXID + ":0";
        Item item = Item.empty(ItemKey.of(ALICE, new Reference.Tx(Samples.TXID)));

        SortedMap<String, Transfer> legs =
                Postings.of(item.with(tx(Standing.CONFIRMED, Map.of(point, Msat.of(9_000)))), 0);

        assertThat(legs.values())
                .containsExactlyInAnyOrder(
                        transfer(CLEARING, Account.wallet(ALICE), 10_000),
                        transfer(Account.channel(ALICE, point), CLEARING, 9_000));
        assertThat(Postings.residueMsat(legs)).isEqualTo(-1_000);
        assertThat(Postings.of(item.with(tx(Standing.GONE, Map.of())), 0)).isEmpty();
    }

    @Test
    void aPushGoesTheWayOfTheOneWhoOpened() {
        Reference.Channel reference = new Reference.Channel(Samples.TXID, 0);
        Item item = Item.empty(ItemKey.of(ALICE, reference));
        Account channel = Account.channel(ALICE, reference.point());

        assertThat(Postings.of(item.with(channel(Opener.LOCAL)), 0))
                .containsExactly(Map.entry("push", transfer(CLEARING, channel, 70)));
        assertThat(Postings.of(item.with(channel(Opener.REMOTE)), 0))
                .containsExactly(Map.entry("push", transfer(channel, CLEARING, 70)));
        assertThat(Postings.of(item.with(channel(Opener.UNKNOWN)), 0)).isEmpty();
    }

    @Test
    void aDifferenceTakesChangedLegsBackAndPostsThemAnew() {
        Map<String, Transfer> posted = new HashMap<>();
        posted.put("same", transfer(CLEARING, BANK, 1));
        posted.put("changed", transfer(CLEARING, BANK, 2));
        posted.put("gone", transfer(CLEARING, BANK, 3));
        Map<String, Transfer> should = new HashMap<>();
        should.put("same", transfer(CLEARING, BANK, 1));
        should.put("changed", transfer(CLEARING, BANK, 20));
        should.put("new", transfer(BANK, CLEARING, 4));

        assertThat(Postings.difference(posted, should))
                .containsExactlyInAnyOrder(
                        new Posting("changed", transfer(BANK, CLEARING, 2)),
                        new Posting("changed", transfer(CLEARING, BANK, 20)),
                        new Posting("gone", transfer(BANK, CLEARING, 3)),
                        new Posting("new", transfer(BANK, CLEARING, 4)));
        assertThat(Postings.difference(should, should)).isEmpty();
    }

    @Test
    void aTransferNeedsTwoAccountsAndAnAmount() {
        assertThatThrownBy(() -> transfer(BANK, BANK, 1))
                .hasMessageContaining("on both sides (expected: two accounts)");
        assertThatThrownBy(() -> transfer(BANK, CLEARING, 0))
                .hasMessage("transfer: 0 msat (expected: more than 0)");
    }

    private static Transfer transfer(Account debit, Account credit, long msat) {
        return new Transfer(debit, credit, Msat.of(msat));
    }

    private static NodeFacts tx(Standing standing, Map<String, Msat> openings) {
        return new ChainTx(
                new TreeMap<>(Map.of(new ChainTx.Look(standing, 5, -10, minute(1)), minute(1))),
                Collections.emptySortedMap(),
                "",
                new TreeMap<>(openings),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                ChainTx.Links.NONE);
    }

    private static NodeFacts channel(Opener opener) {
        return new Channel(
                Stage.OPEN,
                minute(1),
                Optional.of(minute(1)),
                Msat.of(900),
                Msat.of(70),
                true,
                opener,
                Collections.emptySortedSet(),
                Channel.Close.NONE,
                Channel.Links.NONE);
    }
}
