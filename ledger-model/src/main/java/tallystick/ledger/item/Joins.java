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
    private Joins() {}

    /// What no one can change any more; itself, if that is so already.
    static <K extends Comparable<K>, V> SortedMap<K, V> frozen(SortedMap<K, V> map) {
        return map.isEmpty() ? Collections.emptySortedMap() : FrozenMap.copyOf(map);
    }

    /// With one more, joined to what is there under its key.
    static <K extends Comparable<K>, V> SortedMap<K, V> with(
            SortedMap<K, V> map, K key, V more, BinaryOperator<V> both) {
        if (map.isEmpty()) {
            return FrozenMap.of(key, more);
        }
        V present = map.get(key);
        return FrozenMap.copyOf(map).with(key, present == null ? more : both.apply(present, more));
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
