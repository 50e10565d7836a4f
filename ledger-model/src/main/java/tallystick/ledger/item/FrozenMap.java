package tallystick.ledger.item;

import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// A sorted map in the natural order of its keys that never changes. Parts of items have one or two entries as a rule, and there
/// are millions of them: here they lie in one array, and to go through them makes next to nothing. Immutable.
final class FrozenMap<K extends Comparable<K>, V> extends AbstractMap<K, V>
        implements SortedMap<K, V> {
    /// Keys in their order, each followed by its value.
    private final Object[] table;

    private FrozenMap(Object[] table) {
        this.table = table;
    }

    /// @param map in the natural order of its keys
    static <K extends Comparable<K>, V> FrozenMap<K, V> copyOf(SortedMap<K, V> map) {
        if (map instanceof FrozenMap<K, V> frozen) {
            return frozen;
        }
        Object[] table = new Object[2 * map.size()];
        int place = 0;
        for (Map.Entry<K, V> entry : map.entrySet()) {
            table[place++] = entry.getKey();
            table[place++] = entry.getValue();
        }
        return new FrozenMap<>(table);
    }

    static <K extends Comparable<K>, V> FrozenMap<K, V> of(K key, V value) {
        return new FrozenMap<>(new Object[] {key, value});
    }

    /// With another value of a key, or with a key more.
    FrozenMap<K, V> with(K key, V value) {
        int place = 0;
        while (place < table.length && key(place).compareTo(key) < 0) {
            place += 2;
        }
        if (place < table.length && key(place).compareTo(key) == 0) {
            Object[] changed = table.clone();
            changed[place + 1] = value;
            return new FrozenMap<>(changed);
        }
        Object[] more = Arrays.copyOf(table, table.length + 2);
        System.arraycopy(table, place, more, place + 2, table.length - place);
        more[place] = key;
        more[place + 1] = value;
        return new FrozenMap<>(more);
    }

    @SuppressWarnings("unchecked") // Nothing else is put there.
    private K key(int place) {
        return (K) table[place];
    }

    @SuppressWarnings("unchecked") // Nothing else is put there.
    private V value(int place) {
        return (V) table[place + 1];
    }

    @Override
    public @Nullable V get(@Nullable Object key) {
        for (int place = 0; place < table.length; place += 2) {
            if (table[place].equals(key)) {
                return value(place);
            }
        }
        return null;
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return get(key) != null;
    }

    @Override
    public int size() {
        return table.length / 2;
    }

    @Override
    public boolean isEmpty() {
        return table.length == 0;
    }

    @Override
    public void forEach(BiConsumer<? super K, ? super V> action) {
        for (int place = 0; place < table.length; place += 2) {
            action.accept(key(place), value(place));
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof FrozenMap<?, ?> frozen
                        ? Arrays.equals(table, frozen.table)
                        : super.equals(other));
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }

    @Override
    public Set<K> keySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<K> iterator() {
                return iterate(FrozenMap.this::key);
            }

            @Override
            public int size() {
                return FrozenMap.this.size();
            }

            @Override
            public boolean contains(@Nullable Object key) {
                return containsKey(key);
            }
        };
    }

    @Override
    public Collection<V> values() {
        return new AbstractCollection<>() {
            @Override
            public Iterator<V> iterator() {
                return iterate(FrozenMap.this::value);
            }

            @Override
            public int size() {
                return FrozenMap.this.size();
            }
        };
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<K, V>> iterator() {
                return iterate(place -> Map.entry(key(place), value(place)));
            }

            @Override
            public int size() {
                return FrozenMap.this.size();
            }
        };
    }

    private <T> Iterator<T> iterate(IntFunction<T> read) {
        int end = table.length;
        return new Iterator<>() {
            private int place;

            @Override
            public boolean hasNext() {
                return place < end;
            }

            @Override
            public T next() {
                if (place >= end) {
                    throw new NoSuchElementException();
                }
                place += 2;
                return read.apply(place - 2);
            }
        };
    }

    @Override
    public @Nullable Comparator<? super K> comparator() {
        return null; // The natural order.
    }

    @Override
    public K firstKey() {
        requireAny();
        return key(0);
    }

    @Override
    public K lastKey() {
        requireAny();
        return key(table.length - 2);
    }

    private void requireAny() {
        if (isEmpty()) {
            throw new NoSuchElementException();
        }
    }

    @Override
    public SortedMap<K, V> subMap(K from, K to) {
        return tree().subMap(from, to);
    }

    @Override
    public SortedMap<K, V> headMap(K to) {
        return tree().headMap(to);
    }

    @Override
    public SortedMap<K, V> tailMap(K from) {
        return tree().tailMap(from);
    }

    private SortedMap<K, V> tree() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(this));
    }
}
