package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.minute;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.ledger.item.Gaps.Gap;
import tallystick.ledger.item.Gaps.Told;

class GapsTest {
    private static Gap gap(long from, long to, long minute) {
        return new Gap("ADD_INDEX", from, to, minute(minute));
    }

    private static Told missing(long minute, Gap... gaps) {
        return new Told(0, minute(minute), false, Instant.EPOCH, List.of(gaps), List.of());
    }

    private static Told proof(long minute, List<Gap> missing, List<Gap> explained) {
        return new Told(0, minute(minute), true, Instant.EPOCH, missing, explained);
    }

    @Test
    void stayOpenUntilEachNumberIsExplained() {
        Gaps gaps = Gaps.NONE.with(missing(10, gap(5, 9, 10)));
        assertThat(gaps.open()).containsExactly(gap(5, 9, 10));

        gaps = gaps.with(proof(11, List.of(gap(8, 9, 11)), List.of(gap(5, 7, 11))));
        assertThat(gaps.open()).as("since when it is missing stays").containsExactly(gap(8, 9, 10));

        gaps = gaps.with(missing(15, gap(8, 9, 15), gap(12, 12, 15)));
        assertThat(gaps.open()).containsExactly(gap(8, 9, 10), gap(12, 12, 15));

        gaps = gaps.with(proof(16, List.of(), List.of(gap(1, 20, 16))));
        assertThat(gaps.isEmpty()).isTrue();
    }

    @Test
    void whatIsToldAgainOpensNothing() {
        Told first = missing(10, gap(5, 9, 10));
        Told explained = proof(11, List.of(), List.of(gap(5, 9, 11)));
        Gaps gaps = Gaps.NONE.with(first).with(explained);

        assertThat(gaps.with(first)).isEqualTo(gaps);
        assertThat(gaps.with(explained)).isEqualTo(gaps);
    }

    @Test
    void aProofThatHadToWaitExplainsWhatWasMissingBeforeIt() {
        Gaps gaps =
                Gaps.NONE
                        .with(missing(10, gap(5, 9, 10)))
                        .with(missing(15, gap(12, 12, 15)))
                        .with(proof(11, List.of(), List.of(gap(5, 9, 11))));

        assertThat(gaps.open()).containsExactly(gap(12, 12, 15));
    }

    @Test
    void endWithARescanThatBeganLaterAndWithANewEpoch() {
        Gaps gaps = Gaps.NONE.with(missing(10, gap(5, 9, 10)));
        Told rescan = new Told(0, minute(30), true, minute(20), List.of(), List.of());
        Told sooner = new Told(0, minute(30), true, minute(5), List.of(), List.of());
        Told epoch = new Told(1, minute(30), false, Instant.EPOCH, List.of(), List.of());

        assertThat(gaps.with(sooner).isEmpty()).isFalse();
        assertThat(gaps.with(rescan).isEmpty()).isTrue();
        assertThat(gaps.with(epoch).isEmpty()).isTrue();
        assertThat(gaps.with(epoch).with(missing(31, gap(5, 9, 31))).isEmpty())
                .as("of an epoch that is over")
                .isTrue();
    }
}
