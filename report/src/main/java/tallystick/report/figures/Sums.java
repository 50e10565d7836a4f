package tallystick.report.figures;

import java.math.BigInteger;
import java.util.Collection;
import java.util.function.ToLongFunction;

/// Adds amounts exactly. Each of them fits a long; what books claim may add up to more.
final class Sums {
    private Sums() {}

    static <T> BigInteger of(Collection<T> values, ToLongFunction<T> amount) {
        return values.stream()
                .map(value -> BigInteger.valueOf(amount.applyAsLong(value)))
                .reduce(BigInteger.ZERO, BigInteger::add);
    }
}
