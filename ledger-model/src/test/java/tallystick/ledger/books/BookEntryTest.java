package tallystick.ledger.books;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
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
