package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.canceled;
import static tallystick.ledger.Samples.minute;
import static tallystick.ledger.Samples.parts;
import static tallystick.ledger.Samples.settled;

import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.item.Receipt.Htlc;
import tallystick.ledger.item.Receipt.HtlcKey;
import tallystick.ledger.item.Receipt.Terms;

class ReceiptTest {
    @Test
    void partsOfOneTotalAreOneSettlement() {
        SortedMap<HtlcKey, Htlc> htlcs = new TreeMap<>();
        htlcs.put(new HtlcKey(1, 0), part(300, 500, 1));
        htlcs.put(new HtlcKey(2, 0), part(200, 500, 2));

        assertThat(received(500, htlcs).receivedLater()).isEqualTo(Msat.ZERO);
    }

    @Test
    void aSecondSettlementCameLater() {
        assertThat(received(1_100, parts(500, 600)).receivedLater()).isEqualTo(Msat.of(600));
    }

    @Test
    void anAmountThatGrewCameLater() {
        Receipt grown =
                settled(500, minute(1)).join(received(1_100, new TreeMap<>(parts(500, 600))));

        assertThat(grown.received()).isEqualTo(Msat.of(1_100));
        assertThat(grown.receivedLater()).isEqualTo(Msat.of(600));
    }

    @Test
    void whatIsSettledStaysSettled() {
        Receipt receipt = settled(500, minute(1)).join(canceled(500, minute(2)));

        assertThat(receipt.isSettled()).isTrue();
        assertThat(receipt.settledAt()).contains(minute(1));
    }

    @Test
    void aLongMemoIsCutBetweenCharacters() {
        String wide = Character.toString(0x1F4A9);

        Terms terms = new Terms(minute(1), Duration.ZERO, Msat.ZERO, "x" + wide.repeat(150));

        assertThat(terms.memo()).isEqualTo("x" + wide.repeat(99));
    }

    private static Htlc part(long amount, long total, long second) {
        return new Htlc(HtlcState.SETTLED, Msat.of(amount), Msat.of(total), second, second);
    }

    private static Receipt received(long msat, SortedMap<HtlcKey, Htlc> htlcs) {
        Receipt plain = settled(500, minute(1));
        return new Receipt(
                plain.state(),
                plain.terms(),
                Msat.of(msat),
                Optional.of(Msat.of(msat)),
                plain.settledAt(),
                false,
                false,
                0,
                Optional.empty(),
                htlcs);
    }
}
