package tallystick.reconcile.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Makes a failing history shorter: leaves out its end, then ever smaller parts, as long as it still fails and time is left
/// (`-DshrinkSeconds=N`).
public final class Shrinking {
    private static final int LIMIT_SECONDS = 60;

    private Shrinking() {}

    /// The shortest that was found in time; the history itself when it does not fail this way.
    public static List<Event> of(List<Event> history, Predicate<List<Event>> fails) {
        Duration limit = Duration.ofSeconds(Integer.getInteger("shrinkSeconds", LIMIT_SECONDS));
        long end = System.nanoTime() + limit.toNanos();
        if (limit.isZero() || !fails.test(history)) {
            return history;
        }
        List<Event> shortest = withoutEnd(history, fails, end);
        List<Integer> things =
                shortest.stream().flatMap(event -> thing(event).stream()).distinct().toList();
        for (int size = things.size() / 2; size > 0; size /= 2) {
            for (int from = 0; from < things.size() && System.nanoTime() < end; from += size) {
                List<Integer> without = things.subList(from, Math.min(things.size(), from + size));
                List<Event> shorter =
                        shortest.stream()
                                .filter(event -> thing(event).stream().noneMatch(without::contains))
                                .toList();
                if (shorter.size() < shortest.size() && fails.test(shorter)) {
                    shortest = shorter;
                }
            }
        }
        for (int size = shortest.size() / 2; size > 0; size /= 2) {
            for (int from = 0; from < shortest.size() && System.nanoTime() < end; ) {
                List<Event> shorter = new ArrayList<>(shortest);
                shorter.subList(from, Math.min(shorter.size(), from + size)).clear();
                if (fails.test(shorter)) {
                    shortest = shorter;
                } else {
                    from += size;
                }
            }
        }
        return shortest;
    }

    private static List<Event> withoutEnd(
            List<Event> history, Predicate<List<Event>> fails, long end) {
        int passing = 0;
        int failing = history.size();
        while (failing - passing > 1 && System.nanoTime() < end) {
            int middle = (passing + failing) / 2;
            if (fails.test(history.subList(0, middle))) {
                failing = middle;
            } else {
                passing = middle;
            }
        }
        return history.subList(0, failing);
    }

    private static java.util.Optional<Integer> thing(Event event) {
        return event instanceof Event.Said said
                ? java.util.Optional.of(said.thing())
                : java.util.Optional.empty();
    }
}
