package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
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
        return transaction(seen, new TreeMap<>(), "");
    }

    /// Seen in that second, otherwise than it had stood before.
    private static ChainTx seenAgain(Look look, int second) {
        TreeMap<Look, Instant> seen = new TreeMap<>(Map.of(look, at(second)));
        return transaction(seen, seen, "");
    }

    private static ChainTx transaction(
            SortedMap<Look, Instant> seen, SortedMap<Look, Instant> seenAgain, String label) {
        return new ChainTx(
                seen,
                seenAgain,
                label,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                ChainTx.Links.NONE);
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

    @Test
    void isInABlockThatItLeftAndCameBackTo() {
        ChainTx back = seen(Map.of(SENT, 30, MINED, 25)).join(seenAgain(MINED, 40));

        assertThat(back.isConfirmed()).isTrue();
        assertThat(back.seenAt()).isEqualTo(at(40));
        assertThat(back.isUnconfirmedAt(at(35))).isTrue();
        assertThat(back.isUnconfirmedAt(at(40))).isFalse();
        assertThat(seenAgain(MINED, 40).join(seen(Map.of(SENT, 30, MINED, 25)))).isEqualTo(back);
    }

    @Test
    void countsNothingWhileItIsGoneHoweverItCameBack() {
        ChainTx back = seen(Map.of(GONE, 20, SENT, 30));

        assertThat(back.changeSatAt(at(15), false)).as("by its own time").isEqualTo(-500);
        assertThat(back.changeSatAt(at(25), false)).isZero();
        assertThat(back.changeSatAt(at(35), false)).isEqualTo(-500);
    }

    @Test
    void isGoneOnceMore() {
        ChainTx gone = seen(Map.of(GONE, 20)).join(seenAgain(SENT, 30)).join(seenAgain(GONE, 40));

        assertThat(gone.isThereAt(at(35))).isTrue();
        assertThat(gone.standing()).isEqualTo(Standing.GONE);
        assertThat(gone.seenAt()).isEqualTo(at(40));
    }

    @Test
    void standsSinceItsFirstMomentWhenItIsReadOnceMore() {
        ChainTx mined = seen(Map.of(SENT, 15)).join(seenAgain(MINED, 25));

        assertThat(mined.join(seen(Map.of(MINED, 50)))).isEqualTo(mined);
        assertThat(mined.seenAt()).isEqualTo(at(25));
        assertThat(mined.join(seenAgain(MINED, 60)).seenAt())
                .as("told of another label")
                .isEqualTo(at(25));
    }

    private static ChainTx labelled(String label) {
        return transaction(new TreeMap<>(), new TreeMap<>(), label);
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
