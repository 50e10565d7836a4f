package tallystick.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {
    static String[] forms() {
        return new String[] {
            "payment_hash:" + Samples.HASH,
            "set_id:" + Samples.HASH,
            "tx:" + Samples.TXID,
            "channel:" + Samples.TXID + ":1",
            "channel:" + Samples.TXID + ":4294967295",
            "forward:18446744073709551615:0",
            "forward:123:t17-2-3",
            "forwards:" + Samples.ALICE + ":2026-11-22",
            "order:ord-00076",
            "order:a:b c"
        };
    }

    @ParameterizedTest
    @MethodSource("forms")
    void isReadAsItIsWritten(String text) {
        assertThat(Reference.parse(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "payment_hash",
                "payment_hash:",
                "payment_hash:12",
                "hash:12",
                "tx:zz",
                "channel:1",
                "channel:12:x",
                "forward:1:-1",
                "forward:1",
                "forwards:02aa:2026-11-22",
                "order: "
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> Reference.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(expected: ");
    }

    @Test
    void hexMayBeUpperCaseAndSpaceStandAround() {
        String upper = " payment_hash:" + Samples.HASH.toUpperCase(Locale.ROOT) + " ";

        assertThat(Reference.parse(upper)).isEqualTo(Samples.PAYMENT_HASH);
    }

    @Test
    void aDayThatIsNoneIsRefused() {
        assertThatThrownBy(() -> Reference.parse("forwards:" + Samples.ALICE + ":2026-02-30"))
                .hasMessageContaining("2026-02-30 (expected: payment_hash:<hex>");
    }

    @Test
    void anOutputIndexHas32Bits() {
        assertThatThrownBy(() -> Reference.parse("channel:" + Samples.TXID + ":4294967296"))
                .hasMessage("output index: 4294967296 (expected: 0 to 4294967295)");
    }

    @Test
    void channelsTransactionsAndForwardsExistOncePerNode() {
        assertThat(Reference.parse("tx:" + Samples.TXID).isPerNode()).isTrue();
        assertThat(Reference.Channel.ofPoint(Samples.TXID + ":1").isPerNode()).isTrue();
        assertThat(Reference.parse("forward:1:2").isPerNode()).isTrue();
        assertThat(Samples.PAYMENT_HASH.isPerNode()).isFalse();
        assertThat(Reference.parse("order:x").isPerNode()).isFalse();
    }

    @Test
    void anEntryNamesItselfByItsSourceAndNumber() {
        Reference.Entry entry = new Reference.Entry("shop/50%", "2026/7");

        assertThat(entry.text()).isEqualTo("entry:shop%2F50%25/2026/7");
        assertThat(Reference.parse(entry.text())).isEqualTo(entry);
        assertThat(ItemKey.parse(ItemKey.of(entry, java.util.Optional.empty()).text()).reference())
                .isEqualTo(entry);
        assertThatThrownBy(() -> Reference.parse("entry:shop"))
                .hasMessage("entry: shop (expected: <source>/<entry_id>)");
    }

    @Test
    void hexMayBeInEitherCaseAndTheMessageSaysSo() {
        assertThat(NodeId.parse(Samples.ALICE.pubkey().toUpperCase(Locale.ROOT)))
                .isEqualTo(Samples.ALICE);
        assertThatThrownBy(() -> NodeId.parse("03ZZ"))
                .hasMessage("node: 03ZZ (expected: 66 hex digits that begin with 02 or 03)");
        assertThatThrownBy(() -> Reference.parse("payment_hash:AB"))
                .hasMessage("payment hash: ab (expected: 64 hex digits)");
        assertThatThrownBy(() -> Reference.parse("forwards:03ZZ:2026-11-22"))
                .hasMessage("node: 03ZZ (expected: 66 hex digits that begin with 02 or 03)");
    }
}
