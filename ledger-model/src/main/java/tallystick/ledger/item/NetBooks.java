package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// The books' half without what was taken back. A reversal that comes before its entry waits for it.
public final class NetBooks {
    /// The order in which entries were booked, whatever order they came in.
    public static final Comparator<BookEntry> BOOKED =
            comparing(BookEntry::bookedAt)
                    .thenComparing(BookEntry::source)
                    .thenComparing(BookEntry::entryId);

    private static final NetBooks NONE = new NetBooks(List.of(), List.of(), Map.of(), false);

    private final List<BookEntry> all;
    private final List<BookEntry> net;
    private final Map<BookEntry, BookEntry> reversals;
    private final boolean hasWaitingReversal;

    private NetBooks(
            List<BookEntry> all,
            List<BookEntry> net,
            Map<BookEntry, BookEntry> reversals,
            boolean hasWaitingReversal) {
        this.all = all;
        this.net = net;
        this.reversals = reversals;
        this.hasWaitingReversal = hasWaitingReversal;
    }

    public static NetBooks of(Map<EntryKey, StandingEntry> entries) {
        if (entries.isEmpty()) {
            return NONE;
        }
        List<BookEntry> all = new ArrayList<>(entries.size());
        boolean hasReversal = false;
        for (StandingEntry standing : entries.values()) {
            all.add(standing.entry());
            hasReversal |= standing.entry().kind() == EntryKind.REVERSAL;
        }
        if (all.size() > 1) {
            all.sort(BOOKED);
        }
        all = List.copyOf(all);
        if (!hasReversal) {
            return new NetBooks(all, all, Map.of(), false);
        }
        Map<BookEntry, BookEntry> reversals = new HashMap<>();
        Set<BookEntry> gone = new HashSet<>();
        boolean hasWaitingReversal = false;
        for (BookEntry entry : all) {
            if (entry.kind() == EntryKind.REVERSAL) {
                StandingEntry target =
                        entries.get(new EntryKey(entry.source(), entry.reverses().orElseThrow()));
                if (target == null || !isOf(entry, target.entry())) {
                    hasWaitingReversal = true;
                } else if (target.entry().kind() != EntryKind.REVERSAL
                        && !isTakenBack(entry, all, Set.of())
                        && gone.add(target.entry())) {
                    // Taken back once is gone: a second reversal of it has nothing left to take.
                    reversals.put(entry, target.entry());
                }
            }
        }
        List<BookEntry> net =
                all.stream()
                        .filter(entry -> entry.kind() != EntryKind.REVERSAL)
                        .filter(entry -> !gone.contains(entry))
                        .toList();
        return new NetBooks(all, net, reversals, hasWaitingReversal);
    }

    /// A reversal takes all of its entry or nothing: with another amount it waits, as if its entry had not come.
    private static boolean isOf(BookEntry reversal, BookEntry target) {
        return reversal.kind() == EntryKind.REVERSAL
                && reversal.source().equals(target.source())
                && reversal.reverses().equals(Optional.of(target.entryId()))
                && reversal.amount().equals(target.amount());
    }

    /// True when a reversal was itself reversed, by one that stands; then it takes nothing.
    ///
    /// @param asking reversals that are being looked at, so that a circle ends
    private static boolean isTakenBack(
            BookEntry reversal, List<BookEntry> all, Set<BookEntry> asking) {
        if (asking.contains(reversal)) {
            return false;
        }
        Set<BookEntry> deeper = new HashSet<>(asking);
        deeper.add(reversal);
        return all.stream()
                .filter(other -> isOf(other, reversal))
                .anyMatch(other -> !isTakenBack(other, all, deeper));
    }

    /// Every entry that stands, reversals and what they took back included, in the order of booking.
    public List<BookEntry> all() {
        return all;
    }

    /// What is left, in the order of booking.
    public List<BookEntry> net() {
        return net;
    }

    /// True when an entry of `all` is one of `net`.
    public boolean isLeft(BookEntry entry) {
        return entry.kind() != EntryKind.REVERSAL && !reversals.containsValue(entry);
    }

    /// The first of what is left: by it the whole is named.
    public Optional<BookEntry> leading() {
        return net.isEmpty() ? Optional.empty() : Optional.of(net.getFirst());
    }

    public List<BookEntry> net(EntryKind... kinds) {
        if (net.isEmpty() || (net.size() == 1 && isOneOf(net.getFirst().kind(), kinds))) {
            return net; // As most often.
        }
        List<BookEntry> result = new ArrayList<>(net.size());
        for (BookEntry entry : net) {
            if (isOneOf(entry.kind(), kinds)) {
                result.add(entry);
            }
        }
        return Collections.unmodifiableList(result);
    }

    /// The entry that the given reversal takes back.
    public Optional<BookEntry> reversedBy(BookEntry reversal) {
        return Optional.ofNullable(reversals.get(reversal));
    }

    /// True when a reversal has come whose entry has not.
    public boolean hasWaitingReversal() {
        return hasWaitingReversal;
    }

    /// The sum of what is left of the given kinds. Unit: msat.
    public long sumMsat(EntryKind... kinds) {
        long sum = 0;
        for (BookEntry entry : net) {
            if (isOneOf(entry.kind(), kinds)) {
                sum = Math.addExact(sum, entry.amount().value());
            }
        }
        return sum;
    }

    private static boolean isOneOf(EntryKind kind, EntryKind[] kinds) {
        for (EntryKind one : kinds) {
            if (one == kind) {
                return true;
            }
        }
        return false;
    }
}
