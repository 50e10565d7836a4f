package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.item.ChainTx.Look;
import tallystick.ledger.item.ChainTx.Standing;

class ChainTxTest {
    private static final Look SENT = new Look(Standing.UNCONFIRMED, 0, -500, at(10));
    private static final Look MINED = new Look(Standing.CONFIRMED, 100, -500, at(20));
    private static final Look GONE = new Look(Standing.GONE, 0, -500, at(10));

    private static Instant at(int second) {
        return Instant.ofEpochSecond(1_800_000_000L + second);
    }

    /// By how it was seen to stand, and the second in which.
    private static ChainTx seen(Map<Look, Integer> looks) {
        TreeMap<Look, Instant> seen = new TreeMap<>();
        looks.forEach((look, second) -> seen.put(look, at(second)));
        TreeMap<String, Boolean> inputs = new TreeMap<>();
        return new ChainTx(seen, "", new TreeMap<>(), inputs, new TreeMap<>(), ChainTx.Links.NONE);
    }

    @Test
    void isThereFromItsOwnTimeUntilItIsSeenToBeGone() {
        ChainTx replaced = seen(Map.of(SENT, 15, GONE, 30));

        assertThat(replaced.isThereAt(at(9))).isFalse();
        assertThat(replaced.isThereAt(at(10))).isTrue();
        assertThat(replaced.isThereAt(at(29))).isTrue();
        assertThat(replaced.isThereAt(at(30))).isFalse();
    }

    @Test
    void isThereAgainWhenItCameBack() {
        ChainTx back = seen(Map.of(GONE, 30, SENT, 40));

        assertThat(back.isThereAt(at(35))).isFalse();
        assertThat(back.isThereAt(at(40))).isTrue();
    }

    @Test
    void isUnconfirmedUntilItIsSeenInABlock() {
        ChainTx mined = seen(Map.of(SENT, 15, MINED, 25));

        assertThat(mined.isUnconfirmedAt(at(9))).isFalse();
        assertThat(mined.isUnconfirmedAt(at(15))).isTrue();
        assertThat(mined.isUnconfirmedAt(at(24))).as("mined, and not seen to be").isTrue();
        assertThat(mined.isUnconfirmedAt(at(25))).isFalse();
    }

    @Test
    void isUnconfirmedAgainWhenTheChainLeftItsBlock() {
        ChainTx left = seen(Map.of(SENT, 30, MINED, 25));

        assertThat(left.isUnconfirmedAt(at(29))).isFalse();
        assertThat(left.isUnconfirmedAt(at(30))).isTrue();
    }

    private static ChainTx labelled(String label) {
        TreeMap<String, Boolean> inputs = new TreeMap<>();
        return new ChainTx(
                new TreeMap<>(),
                label,
                new TreeMap<>(),
                inputs,
                new TreeMap<>(),
                ChainTx.Links.NONE);
    }

    @Test
    void isOfACloseByTheNodesOwnLabelOnly() {
        assertThat(labelled("0:sweep").isOfClose()).isTrue();
        assertThat(labelled("0:closechannel:shortchanid-1").isOfClose()).isTrue();
        assertThat(labelled("Sweep from cold storage").isOfClose()).isFalse();
        assertThat(labelled("closechannel leftovers").isOfClose()).isFalse();
        assertThat(labelled("0:openchannel:shortchanid-1").isOfClose()).isFalse();
    }

    @Test
    void staysOfACloseWhateverPeopleCallItLater() {
        ChainTx swept = labelled("0:sweep");
        ChainTx renamed = labelled("xmas money");

        assertThat(swept.join(renamed).label()).isEqualTo("0:sweep");
        assertThat(renamed.join(swept)).isEqualTo(swept.join(renamed));
    }
}
