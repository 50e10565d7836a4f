package tallystick.simulator.node;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// What a node keeps under rising indexes: single things, and stretches of things that are made whenever they are looked
/// at. One thread; its iterators are over at the next change.
final class Shelf<T> {
    /// Things under consecutive indexes.
    interface Stretch<T> {
        long first();

        int size();

        /// Null when it is gone.
        @Nullable T at(int place);

        /// The same under other indexes.
        Stretch<T> startingAt(long index);
    }

    private record Single<T>(T value, long first, LongFunction<T> renumbered)
            implements Stretch<T> {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public T at(int place) {
            return value;
        }

        @Override
        public Stretch<T> startingAt(long index) {
            return new Single<>(renumbered.apply(index), index, renumbered);
        }
    }

    private final TreeMap<Long, Stretch<T>> stretches = new TreeMap<>();

    /// @param renumbered gives the thing its new index
    void put(long index, T value, LongFunction<T> renumbered) {
        stretches.put(index, new Single<>(value, index, renumbered));
    }

    void put(Stretch<T> stretch) {
        stretches.put(stretch.first(), stretch);
    }

    /// Only of single things.
    void remove(long index) {
        stretches.remove(index);
    }

    void clear() {
        stretches.clear();
    }

    Optional<T> get(long index) {
        Map.Entry<Long, Stretch<T>> stretch = stretches.floorEntry(index);
        return stretch == null || index - stretch.getKey() >= stretch.getValue().size()
                ? Optional.empty()
                : Optional.ofNullable(stretch.getValue().at((int) (index - stretch.getKey())));
    }

    NavigableMap<Long, Stretch<T>> stretches() {
        return stretches;
    }

    /// Gives everything indexes from 1 on, without gaps, in the order that it has. The number of the last.
    long renumber() {
        var all = List.copyOf(stretches.values());
        stretches.clear();
        long next = 1;
        for (Stretch<T> stretch : all) {
            Stretch<T> renumbered = stretch.startingAt(next);
            put(renumbered);
            next += renumbered.size();
        }
        return next - 1;
    }

    Iterator<T> all() {
        return after(Long.MIN_VALUE);
    }

    /// Ascending from the first index above this one.
    Iterator<T> after(long index) {
        return new Walk<>(stretches, index, false);
    }

    /// Descending from the first index below this one.
    Iterator<T> before(long index) {
        return new Walk<>(stretches, index, true);
    }

    private static final class Walk<T> implements Iterator<T> {
        private final Iterator<Stretch<T>> rest;
        private final boolean isDown;
        private @Nullable Stretch<T> stretch;
        private int place;
        private @Nullable T next;

        Walk(NavigableMap<Long, Stretch<T>> all, long index, boolean isDown) {
            this.isDown = isDown;
            if (isDown) {
                rest = all.headMap(index, false).descendingMap().values().iterator();
            } else {
                Long from = all.floorKey(index);
                rest = (from == null ? all : all.tailMap(from, true)).values().iterator();
            }
            if (rest.hasNext()) {
                Stretch<T> first = rest.next();
                stretch = first;
                if (isDown) {
                    place = (int) Math.min(first.size() - 1, index - 1 - first.first());
                } else {
                    place = index < first.first() ? 0 : clamp(index - first.first() + 1);
                }
            }
            seek();
        }

        private static int clamp(long place) {
            return (int) Math.min(Integer.MAX_VALUE, place);
        }

        private void seek() {
            next = null;
            while (next == null && stretch != null) {
                if (place >= 0 && place < stretch.size()) {
                    next = stretch.at(place);
                    place += isDown ? -1 : 1;
                } else if (rest.hasNext()) {
                    stretch = rest.next();
                    place = isDown ? stretch.size() - 1 : 0;
                } else {
                    stretch = null;
                }
            }
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public T next() {
            T result = next;
            if (result == null) {
                throw new NoSuchElementException();
            }
            seek();
            return result;
        }
    }
}
