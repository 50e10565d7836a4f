package tallystick.ingest.publish;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.proto.v1.CoverageGap;

/// How far one of a node's sequences has been read, and what is missing below.
///
/// The cursor is low-water: everything at or below it is published, or was proven not to exist. A stream that leaves numbers
/// out opens a gap and holds the cursor below it; only a complete sweep closes gaps: what it does not list does not exist.
///
/// One thread.
final class IndexCursor {
    /// Gaps that are told apart; what lies between further ones counts as missing too, until the next sweep.
    private static final int GAPS_MAX = 256;

    private final CoverageGap.Kind kind;
    private final NavigableMap<Long, Long> gaps = new TreeMap<>();
    private final NavigableMap<Long, Long> announced = new TreeMap<>();
    private final Set<Long> found = new TreeSet<>();
    private long cursor;
    private long highest;
    private long highestListed;

    /// Up to here the sweep on its way will have proven everything.
    private long proven;

    /// Above the cursor and up to here, a list may have been too early and a stream may not have told yet.
    private long unsure = Long.MAX_VALUE;

    /// Whether all that is below was once read: before that, what a stream leaves out is no gap.
    private boolean isCaughtUp;

    IndexCursor(CoverageGap.Kind kind, long cursor, boolean isCaughtUp) {
        this.kind = kind;
        this.cursor = cursor;
        this.highest = cursor;
        this.isCaughtUp = isCaughtUp;
        if (isCaughtUp) {
            unsure = cursor;
        }
    }

    long cursor() {
        return cursor;
    }

    /// A stream told of this number. 0 is none.
    void streamed(long index) {
        if (index > highest + 1 && isCaughtUp && highest > 0) {
            open(highest + 1, index - 1);
        }
        fill(index);
        highest = Math.max(highest, index);
        if (index == cursor + 1) {
            cursor = index;
        }
        advance();
    }

    /// A list has this number.
    ///
    /// @param provesBelow whether it has all that are lower
    void listed(long index, boolean provesBelow) {
        // Not published yet, so that the gap stays until the sweep is at its end.
        if (isInGap(index)) {
            found.add(index);
        }
        highestListed = Math.max(highestListed, index);
        if (provesBelow) {
            proven = Math.max(proven, index);
        }
    }

    /// @return the gaps there are, which the sweep is going to close or prove empty
    List<CoverageGap> sweepBegan() {
        proven = highest;
        found.clear();
        announced.clear();
        announced.putAll(gaps);
        return announced.entrySet().stream()
                .map(gap -> gap(gap.getKey(), gap.getValue(), CoverageGap.State.STATE_UNPROVEN))
                .toList();
    }

    /// All lists have been read: up to what was known when they were asked for, nothing is missing any more.
    ///
    /// @param isProof whether everything was listed that could have a missing number; otherwise gaps stay
    /// @return what became of the gaps that were there at its beginning
    List<CoverageGap> sweepEnded(boolean isProof) {
        found.forEach(this::fill);
        found.clear();
        if (!isProof) {
            proven = gaps.isEmpty() ? proven : Math.min(proven, gaps.firstKey() - 1);
        }
        List<CoverageGap> results = new ArrayList<>();
        announced.forEach((from, to) -> results.addAll(resultOf(from, to)));
        announced.clear();
        isCaughtUp = true;
        while (!gaps.isEmpty() && gaps.firstKey() <= proven) {
            Map.Entry<Long, Long> gap = gaps.pollFirstEntry();
            if (gap.getValue() > proven) {
                gaps.put(proven + 1, gap.getValue());
            }
        }
        cursor = Math.max(cursor, proven);
        advance();
        highest = Math.max(highest, Math.max(proven, highestListed));
        unsure = highest;
        return results;
    }

    boolean hasGaps() {
        return !gaps.isEmpty();
    }

    /// Over what streams told of, up to the first gap.
    private void advance() {
        if (cursor >= unsure) {
            cursor = Math.max(cursor, gaps.isEmpty() ? highest : gaps.firstKey() - 1);
        }
    }

    private void open(long from, long to) {
        if (gaps.size() < GAPS_MAX) {
            gaps.put(from, to);
        } else {
            gaps.put(gaps.lastKey(), to);
        }
    }

    private boolean isInGap(long index) {
        Map.Entry<Long, Long> gap = gaps.floorEntry(index);
        return gap != null && gap.getValue() >= index;
    }

    private void fill(long index) {
        if (!isInGap(index)) {
            return;
        }
        Map.Entry<Long, Long> gap = gaps.floorEntry(index);
        boolean isSplit = gap.getKey() < index && index < gap.getValue();
        if (isSplit && gaps.size() >= GAPS_MAX) {
            return;
        }
        gaps.remove(gap.getKey());
        if (gap.getKey() < index) {
            gaps.put(gap.getKey(), index - 1);
        }
        if (index < gap.getValue()) {
            gaps.put(index + 1, gap.getValue());
        }
    }

    /// What is still missing of a gap is empty, the rest was closed.
    private List<CoverageGap> resultOf(long from, long to) {
        List<CoverageGap> results = new ArrayList<>();
        long next = from;
        for (Map.Entry<Long, Long> gap : gaps.subMap(from, true, to, true).entrySet()) {
            if (gap.getKey() > next) {
                results.add(gap(next, gap.getKey() - 1, CoverageGap.State.STATE_CLOSED));
            }
            long end = Math.min(gap.getValue(), to);
            results.add(
                    gap(
                            gap.getKey(),
                            end,
                            gap.getKey() <= proven
                                    ? CoverageGap.State.STATE_EMPTY
                                    : CoverageGap.State.STATE_UNPROVEN));
            next = end + 1;
        }
        if (next <= to) {
            results.add(gap(next, to, CoverageGap.State.STATE_CLOSED));
        }
        return results;
    }

    private CoverageGap gap(long from, long to, CoverageGap.State state) {
        return CoverageGap.newBuilder()
                .setKind(kind)
                .setFrom(from)
                .setTo(to)
                .setState(state)
                .build();
    }
}
