package tallystick.reconcile;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.db.write.RegisterRepository.Row;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;
import tallystick.proto.v1.Mismatch;

/// Decides one item again at each moment at which it was, or would have been, decided: when evidence came, when coverage
/// reached what it waited for, when something became due. One use.
final class ItemHistory {
    private final byte[] itemKey;
    private final int partition;
    private final KnownCoverage coverage;
    private final RuleSet rules;
    private final SortedMap<String, Row> register = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();

    ItemHistory(byte[] itemKey, int partition, KnownCoverage coverage, RuleSet rules) {
        this.itemKey = itemKey.clone();
        this.partition = partition;
        this.coverage = coverage;
        this.rules = rules;
    }

    /// A step in the life of a mismatch, as consumers read it.
    record Change(Instant at, Mismatch after) {}

    /// All changes up to a moment, in their order.
    ///
    /// @param evidence of the item, in the order in which it was applied
    List<Change> until(List<Applied> evidence, EvidenceReader reader, Instant now) {
        Optional<Item> item = Optional.empty();
        for (int i = 0; i < evidence.size(); i++) {
            Applied one = evidence.get(i);
            item = reader.with(item, one);
            boolean isLast = i + 1 == evidence.size();
            if (isLast || evidence.get(i + 1).sequence() != one.sequence()) {
                Optional<Instant> next =
                        isLast ? Optional.empty() : Optional.of(evidence.get(i + 1).at());
                item.ifPresent(known -> decideBetween(known, one.at(), next, now));
            }
        }
        return changes;
    }

    /// Decides at the moment, and then at each at which time or coverage has something to say, until the next evidence.
    private void decideBetween(Item item, Instant from, Optional<Instant> next, Instant now) {
        Optional<Instant> at = Optional.of(from);
        while (at.isPresent()) {
            Instant moment = at.get();
            Verdict verdict = decide(item, moment);
            Stream<Optional<Instant>> byHeight =
                    verdict.waitsForHeights().stream()
                            .map(height -> coverage.seenAfter(partition, moment, height));
            at =
                    Stream.concat(
                                    Stream.of(
                                            verdict.dueAt(),
                                            verdict.waitsForCoverage()
                                                    .flatMap(
                                                            wanted ->
                                                                    coverage.reachedAfter(
                                                                            partition, moment,
                                                                            wanted))),
                                    byHeight)
                            .flatMap(Optional::stream)
                            .filter(moment::isBefore)
                            .filter(one -> next.filter(end -> !one.isBefore(end)).isEmpty())
                            .filter(one -> !one.isAfter(now))
                            .min(Instant::compareTo);
        }
    }

    private Verdict decide(Item item, Instant at) {
        Judgement judgement = Judgement.of(item, coverage.at(partition, at), rules, at, _ -> false);
        report(judgement.outcome(), judgement.residueMsat(), at);
        return judgement.outcome().verdict();
    }

    private void report(Outcome outcome, long residueMsat, Instant at) {
        SortedMap<String, Row> gone = new TreeMap<>(register);
        for (Outcome.Judged judged : outcome.findings()) {
            Row row =
                    MismatchMessages.row(
                            judged, Digests.hex(itemKey), itemKey, residueMsat, rules, at);
            String id = Digests.hex(row.mismatchId());
            gone.remove(id);
            add(id, RegisterUpdate.counted(register.get(id), row), at);
        }
        gone.forEach(
                (id, row) ->
                        add(
                                id,
                                MismatchMessages.with(row, RegisterUpdate.CLOSED, row.episode()),
                                at));
    }

    private void add(String id, Row row, Instant at) {
        @Nullable Row before = register.put(id, row);
        Mismatch after = MismatchMessages.message(row);
        if (before == null
                || !Arrays.equals(
                        MismatchMessages.message(before).toByteArray(), after.toByteArray())) {
            changes.add(new Change(at, after));
        }
    }
}
