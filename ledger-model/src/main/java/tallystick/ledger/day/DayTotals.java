package tallystick.ledger.day;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/// Counts and amounts by slot, node and subject. What comes to nothing is not kept. One thread.
public final class DayTotals {
    private final Map<Line, Sum> sums = new HashMap<>();

    /// What is counted.
    ///
    /// @param slot number of the quarter hour since 1970 in which it happened, UTC: each zone's day begins with one
    /// @param node key of the node; empty for none
    /// @param name what it is, within its subject
    /// @param place where: an account, a part of a node's accounts, a block height; may be empty
    public record Line(int slot, String node, Subject subject, String name, String place) {}

    /// A count with its amount. Amounts that cannot all be true are told too, and their sum may be any number.
    public record Sum(long count, BigInteger msat) {
        public Sum(long count, long msat) {
            this(count, BigInteger.valueOf(msat));
        }

        Sum plus(long moreCount, long moreMsat) {
            return new Sum(Math.addExact(count, moreCount), msat.add(BigInteger.valueOf(moreMsat)));
        }

        boolean isNothing() {
            return count == 0 && msat.signum() == 0;
        }
    }

    public void add(Line line, long count, long msat) {
        Sum sum = sums.getOrDefault(line, new Sum(0, 0)).plus(count, msat);
        if (sum.isNothing()) {
            sums.remove(line);
        } else {
            sums.put(line, sum);
        }
    }

    /// What is not zero, in no order.
    public Map<Line, Sum> sums() {
        return Map.copyOf(sums);
    }

    public boolean isEmpty() {
        return sums.isEmpty();
    }
}
