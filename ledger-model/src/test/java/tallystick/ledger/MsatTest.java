package tallystick.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MsatTest {
    private static final long SUPPLY = 2_100_000_000_000_000_000L;

    @Test
    void holdsUpToAllBitcoin() {
        assertThat(Msat.of(SUPPLY).value()).isEqualTo(SUPPLY);
        assertThat(Msat.ofSat(SUPPLY / 1_000)).isEqualTo(Msat.of(SUPPLY));
        assertThatThrownBy(() -> Msat.of(SUPPLY + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(expected: 0 to " + SUPPLY + ")");
        assertThatThrownBy(() -> Msat.of(SUPPLY).plus(Msat.of(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void isNeverNegative() {
        assertThatThrownBy(() -> Msat.of(-1)).hasMessageStartingWith("msat: -1");
    }

    @Test
    void overflowIsSeen() {
        assertThatThrownBy(() -> Msat.ofSat(Long.MAX_VALUE))
                .isInstanceOf(ArithmeticException.class);
    }

    @Test
    void distanceHasNoDirection() {
        assertThat(Msat.of(3).distanceTo(Msat.of(10))).isEqualTo(Msat.of(7));
        assertThat(Msat.of(10).distanceTo(Msat.of(3))).isEqualTo(Msat.of(7));
    }

    @Test
    void knowsWholeSatoshis() {
        assertThat(Msat.of(2_000).isWholeSat()).isTrue();
        assertThat(Msat.of(2_001).isWholeSat()).isFalse();
        assertThat(Msat.ZERO.isZero()).isTrue();
        assertThat(Msat.of(1)).isLessThan(Msat.of(2));
    }
}
