package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SatsTest {
    @Test
    void anAmountHasItsSatoshisGroupedAndThreeDigitsOfMsat() {
        assertThat(Sats.text(72_672_905)).isEqualTo("72,672.905 sat");
        assertThat(Sats.text(0)).isEqualTo("0.000 sat");
        assertThat(Sats.text(999)).isEqualTo("0.999 sat");
        assertThat(Sats.text(-1_000)).isEqualTo("-1.000 sat");
        assertThat(Sats.text(-123_456_007_080L)).isEqualTo("-123,456,007.080 sat");
    }

    @Test
    void anyAmountReadsAsTheFormatterWritesIt() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            long msat =
                    random.nextLong(-2_100_000_000_000_000_000L, 2_100_000_000_000_000_000L)
                            >> random.nextInt(60);

            assertThat(Sats.text(msat))
                    .isEqualTo(
                            String.format(
                                    Locale.ROOT,
                                    "%,d.%03d sat",
                                    msat / 1_000,
                                    Math.abs(msat % 1_000)));
        }
    }
}
