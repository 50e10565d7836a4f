package tallystick.report.figures;

import java.util.Collection;
import java.util.function.ToLongFunction;

/// Adds amounts exactly: a sum that does not fit is an error, never a wrong figure.
final class Sums {
    private Sums() {}

    static <T> long of(Collection<T> values, ToLongFunction<T> amount) {
        return values.stream().mapToLong(amount).reduce(0, Math::addExact);
    }
}
