package tallystick.reconcile;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.DatabaseException;
import tallystick.db.Transactions;
import tallystick.ledger.mismatch.RuleSet;

/// One worker, stepped by the test: what `Worker` does between two polls, and what becomes of it when it is cut off or dies.
/// One thread.
final class Seat {
    private static final String DEADLOCK = "40P01";
    private static final int STEPS_MAX = 12;
    private static final int RECORDS_MAX = 20;

    private final EventLog log;
    private final TestLedger ledger;
    private final RuleSet rules;
    private final Random random;
    private final Faults faults;
    private Awaited awaited = new Awaited();
    private BatchApplier applier;
    private GroupDecider groups;
    private boolean isNew;
    private int deadlocks;
    private final Set<Integer> numbers = new TreeSet<>();

    /// How far each partition that is ours is applied, as this worker believes.
    private final Map<TopicPartition, Long> next = new HashMap<>();

    Seat(EventLog log, TestLedger ledger, RuleSet rules, Random random) {
        this.log = log;
        this.ledger = ledger;
        this.rules = rules;
        this.random = random;
        this.faults = new Faults(ledger, random);
        this.applier = applier();
        this.groups = groups();
    }

    /// From here on chance goes another way.
    void reseed(long seed) {
        random.setSeed(seed);
    }

    private BatchApplier applier() {
        return new BatchApplier(
                new Transactions(faults.dataSource()),
                rules,
                FakeLog.byName(),
                FakeLog.CLUSTER,
                EventLog.PARTITIONS,
                awaited);
    }

    private GroupDecider groups() {
        return new GroupDecider(
                new Transactions(faults.dataSource()), rules, EventLog.PARTITIONS, awaited);
    }

    /// True once after the worker died and another took its place.
    boolean isNew() {
        boolean was = isNew;
        isNew = false;
        return was;
    }

    Faults faults() {
        return faults;
    }

    /// These partition numbers are ours from now on.
    void assign(Set<Integer> assigned) {
        numbers.clear();
        numbers.addAll(assigned);
        resume();
    }

    private void resume() {
        next.clear();
        Map<TopicPartition, Long> positions = ledger.positions();
        log.placesOf(numbers).forEach(place -> next.put(place, positions.getOrDefault(place, 0L)));
    }

    /// Reads something that is new to it and applies it. Which topics, and how much of each, is left to chance.
    ///
    /// @param most records of one partition
    void apply(Instant now, int most) {
        Map<TopicPartition, Long> to = new HashMap<>(next);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (TopicPartition place : log.placesOf(numbers)) {
            long from = next.getOrDefault(place, 0L);
            long end = log.endOf(place);
            if (from < end && (most == Integer.MAX_VALUE || random.nextInt(3) > 0)) {
                List<EventLog.Entry> entries = log.entries(place, from, end);
                int count =
                        most == Integer.MAX_VALUE
                                ? entries.size()
                                : Math.min(entries.size(), 1 + random.nextInt(most));
                entries.stream().limit(count).forEach(entry -> records.add(entry.record()));
                to.put(
                        place,
                        count == entries.size()
                                ? end
                                : entries.get(count - 1).record().offset() + 1);
            }
        }
        Batch batch = new Batch(records, numbers, next, to);
        if (!batch.movesNothing()) {
            persist(
                    () -> {
                        applier.apply(batch, now);
                        next.putAll(to);
                    });
        }
    }

    /// Some steps, as chance has it, some of which fail.
    void work(Instant now) {
        for (int steps = 1 + random.nextInt(STEPS_MAX); steps > 0; steps--) {
            if (random.nextInt(4) == 0) {
                faults.arm();
            }
            switch (random.nextInt(8)) {
                case 0 -> decideDue(now);
                case 1, 2 -> decideGroups(now);
                default -> apply(now, RECORDS_MAX);
            }
            faults.disarm();
        }
    }

    /// How often the database ended a transaction because two waited for each other.
    int deadlocks() {
        return deadlocks;
    }

    void decideDue(Instant now) {
        persist(() -> applier.decideDue(numbers, now));
    }

    void decideGroups(Instant now) {
        persist(() -> groups.decideDirty(now));
    }

    boolean isAtEnd() {
        return next.entrySet().stream().allMatch(one -> one.getValue() >= log.endOf(one.getKey()));
    }

    /// As a worker does: the same again after a lost connection; from the stored positions when another has moved them; and
    /// a new worker in the place of one that died.
    private void persist(Runnable step) {
        while (true) {
            try {
                step.run();
                return;
            } catch (DatabaseException e) {
                if (e.getCause() instanceof SQLException cause
                        && DEADLOCK.equals(cause.getSQLState())) {
                    deadlocks++;
                }
                if (e.kind() == DatabaseException.Kind.FATAL) {
                    throw e;
                }
            } catch (LostPositionException e) {
                resume();
                return;
            } catch (Faults.Halt e) {
                awaited = new Awaited();
                applier = applier();
                groups = groups();
                resume();
                isNew = true;
                return;
            }
        }
    }
}
