package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tallystick.db.write.CoverageRepository;
import tallystick.db.write.HeightRepository;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Heights.Height;

/// What was proven to have been read at each moment of the past, per partition number.
final class KnownCoverage {
    private static final Coverage NONE = new Coverage(Collections.emptySortedMap());

    private final Map<Integer, List<Step>> steps = new HashMap<>();

    /// By partition number, in the order in which they became known.
    private final Map<Integer, List<HeightRepository.Known>> heights = new HashMap<>();

    private KnownCoverage() {}

    /// From the given moment on this was proven.
    private record Step(Instant at, Coverage coverage) {}

    static KnownCoverage load(Connection connection) throws SQLException {
        KnownCoverage known = new KnownCoverage();
        Map<Integer, Map<String, CoverageRepository.Row>> present = new HashMap<>();
        List<CoverageRepository.Known> all = new CoverageRepository().loadKnown(connection);
        for (int i = 0; i < all.size(); i++) {
            CoverageRepository.Known one = all.get(i);
            int partition = one.row().partition();
            Map<String, CoverageRepository.Row> rows =
                    present.computeIfAbsent(partition, _ -> new TreeMap<>());
            rows.merge(one.row().node() + "/" + one.row().stream(), one.row(), CoverageBook::join);
            boolean isLastOfItsBatch =
                    i + 1 == all.size()
                            || all.get(i + 1).sequence() != one.sequence()
                            || all.get(i + 1).row().partition() != partition;
            if (isLastOfItsBatch) {
                known.steps
                        .computeIfAbsent(partition, _ -> new ArrayList<>())
                        .add(new Step(one.at(), CoverageBook.coverage(List.copyOf(rows.values()))));
            }
        }
        new HeightRepository()
                .loadKnown(connection)
                .forEach(
                        one ->
                                known.heights
                                        .computeIfAbsent(
                                                one.seen().height().partition(),
                                                _ -> new ArrayList<>())
                                        .add(one));
        return known;
    }

    /// What was proven at a moment.
    Coverage at(int partition, Instant moment) {
        Coverage found = NONE;
        for (Step step : of(partition)) {
            if (step.at().isAfter(moment)) {
                break;
            }
            found = step.coverage();
        }
        return found.with(
                (node, height) ->
                        reaching(partition, new Height(node, height))
                                .filter(one -> !one.knownAt().isAfter(moment))
                                .map(one -> one.seen().at())
                                .min(Instant::compareTo));
    }

    /// When, after a moment, it became known that the height was seen, or seen sooner.
    Optional<Instant> seenAfter(int partition, Instant moment, Height height) {
        return reaching(partition, height)
                .map(HeightRepository.Known::knownAt)
                .filter(moment::isBefore)
                .min(Instant::compareTo);
    }

    private Stream<HeightRepository.Known> reaching(int partition, Height height) {
        var wanted =
                new HeightRepository.Height(partition, height.node().pubkey(), height.height());
        return heights.getOrDefault(partition, List.of()).stream()
                .filter(one -> wanted.isReachedBy(one.seen().height()));
    }

    /// When, after a moment, the whole fleet was first proven to have been read to the given one.
    Optional<Instant> reachedAfter(int partition, Instant moment, Instant wanted) {
        return of(partition).stream()
                .filter(step -> step.at().isAfter(moment))
                .filter(
                        step ->
                                step.coverage()
                                        .fleetUntil()
                                        .filter(until -> !until.isBefore(wanted))
                                        .isPresent())
                .map(Step::at)
                .findFirst();
    }

    private List<Step> of(int partition) {
        return steps.getOrDefault(partition, List.of());
    }
}
