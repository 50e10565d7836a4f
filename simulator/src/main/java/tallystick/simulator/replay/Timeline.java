package tallystick.simulator.replay;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The lines of all nodes in one order: by time, and lines of one moment by alias and number, so that every replay has
/// the same. Immutable.
final class Timeline {
    record Step(NodeRecording node, Line line) {}

    private final List<Step> steps;
    private final Map<String, int[]> stepsByLine = new HashMap<>();

    Timeline(List<NodeRecording> nodes) {
        var all = new ArrayList<Step>();
        for (NodeRecording node : nodes) {
            node.lines().forEach(line -> all.add(new Step(node, line)));
            stepsByLine.put(node.alias(), new int[node.lines().size() + 1]);
        }
        all.sort(
                Comparator.comparingLong((Step step) -> step.line().at())
                        .thenComparing(step -> step.node().alias())
                        .thenComparingInt(step -> step.line().number()));
        for (int i = 0; i < all.size(); i++) {
            numbers(all.get(i).node().alias())[all.get(i).line().number()] = i;
        }
        steps = List.copyOf(all);
    }

    int size() {
        return steps.size();
    }

    Step get(int step) {
        return steps.get(step);
    }

    /// The step of a node's line.
    int step(String alias, int line) {
        return numbers(alias)[line];
    }

    private int[] numbers(String alias) {
        int[] numbers = stepsByLine.get(alias);
        if (numbers == null) {
            throw new IllegalArgumentException("alias: " + alias);
        }
        return numbers;
    }
}
