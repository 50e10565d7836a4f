package tallystick.report.figures;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.NodeReading;

/// How far the nodes are proven to have been read. What is missing can be claimed only where they have been.
public record Coverage(List<Line> lines) {
    /// A stream may be silent for so long before it counts as stalled; a node read up to then is read.
    private static final Duration LAG = Duration.ofMinutes(10);

    public Coverage {
        lines = List.copyOf(lines);
    }

    public record Line(NodeReading node, boolean isCovered) {
        /// For example `2026-11-23 00:10:00Z`, or `not known`.
        public String until() {
            return node.coveredUntil().map(Times::stamp).orElse("not known");
        }
    }

    public static Coverage of(LedgerReading reading) {
        return new Coverage(
                reading.nodes().stream()
                        .map(node -> new Line(node, isCovered(node.coveredUntil(), reading.asOf())))
                        .toList());
    }

    /// True when there are nodes and all of them are read.
    public boolean isComplete() {
        return !lines.isEmpty() && lines.stream().allMatch(Line::isCovered);
    }

    /// Says what is not read, for example `bob is read to 2026-11-22 21:40:00Z only`; empty when complete.
    public Optional<String> gap() {
        if (lines.isEmpty()) {
            return Optional.of("no node has been read");
        }
        return lines.stream().filter(line -> !line.isCovered()).findFirst().map(Coverage::gap);
    }

    private static String gap(Line line) {
        String node = NodeNames.name(line.node().pubkey(), line.node().alias());
        return line.node()
                .coveredUntil()
                .map(until -> node + " is read to " + Times.stamp(until) + " only")
                .orElse(node + " is not proven to have been read");
    }

    private static boolean isCovered(Optional<Instant> until, Instant asOf) {
        return until.isPresent() && !until.get().isBefore(asOf.minus(LAG));
    }
}
