package tallystick.report.figures;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.mismatch.Verdict;

/// Says when that which waits will be due: nothing waits without an end.
public final class Waiting {
    private Waiting() {}

    /// For example `The last waiting reference is due 2026-11-23 00:15:00Z.`; empty when nothing waits.
    public static Optional<String> inWords(LedgerReading reading) {
        List<Pair> waiting =
                reading.pairs().stream()
                        .filter(pair -> pair.state() == Verdict.State.WAITING)
                        .toList();
        if (waiting.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> last =
                waiting.stream()
                        .flatMap(pair -> pair.waitsUntil().stream())
                        .max(Instant::compareTo)
                        .map(due -> "The last waiting reference is due " + Times.stamp(due) + ".");
        long timeless = waiting.stream().filter(pair -> pair.waitsUntil().isEmpty()).count();
        Optional<String> others =
                timeless == 0
                        ? Optional.empty()
                        : Optional.of(
                                "%s until the nodes are read further."
                                        .formatted(
                                                timeless == 1
                                                        ? "1 reference waits"
                                                        : Amounts.count(timeless)
                                                                + " references wait"));
        return Optional.of(
                String.join(
                        " ", List.of(last, others).stream().flatMap(Optional::stream).toList()));
    }
}
