package tallystick.ledger.match;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class KeysTest {
    private static final String HASH = "5e".repeat(32);

    @Test
    void aHashInTheMemoSaysMoreThanAnOrder() {
        assertThat(Keys.ofBooking("ord-00044", "LN " + HASH.toUpperCase(Locale.ROOT) + ", thanks"))
                .containsExactly("hash:" + HASH);
        assertThat(Keys.ofBooking(HASH, "")).containsExactly("hash:" + HASH);
    }

    @Test
    void anOrderSaysMoreThanAMemo() {
        assertThat(Keys.ofBooking(" #ORD-00044 ", "customer 5512"))
                .containsExactly("text:ord-00044");
        assertThat(Keys.ofBooking("Table  seven", "")).containsExactly("text:table seven");
    }

    @Test
    void ofAMemoTheWordsCountThatLookLikeNumbersOfOrders() {
        assertThat(Keys.ofBooking("", "Payment for ORD-00044, 2 coffees, 2026-11-22, in 2026."))
                .containsExactly("text:ord-00044");
        assertThat(Keys.ofBooking("", "donation")).isEmpty();
    }

    @Test
    void aSettlementIsNamedByItsHashItsMemoAndWordsOfIt() {
        assertThat(Keys.ofSettlement(HASH, "Order #4711 (customer 5512)"))
                .containsExactly(
                        "hash:" + HASH,
                        "text:4711",
                        "text:5512",
                        "text:order #4711 (customer 5512)");
        assertThat(Keys.ofSettlement(HASH, "Table seven"))
                .containsExactly("hash:" + HASH, "text:table seven");
        assertThat(Keys.ofSettlement(HASH, "")).containsExactly("hash:" + HASH);
    }

    @Test
    void aNulInAMemoCountsAsABlank() {
        assertThat(Keys.ofSettlement(HASH, "\0order\0 4711\0"))
                .containsExactly("hash:" + HASH, "text:4711", "text:order 4711");
    }

    @Test
    void partOfALongerNumberIsNoHash() {
        assertThat(Keys.ofBooking("", "a" + HASH)).isEmpty();
    }

    @Test
    void aLongMemoGivesFewKeys() {
        assertThat(
                        Keys.ofSettlement(
                                HASH, "a1234 b1234 c1234 d1234 e1234 f1234 g1234 ".repeat(500)))
                .hasSize(7);
    }
}
