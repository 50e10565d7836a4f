package tallystick.ledger.item;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BinaryOperator;

/// Joins of small parts: commutative, associative, idempotent.
final class Joins {
    private Joins() {}

    static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
        return either(a, b, (x, y) -> x.isBefore(y) ? x : y);
    }

    static Optional<Instant> later(Optional<Instant> a, Optional<Instant> b) {
        return either(a, b, (x, y) -> x.isAfter(y) ? x : y);
    }

    static <T> Optional<T> either(Optional<T> a, Optional<T> b, BinaryOperator<T> both) {
        if (a.isEmpty()) {
            return b;
        }
        return b.isEmpty() ? a : Optional.of(both.apply(a.get(), b.get()));
    }

    static <K extends Comparable<K>, V> SortedMap<K, V> union(
            Map<K, V> a, Map<K, V> b, BinaryOperator<V> both) {
        SortedMap<K, V> result = new TreeMap<>(a);
        b.forEach((key, value) -> result.merge(key, value, both));
        return result;
    }
}
