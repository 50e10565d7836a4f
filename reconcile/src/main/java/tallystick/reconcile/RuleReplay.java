package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.write.HistoryRepository;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchState;

/// Decides what is stored again under other rules, at the moments at which it was decided, and compares. Reads only.
///
/// Every item under a payment hash is decided for itself; what groups of items decide (an order paid twice, a day's rounding, a
/// day's forwards) is left out.
public final class RuleReplay {
    /// Items whose evidence is held at once.
    private static final int ITEMS_MAX = 1_000;

    private final Transactions transactions;
    private final EvidenceReader reader;
    private final HistoryRepository repository = new HistoryRepository();

    public RuleReplay(DataSource dataSource, TopicSettings topics) {
        this.transactions = new Transactions(dataSource);
        this.reader = new EvidenceReader(Reconciler.reconciled(topics));
    }

    /// How the lives of a mismatch differ.
    public enum Effect {
        /// Only the other rules open it.
        OPENS,
        /// Only the present rules open it.
        VANISHES,
        /// Both open it, but not alike.
        CHANGES
    }

    /// One mismatch that would have been decided otherwise.
    ///
    /// @param amountMsat under the other rules, or what would vanish
    public record Difference(
            Effect effect,
            String code,
            String node,
            String reference,
            long amountMsat,
            String severityBefore,
            String severityAfter) {}

    /// What would have been decided otherwise, by code, reference and node.
    ///
    /// @param items how many were decided again
    public record Result(long items, List<Difference> differences) {
        public Result {
            differences = List.copyOf(differences);
        }
    }

    /// Compares two rule sets over all that became known since a moment, and over what is open.
    public Result diff(RuleSet present, RuleSet other, Instant since, Instant now) {
        return transactions.read(connection -> diff(connection, present, other, since, now));
    }

    /// The changes of the register as the given rules decide them, by mismatch id.
    SortedMap<String, List<Mismatch>> history(RuleSet rules, Instant now) {
        return transactions.read(
                connection -> {
                    SortedMap<String, List<Mismatch>> result = new TreeMap<>();
                    KnownCoverage coverage = KnownCoverage.load(connection);
                    walk(
                            connection,
                            Instant.EPOCH,
                            (place, evidence) ->
                                    new ItemHistory(
                                                    place.itemKey(),
                                                    place.partition(),
                                                    coverage,
                                                    rules)
                                            .until(evidence, reader, now)
                                            .forEach(
                                                    change ->
                                                            result.computeIfAbsent(
                                                                            change.after()
                                                                                    .getMismatchId(),
                                                                            _ -> new ArrayList<>())
                                                                    .add(change.after())));
                    return result;
                });
    }

    /// Takes one item with its evidence.
    private interface Visitor {
        void visit(HistoryRepository.Place place, List<Applied> evidence);
    }

    private long walk(Connection connection, Instant since, Visitor visitor) throws SQLException {
        List<HistoryRepository.Place> all = repository.items(connection, since);
        for (int from = 0; from < all.size(); from += ITEMS_MAX) {
            List<HistoryRepository.Place> places =
                    all.subList(from, Math.min(all.size(), from + ITEMS_MAX));
            Map<String, List<Applied>> evidence = new HashMap<>();
            repository
                    .evidence(
                            connection,
                            places.stream().map(HistoryRepository.Place::itemKey).toList())
                    .forEach(
                            one ->
                                    evidence.computeIfAbsent(
                                                    Digests.hex(one.itemKey()),
                                                    _ -> new ArrayList<>())
                                            .add(one));
            for (HistoryRepository.Place place : places) {
                visitor.visit(
                        place, evidence.getOrDefault(Digests.hex(place.itemKey()), List.of()));
            }
        }
        return all.size();
    }

    private Result diff(
            Connection connection, RuleSet present, RuleSet other, Instant since, Instant now)
            throws SQLException {
        KnownCoverage coverage = KnownCoverage.load(connection);
        List<Difference> differences = new ArrayList<>();
        RuleSet asOpened = other.openedAt(present.opening().at());
        long items =
                walk(
                        connection,
                        since,
                        (place, evidence) -> {
                            Map<String, List<Mismatch>> before =
                                    lives(place, evidence, coverage, present, since, now);
                            Map<String, List<Mismatch>> after =
                                    lives(place, evidence, coverage, asOpened, since, now);
                            TreeSet<String> ids = new TreeSet<>(before.keySet());
                            ids.addAll(after.keySet());
                            ids.forEach(
                                    id ->
                                            difference(
                                                            before.getOrDefault(id, List.of()),
                                                            after.getOrDefault(id, List.of()))
                                                    .ifPresent(differences::add));
                        });
        return new Result(
                items,
                differences.stream()
                        .sorted(
                                java.util.Comparator.comparing(Difference::code)
                                        .thenComparing(Difference::reference)
                                        .thenComparing(Difference::node))
                        .toList());
    }

    /// By mismatch id: how each stood at the beginning, and what became of it. Versions and episodes tell nothing here.
    private Map<String, List<Mismatch>> lives(
            HistoryRepository.Place place,
            List<Applied> evidence,
            KnownCoverage coverage,
            RuleSet rules,
            Instant since,
            Instant now) {
        Map<String, List<ItemHistory.Change>> changes =
                new ItemHistory(place.itemKey(), place.partition(), coverage, rules)
                        .until(evidence, reader, now).stream()
                                .collect(
                                        Collectors.groupingBy(
                                                change -> change.after().getMismatchId(),
                                                LinkedHashMap::new,
                                                Collectors.toList()));
        Map<String, List<Mismatch>> result = new LinkedHashMap<>();
        changes.forEach(
                (id, all) -> {
                    List<Mismatch> life = new ArrayList<>();
                    for (int i = 0; i < all.size(); i++) {
                        boolean stoodThen =
                                i + 1 == all.size() || all.get(i + 1).at().isAfter(since);
                        if (stoodThen) {
                            life.add(
                                    all.get(i).after().toBuilder()
                                            .clearRuleVersion()
                                            .clearEpisode()
                                            .build());
                        }
                    }
                    result.put(id, life);
                });
        return result;
    }

    private static Optional<Difference> difference(List<Mismatch> before, List<Mismatch> after) {
        Optional<Mismatch> openBefore = lastOpen(before);
        Optional<Mismatch> openAfter = lastOpen(after);
        if (before.equals(after) || (openBefore.isEmpty() && openAfter.isEmpty())) {
            return Optional.empty();
        }
        Effect effect = Effect.CHANGES;
        if (openBefore.isEmpty()) {
            effect = Effect.OPENS;
        } else if (openAfter.isEmpty()) {
            effect = Effect.VANISHES;
        }
        Mismatch named = openAfter.or(() -> openBefore).orElseThrow();
        return Optional.of(
                new Difference(
                        effect,
                        named.getCode(),
                        named.getNode(),
                        named.getReference(),
                        named.getAmountMsat(),
                        openBefore.map(RuleReplay::severity).orElse(""),
                        openAfter.map(RuleReplay::severity).orElse("")));
    }

    private static Optional<Mismatch> lastOpen(List<Mismatch> life) {
        return life.stream()
                .filter(one -> one.getState() == MismatchState.MISMATCH_STATE_OPEN)
                .reduce((_, later) -> later);
    }

    private static String severity(Mismatch mismatch) {
        return mismatch.getSeverity().name().substring("SEVERITY_".length());
    }
}
