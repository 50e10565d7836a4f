package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Books.fee;
import static tallystick.ledger.Books.receipt;
import static tallystick.ledger.Books.reversal;

import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.Samples;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

class NetBooksTest {
    private final BookEntry entry = receipt("e1", 500);
    private final BookEntry back = reversal("r1", entry);

    @Test
    void sumsByKind() {
        NetBooks books = net(entry, receipt("e2", 7), fee("f1", 3));

        assertThat(books.sumMsat(EntryKind.RECEIPT)).isEqualTo(507);
        assertThat(books.sumMsat(EntryKind.RECEIPT, EntryKind.ROUTING_FEE)).isEqualTo(510);
        assertThat(books.sumMsat(EntryKind.HOLD)).isZero();
        assertThat(books.net(EntryKind.ROUTING_FEE)).containsExactly(fee("f1", 3));
    }

    @Test
    void areListedInTheOrderOfBooking() {
        BookEntry late = Books.of(EntryKind.RECEIPT, "a").at(Samples.minute(9)).amount(1);

        assertThat(net(late, entry).net()).containsExactly(entry, late);
    }

    @Test
    void aReversalTakesItsEntryOut() {
        NetBooks books = net(entry, back);

        assertThat(books.net()).isEmpty();
        assertThat(books.all()).containsExactly(entry, back);
        assertThat(books.reversedBy(back)).contains(entry);
        assertThat(books.hasWaitingReversal()).isFalse();
    }

    @Test
    void aReversalWaitsForItsEntry() {
        assertThat(net(back).hasWaitingReversal()).isTrue();
        assertThat(net(back).reversedBy(back)).isEmpty();
        assertThat(net(back, entry).net()).isEmpty();
        assertThat(net(back, entry).hasWaitingReversal()).isFalse();
    }

    @Test
    void aSecondReversalTakesNothing() {
        BookEntry again = reversal("r2", entry);

        NetBooks books = net(entry, back, again);

        assertThat(books.net()).isEmpty();
        assertThat(books.reversedBy(back)).contains(entry);
        assertThat(books.reversedBy(again)).isEmpty();
    }

    @Test
    void aReversalThatWasReversedTakesNothing() {
        BookEntry ofReversal = reversal("r3", back);

        assertThat(net(entry, back, ofReversal).net()).containsExactly(entry);
        assertThat(net(entry, back, ofReversal).reversedBy(back)).isEmpty();
        assertThat(net(entry, back, ofReversal).hasWaitingReversal()).isFalse();
        assertThat(net(entry, back, ofReversal, reversal("r4", ofReversal)).net()).isEmpty();
        assertThat(net(entry, back, ofReversal, reversal("r5", entry)).net()).isEmpty();
    }

    @Test
    void aReversalOfAnotherAmountTakesNothingAndWaits() {
        NetBooks books = net(entry, reversal("r6", receipt("e1", 1)));

        assertThat(books.net()).containsExactly(entry);
        assertThat(books.hasWaitingReversal()).isTrue();
    }

    @Test
    void reversalsThatReverseEachOtherComeToAnEnd() {
        BookEntry one = reversal("c1", reversal("c2", entry));
        BookEntry other = reversal("c2", reversal("c1", entry));

        assertThat(net(entry, one, other).net()).containsExactly(entry);
    }

    private static NetBooks net(BookEntry... entries) {
        Item item = Samples.nothingKnown();
        for (BookEntry entry : entries) {
            item = item.with(entry);
        }
        return NetBooks.of(item.entries());
    }
}
