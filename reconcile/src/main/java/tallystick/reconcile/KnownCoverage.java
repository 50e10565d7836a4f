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
import tallystick.db.write.CoverageRepository;
import tallystick.ledger.mismatch.Coverage;

/// What was proven to have been read at each moment of the past, per partition number.
final class KnownCoverage {
    private static final Coverage NONE = new Coverage(Collections.emptySortedMap());

    private final Map<Integer, List<Step>> steps = new HashMap<>();

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
        return known;
    }

    /// What was proven at a moment.
    Coverage at(int partition, Instant moment) {
        Coverage found = NONE;
        for (Step step : of(partition)) {
            if (step.at().isAfter(moment)) {
                return found;
            }
            found = step.coverage();
        }
        return found;
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
