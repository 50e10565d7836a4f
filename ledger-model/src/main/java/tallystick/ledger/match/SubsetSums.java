package tallystick.ledger.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Looks for the members of a list that sum to an amount, small sets first. One search, one thread.
final class SubsetSums {
    private final long[] values;
    private final MatchRules rules;

    /// The last member first.
    private final int[] chosen;

    private final List<int[]> found = new ArrayList<>();
    private int steps;
    private boolean isSpent;
    private int size;

    private SubsetSums(long[] values, MatchRules rules) {
        this.values = values;
        this.rules = rules;
        this.chosen = new int[rules.membersMax()];
    }

    /// What was found.
    ///
    /// @param sets indexes into the values
    /// @param isSpent true when there may be more
    record Result(List<int[]> sets, boolean isSpent) {}

    /// All sets of at most `membersMax` members with the given sum, as far as the budget goes.
    ///
    /// @param values more than 0, the largest first
    static Result search(long[] values, long sum, MatchRules rules) {
        SubsetSums search = new SubsetSums(values, rules);
        int most = Math.min(rules.membersMax(), values.length);
        for (int size = 1; size <= most && !search.isSpent; size++) {
            search.size = size;
            search.extend(size, 0, sum);
        }
        return new Result(List.copyOf(search.found), search.isSpent);
    }

    /// @param missing how many members are still to be chosen
    /// @param from members before it are chosen or left out
    private void extend(int missing, int from, long rest) {
        if (missing == 1) {
            addLast(from, rest);
            return;
        }
        for (int i = from; i <= values.length - missing && !isSpent; i++) {
            if (values[i] < rest / missing) {
                return; // Even as many as are missing, all of this size, do not reach it.
            }
            countStep();
            if (values[i] < rest) {
                chosen[missing - 1] = i;
                extend(missing - 1, i + 1, rest - values[i]);
            }
        }
    }

    private void addLast(int from, long rest) {
        countStep();
        for (int i = first(from, rest); i < values.length && values[i] == rest && !isSpent; i++) {
            chosen[0] = i;
            keep();
        }
    }

    /// The first place from the given one on whose value is not larger.
    private int first(int from, long value) {
        int low = from;
        int high = values.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (values[middle] > value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void countStep() {
        if (++steps > rules.stepsMax()) {
            isSpent = true;
        }
    }

    private void keep() {
        if (found.size() == rules.alternativesMax()) {
            isSpent = true;
            return;
        }
        found.add(Arrays.copyOf(chosen, size));
    }
}
