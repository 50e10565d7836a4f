package tallystick.ingest.known;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tallystick.ingest.record.Digest;

/// Of each page of each list: how many facts of it are published, and the sum of their digests.
final class PageSums {
    /// Nothing is known of a page, or nothing is left of it.
    static final Sum NONE = new Sum(Digest.ZERO, 0);

    private final Map<Page, Sum> sums = new HashMap<>();
    private final Set<Page> changed = new HashSet<>();

    record Page(NodeList list, long number) {}

    record Sum(Digest digest, int facts) {
        static Sum of(Collection<Digest> contents) {
            Sum sum = NONE;
            for (Digest content : contents) {
                sum = sum.plus(content);
            }
            return sum;
        }

        Sum plus(Digest content) {
            return new Sum(digest.plus(content), facts + 1);
        }

        Sum plus(Sum other) {
            return new Sum(digest.plus(other.digest), facts + other.facts);
        }

        Sum minus(Digest content) {
            return new Sum(digest.minus(content), facts - 1);
        }
    }

    Sum of(Page page) {
        return sums.getOrDefault(page, NONE);
    }

    /// As it was stored: no change.
    void restore(Page page, Sum sum) {
        if (sum.equals(NONE)) {
            sums.remove(page);
        } else {
            sums.put(page, sum);
        }
    }

    void set(Page page, Sum sum) {
        Sum before = sum.equals(NONE) ? sums.remove(page) : sums.put(page, sum);
        if (!sum.equals(before == null ? NONE : before)) {
            changed.add(page);
        }
    }

    void add(NodeList list, long number, Digest content) {
        if (number != NodeList.NO_PAGE) {
            Page page = new Page(list, number);
            set(page, of(page).plus(content));
        }
    }

    void subtract(NodeList list, long number, Digest content) {
        if (number != NodeList.NO_PAGE) {
            Page page = new Page(list, number);
            set(page, of(page).minus(content));
        }
    }

    /// Pages of the list from the given number on.
    List<Page> from(NodeList list, long number) {
        return sums.keySet().stream()
                .filter(page -> page.list() == list && page.number() >= number)
                .toList();
    }

    /// Indexes mean something else from now on.
    void forgetAll() {
        changed.addAll(sums.keySet());
        sums.clear();
    }

    /// What was changed since the last call.
    Set<Page> takeChanged() {
        Set<Page> taken = Set.copyOf(changed);
        changed.clear();
        return taken;
    }
}
