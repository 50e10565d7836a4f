package tallystick.ledger.books;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.Samples;

class BookEntryTest {
    @Test
    void belongsToTheItemOfItsReference() {
        BookEntry entry =
                Books.of(EntryKind.RECEIPT, "e1")
                        .under(Samples.ALICE)
                        .under(new Reference.AmpSet(Samples.HASH))
                        .amount(5);

        assertThat(entry.itemKey()).isEqualTo(ItemKey.ofPayment(Samples.HASH));
    }

    @Test
    void needsAnAmount() {
        assertThatThrownBy(() -> Books.receipt("e1", 0))
                .hasMessage("amount_msat: 0 (expected: more than 0)");
    }

    @Test
    void needsANumber() {
        assertThatThrownBy(() -> Books.receipt(" ", 1))
                .hasMessage("entry_id: empty (expected: a text)");
    }

    @Test
    void needsTheNodeWhereTheReferenceExistsOncePerNode() {
        Books draft = Books.of(EntryKind.CHAIN_FEE, "e1").under(new Reference.Tx(Samples.TXID));

        assertThatThrownBy(() -> draft.amount(1))
                .hasMessageStartingWith("node: empty (expected: the node, as tx:");
        assertThat(draft.under(Samples.BOB).amount(1).itemKey().node()).contains(Samples.BOB);
    }

    @Test
    void isOfAKindThatItsReferenceMayHave() {
        String hash = Samples.PAYMENT_HASH.text();
        String day = "forwards:%s:2026-11-22".formatted(Samples.ALICE);
        String channel = "channel:%s:0".formatted(Samples.TXID);
        String tx = "tx:" + Samples.TXID;

        for (String reference : List.of(hash, "forward:7:1", day, channel, tx)) {
            assertThat(booked(EntryKind.ADJUSTMENT_IN, reference).reference().text())
                    .isEqualTo(reference);
        }
        assertThat(booked(EntryKind.PAYMENT, channel).kind()).isEqualTo(EntryKind.PAYMENT);
        assertRefused(EntryKind.ROUTING_INCOME, hash);
        assertRefused(EntryKind.CHAIN_RECEIPT, "set_id:" + Samples.HASH);
        assertRefused(EntryKind.CHANNEL_OPEN, hash);
        assertRefused(EntryKind.CHANNEL_CLOSE, hash);
        assertRefused(EntryKind.RECEIPT, "forward:7:1");
        assertRefused(EntryKind.RECEIPT, day);
        assertRefused(EntryKind.HOLD, channel);
        assertRefused(EntryKind.RECEIPT, tx);
        assertRefused(EntryKind.HOLD, "order:17");
        assertRefused(EntryKind.ADJUSTMENT_IN, "order:17");
        assertThatThrownBy(() -> booked(EntryKind.HOLD_RELEASE, "order:19"))
                .hasMessage(
                        "kind: hold_release (expected: one of receipt, payment, routing_fee, reversal, as reference is order:19)");
    }

    private static void assertRefused(EntryKind kind, String reference) {
        assertThatThrownBy(() -> booked(kind, reference))
                .hasMessageStartingWith("kind: %s (expected: one of ".formatted(kind.text()))
                .hasMessageEndingWith("as reference is %s)".formatted(reference));
    }

    private static BookEntry booked(EntryKind kind, String reference) {
        return Books.of(kind, "e1")
                .under(Samples.ALICE)
                .under(Reference.parse(reference))
                .amount(1)
                .requireFitting();
    }

    @Test
    void isUnderTheNodeOfItsDay() {
        Reference day = new Reference.ForwardsOfDay(Samples.ALICE, LocalDate.of(2026, 11, 22));
        Books draft = Books.of(EntryKind.ROUTING_INCOME, "e1").under(day);

        assertThat(draft.amount(1).requireFitting().node()).isEmpty();
        assertThat(draft.under(Samples.ALICE).amount(1).requireFitting().node())
                .contains(Samples.ALICE);
        assertThatThrownBy(() -> draft.under(Samples.BOB).amount(1).requireFitting())
                .hasMessage(
                        "node: %s (expected: empty or %s, as reference is %s)"
                                .formatted(Samples.BOB, Samples.ALICE, day.text()));
    }

    @Test
    void onlyAHoldHasAFeeLimit() {
        assertThatThrownBy(() -> Books.of(EntryKind.PAYMENT, "e1").withFeeLimit(7).amount(1))
                .hasMessage("fee_limit_msat: 7 (expected: empty, as kind is payment)");
    }

    @Test
    void onlyAReversalReversesAndItMust() {
        assertThatThrownBy(() -> Books.of(EntryKind.REVERSAL, "r1").amount(1))
                .hasMessageStartingWith("reverses: empty (expected:");
        assertThatThrownBy(() -> reversing(EntryKind.RECEIPT))
                .hasMessage("reverses: e0 (expected: empty, as kind is receipt)");
        assertThat(reversing(EntryKind.REVERSAL).reverses()).contains("e0");
    }

    private static BookEntry reversing(EntryKind kind) {
        return new BookEntry(
                "e1",
                Books.SOURCE,
                Samples.START,
                LocalDate.of(2026, 11, 22),
                kind,
                Optional.empty(),
                Samples.PAYMENT_HASH,
                Msat.of(1),
                Books.ACCOUNT,
                Optional.empty(),
                Optional.of("e0"),
                "",
                Optional.empty());
    }
}
