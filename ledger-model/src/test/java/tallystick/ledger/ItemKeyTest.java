package tallystick.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ItemKeyTest {
    @Test
    void aSetIdIsThePaymentHashOfTheSameBytes() {
        ItemKey ofSet = ItemKey.of(new Reference.AmpSet(Samples.HASH), Optional.empty());

        assertThat(ofSet).isEqualTo(ItemKey.ofPayment(Samples.HASH));
        assertThat(ofSet.text()).isEqualTo("payment_hash:" + Samples.HASH);
    }

    @Test
    void aPaymentHashIsOneItemWhateverNodeIsNamed() {
        assertThat(ItemKey.of(Samples.ALICE, Samples.PAYMENT_HASH))
                .isEqualTo(ItemKey.of(Samples.BOB, Samples.PAYMENT_HASH));
    }

    @Test
    void aTransactionIsAnotherItemAtEachNode() {
        Reference tx = new Reference.Tx(Samples.TXID);

        assertThat(ItemKey.of(Samples.ALICE, tx)).isNotEqualTo(ItemKey.of(Samples.BOB, tx));
        assertThat(ItemKey.of(Samples.ALICE, tx).text())
                .isEqualTo(Samples.ALICE + "/tx:" + Samples.TXID);
        assertThat(ItemKey.of(Samples.ALICE, tx)).isLessThan(ItemKey.of(Samples.BOB, tx));
    }

    @Test
    void whatExistsOncePerNodeNeedsTheNode() {
        assertThatThrownBy(() -> ItemKey.of(new Reference.Tx(Samples.TXID), Optional.empty()))
                .hasMessageStartingWith("node: none (expected: the node, as tx:");
    }
}
