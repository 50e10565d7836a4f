package tallystick.ledger.item;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import tallystick.ledger.Msat;

/// Joins of small parts: commutative, associative, idempotent.
final class Joins {
    /// Whoever holds a map of this kind has it from `frozen`: nobody else makes any from a map that is kept.
    private static final Class<?> FROZEN =
            Collections.unmodifiableSortedMap(new TreeMap<String, String>()).getClass();

    private Joins() {}

    /// What no one can change any more; itself, if that is so already.
    static <K extends Comparable<K>, V> SortedMap<K, V> frozen(SortedMap<K, V> map) {
        if (map.isEmpty()) {
            return Collections.emptySortedMap();
        }
        return FROZEN.isInstance(map) ? map : Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }

    static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
        return either(a, b, (x, y) -> x.isBefore(y) ? x : y);
    }

    static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    static Optional<Instant> later(Optional<Instant> a, Optional<Instant> b) {
        return either(a, b, (x, y) -> x.isAfter(y) ? x : y);
    }

    /// Of what was said of something that has settled; of what has not, the other's.
    static Msat leastSettled(HtlcState a, Msat ofA, HtlcState b, Msat ofB) {
        if (a != HtlcState.SETTLED || b != HtlcState.SETTLED) {
            return a == HtlcState.SETTLED ? ofA : ofB;
        }
        return ofA.compareTo(ofB) <= 0 ? ofA : ofB;
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
