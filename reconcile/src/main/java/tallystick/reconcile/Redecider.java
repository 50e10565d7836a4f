package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.RedecisionRepository;
import tallystick.db.write.RedecisionRepository.Progress;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RuleRepository;
import tallystick.kafka.RecordKeys;
import tallystick.ledger.mismatch.RuleSet;

/// Decides all items again when other rules hold than those that decided them: in batches, each with its place, so that it goes
/// on wherever it was stopped. Only what comes out otherwise is written. One thread at a time.
final class Redecider {
    private static final Logger log = LoggerFactory.getLogger(Redecider.class);

    /// Of about six items each: what one transaction loads stays like a batch of records.
    private static final long PAGES_MAX = 500;

    private final Transactions transactions;
    private final RuleSet rules;
    private final int partitions;
    private final Awaited awaited;
    private final long pagesMax;
    private final RedecisionRepository repository = new RedecisionRepository();
    private final RuleRepository activations = new RuleRepository();
    private final PositionRepository positions = new PositionRepository();
    private final BatchRepository batches = new BatchRepository();
    private final ItemLoader loader = new ItemLoader(new ItemRepository());
    private final RegisterRepository register = new RegisterRepository();
    private final CoverageBook coverageBook = new CoverageBook();
    private final Accounts.Known accounts = new Accounts.Known();

    /// @param partitions how many partition numbers there are
    Redecider(Transactions transactions, RuleSet rules, int partitions, Awaited awaited) {
        this(transactions, rules, partitions, awaited, PAGES_MAX);
    }

    /// @param pagesMax how many pages one batch takes
    Redecider(
            Transactions transactions,
            RuleSet rules,
            int partitions,
            Awaited awaited,
            long pagesMax) {
        this.pagesMax = pagesMax;
        this.transactions = transactions;
        this.rules = rules;
        this.partitions = partitions;
        this.awaited = awaited;
    }

    /// One batch of the given partition numbers; true when there may be more.
    ///
    /// @throws ReconcileException when other rules hold by now
    boolean step(Collection<Integer> partitionNumbers, Instant now) {
        Step step =
                awaited.call(transactions, connection -> step(connection, partitionNumbers, now));
        if (step.items() > 0 || !step.isDone()) {
            log.atInfo()
                    .addKeyValue("rules", rules.version())
                    .addKeyValue("partitions", partitionNumbers)
                    .addKeyValue("pages", step.page() + "/" + step.endPage())
                    .addKeyValue("items", step.items())
                    .addKeyValue("written", step.written())
                    .log("items decided again under the rules that hold now");
        }
        return !step.isDone();
    }

    private record Step(long page, long endPage, int items, int written, boolean isDone) {}

    private Step step(Connection connection, Collection<Integer> partitionNumbers, Instant now)
            throws SQLException {
        positions.lock(connection, partitionNumbers);
        requireInForce(connection);
        List<Progress> open =
                progress(connection, partitionNumbers).stream()
                        .filter(one -> !one.isDone())
                        .toList();
        if (open.isEmpty()) {
            return new Step(0, 0, 0, 0, true);
        }
        // Those that are furthest behind, together: a page is then read once for all of them.
        long from = open.stream().mapToLong(Progress::nextPage).min().orElseThrow();
        List<Progress> together = open.stream().filter(one -> one.nextPage() == from).toList();
        long end = together.stream().mapToLong(Progress::endPage).max().orElseThrow();
        long to = Math.min(from + pagesMax, end);
        List<Integer> numbers = together.stream().map(Progress::partition).toList();
        Map<ByteString, String> states = new HashMap<>();
        repository
                .items(connection, numbers, from, to)
                .forEach(one -> states.put(ByteString.copyFrom(one.itemKey()), one.state()));
        int written = states.isEmpty() ? 0 : decide(connection, numbers, states, now);
        repository.save(
                connection,
                together.stream()
                        .map(
                                one ->
                                        new Progress(
                                                one.partition(),
                                                one.version(),
                                                one.filenode(),
                                                to,
                                                one.endPage()))
                        .toList());
        boolean isDone = to == end && together.size() == open.size();
        return new Step(to, end, states.size(), written, isDone);
    }

    private void requireInForce(Connection connection) throws SQLException {
        OptionalInt inForce = activations.active(connection);
        if (inForce.isPresent() && inForce.getAsInt() != rules.version()) {
            throw new ReconcileException(
                    "rules: version %d in this process (expected: %d, which another process has brought into force since; give this one the same rules.file and start it again)"
                            .formatted(rules.version(), inForce.getAsInt()));
        }
    }

    /// Where each number stands; one that was decided under other rules, or whose pages were rewritten, begins anew.
    private List<Progress> progress(Connection connection, Collection<Integer> partitionNumbers)
            throws SQLException {
        RedecisionRepository.Pages pages = repository.pages(connection);
        Map<Integer, Progress> present = new TreeMap<>();
        repository
                .load(connection, partitionNumbers)
                .forEach(one -> present.put(one.partition(), one));
        List<Progress> begun = new ArrayList<>();
        for (int number : partitionNumbers) {
            if (!isCurrent(present.get(number), pages)) {
                Progress anew =
                        new Progress(number, rules.version(), pages.filenode(), 0, pages.count());
                present.put(number, anew);
                begun.add(anew);
            }
        }
        repository.save(connection, begun);
        return List.copyOf(present.values());
    }

    private boolean isCurrent(@Nullable Progress one, RedecisionRepository.Pages pages) {
        return one != null
                && one.version() == rules.version()
                && (one.isDone() || one.filenode() == pages.filenode());
    }

    /// Returns how many items were written.
    private int decide(
            Connection connection,
            Collection<Integer> numbers,
            Map<ByteString, String> states,
            Instant now)
            throws SQLException {
        Work work = new Work(batches.nextBatchId(connection), "rules", now, numbers);
        loader.loadToDecide(
                connection, work, states.keySet().stream().map(ByteString::toByteArray).toList());
        coverageBook.load(connection, numbers);
        Settlement settlement =
                new Settlement(rules, work.batchId, now, register, accounts, awaited);
        for (ByteString key : work.changed) {
            Work.Loaded loaded = work.item(key);
            int partition = RecordKeys.partition(RecordKeys.of(loaded.item().key()), partitions);
            settlement.decide(key, loaded, partition, coverageBook.of(partition), work);
        }
        settlement.complete(connection, work);
        settlement.leaveAlone(states);
        var _ = settlement.write(connection, work);
        if (settlement.written() > 0) {
            batches.append(connection, work.batchId, work.cause, now, 0);
        }
        return settlement.written();
    }
}
