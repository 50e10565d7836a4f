package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.report.LedgerReader;
import tallystick.db.report.LedgerReading;
import tallystick.kafka.RecordKeys;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Stream;
import tallystick.reconcile.model.Event;
import tallystick.reconcile.model.History;
import tallystick.reconcile.model.NaiveItems;
import tallystick.reconcile.model.NaiveLedger;

/// Lets the engine read a history in some way, and holds it against the naive ledger all along. One use, one thread.
final class ModelRun implements AutoCloseable {
    /// Few enough that the made-up roundings of one day pass it.
    static final RuleSet RULES = RuleSet.parse(Map.of("rounding-bound", "1300"), ZoneOffset.UTC);

    /// How the engine reads.
    enum Way {
        /// All at once, decided at the end alone.
        AT_ONCE,
        /// Event by event as they arrive, one worker, nothing fails; all is decided and compared after each.
        STEP_BY_STEP,
        /// Anything goes: workers, cuts, order between topics, failures, moments; all by chance.
        WILD,
        /// Two or three workers at the same time, in threads of their own, with failures; everything has come before. Which
        /// of them is first does not repeat with the seed.
        SIDE_BY_SIDE
    }

    /// What has come due may make groups speak, and they others.
    private static final int ROUNDS = 2;

    /// Adding all up takes the database as long as a batch.
    private static final int CHECKS_PER_IDENTITY = 4;

    /// The least that the database tells apart.
    private static final Duration MOMENT = Duration.of(1, ChronoUnit.MICROS);

    private final EventLog log = new EventLog();
    private final TestLedger ledger = new TestLedger(log.places());
    private final Random random;
    private final List<Event> events;
    private final Way way;
    private final List<Seat> seats = new ArrayList<>();
    private final PublishedChanges published = new PublishedChanges(ledger);
    private final NaiveItems together = new NaiveItems();
    private final Map<EventLog.Entry, CoverageRecord> parsed = new HashMap<>();
    private Instant now = Event.at(0);
    private int checks;

    ModelRun(List<Event> events, Way way, long seed) {
        this.events = events;
        this.way = way;
        this.random = new Random(seed * 31 + 7);
    }

    /// @return what the naive ledger says in the end
    NaiveLedger run() {
        int workers =
                switch (way) {
                    case AT_ONCE, STEP_BY_STEP -> 1;
                    case WILD -> 1 + random.nextInt(3);
                    case SIDE_BY_SIDE -> 2 + random.nextInt(2);
                };
        for (int i = 0; i < workers; i++) {
            seats.add(new Seat(log, ledger, RULES, new Random(random.nextLong())));
        }
        rebalance();
        switch (way) {
            case AT_ONCE -> events.forEach(log::append);
            case STEP_BY_STEP -> events.forEach(this::step);
            case WILD -> runWild();
            case SIDE_BY_SIDE -> runSideBySide();
        }
        now = Event.at(History.END + 1);
        do {
            seats.forEach(seat -> seat.apply(now, Integer.MAX_VALUE));
        } while (!seats.stream().allMatch(Seat::isAtEnd));
        NaiveLedger expected = settled();
        ledger.checkIdentity();
        published.isWhole();
        assertThat(
                        ledger.rows(
                                "SELECT topic || partition_number || '@' || record_offset FROM ledger.evidence GROUP BY topic,"
                                        + " partition_number, record_offset, item_key HAVING count(*) > 1"))
                .as("evidence stored twice")
                .isEmpty();
        assertThat(ledger.rows("SELECT reason FROM ledger.quarantine")).as("quarantined").isEmpty();
        if (way == Way.WILD) {
            ledger.checkEntries();
        }
        return expected;
    }

    int checks() {
        return checks;
    }

    int faults() {
        return seats.stream().mapToInt(seat -> seat.faults().cuts() + seat.faults().halts()).sum();
    }

    /// By code, the most episodes that a mismatch has had.
    Map<String, Integer> episodes() {
        Map<String, Integer> result = new TreeMap<>();
        ledger.rows("SELECT code || ' ' || max(episode) FROM register.mismatch GROUP BY code")
                .forEach(
                        row -> {
                            String[] parts = row.split(" ", 2);
                            result.put(parts[0], Integer.parseInt(parts[1]));
                        });
        return result;
    }

    /// Both have read the same in the end: all that does not tell how they came there is the same.
    void isAs(ModelRun other) {
        isSame("ledger, read otherwise", ledger.dump(), other.ledger.dump());
        assertThat(facts()).as("facts of the report, read otherwise").isEqualTo(other.facts());
    }

    /// Nobody touched the ledger, so nothing is found.
    void isVerified() {
        ledger.checkUntouched(RULES, now);
    }

    /// What a report tells but for how the ledger came there: how many rows it took, and on which days they came.
    private String facts() {
        LedgerReading reading =
                new LedgerReader(ledger.dataSource(), "main", ZoneOffset.UTC).read(now);
        return new LedgerReading(
                        reading.ledger(),
                        reading.asOf(),
                        0,
                        reading.nodes(),
                        reading.mismatches(),
                        reading.information(),
                        reading.pairs(),
                        reading.notDecidedYet(),
                        reading.proofs(),
                        reading.clearingMsat(),
                        reading.itemsMsat(),
                        reading.trialBalanceMsat(),
                        new LedgerReading.Counts(0, 0, 0, reading.counts().items()),
                        List.of())
                .toString()
                .replace("], ", "],\n");
    }

    private void step(Event event) {
        log.append(event);
        now = later(event.minute());
        seats.forEach(seat -> seat.apply(now, Integer.MAX_VALUE));
        settled();
    }

    /// What the clock says.
    Instant now() {
        return now;
    }

    private Instant later(int minute) {
        Instant moment = Event.at(minute);
        return moment.isAfter(now) ? moment : now;
    }

    /// What happens after an event hangs on the event alone, so that the rest of a history still fails when others are left out.
    private void runWild() {
        int batch = 2 + random.nextInt(25);
        int appendedAtOnce = 2 + random.nextInt(random.nextBoolean() ? 3 : 20);
        long salt = random.nextLong();
        int next = 0;
        int rounds = 0;
        while (next < events.size() || !seats.stream().allMatch(Seat::isAtEnd)) {
            boolean isEnough = false;
            while (next < events.size() && !isEnough) {
                Event event = events.get(next++);
                log.append(event);
                if (event.minute() < History.END) {
                    now = later(event.minute());
                }
                reseed(salt ^ event.words().hashCode());
                isEnough = random.nextInt(appendedAtOnce) == 0;
            }
            if (!isEnough) {
                reseed(salt + ++rounds); // Nothing more comes.
            }
            Seat seat = seats.get(random.nextInt(seats.size()));
            if (random.nextInt(4) == 0) {
                seat.faults().arm();
            }
            switch (random.nextInt(24)) {
                case 0, 1 -> seat.decideDue(now);
                case 2, 3 -> seat.decideGroups(now);
                case 4 -> rebalance();
                case 5 -> published.relay(random);
                case 6 -> {
                    seat.faults().disarm();
                    now = nextDue();
                    settled();
                }
                case 7, 8, 9 -> {
                    now = nextDue();
                    seats.forEach(one -> one.decideDue(now));
                }
                default -> seat.apply(now, batch);
            }
            seat.faults().disarm();
            if (seat.isNew()) {
                settled(); // In what was left behind everything must fit together.
            } else if (random.nextInt(6) == 0) {
                opensNothingElse();
            }
        }
    }

    private void reseed(long from) {
        random.setSeed(from);
        seats.forEach(seat -> seat.reseed(random.nextLong()));
    }

    /// In rounds: numbers are dealt anew, with some workers not told, and all go on for a while. The clock stands at the end,
    /// so that what they leave behind can be looked at whenever.
    private void runSideBySide() {
        events.forEach(log::append);
        now = Event.at(History.END + 1);
        while (!seats.stream().allMatch(Seat::isAtEnd)) {
            rebalance();
            try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread::new)) {
                List<Future<?>> all = new ArrayList<>();
                for (Seat seat : seats) {
                    all.add(threads.submit(() -> seat.work(now)));
                }
                opensNothingElse();
                for (Future<?> one : all) {
                    one.get();
                }
            } catch (ExecutionException e) {
                throw new AssertionError("worker: " + e.getCause(), e.getCause());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        assertThat(seats.stream().mapToInt(Seat::deadlocks).sum()).as("deadlocks").isZero();
    }

    /// The very moment at which something comes due next, if that is soon.
    private Instant nextDue() {
        return ledger
                .rows(
                        "SELECT extract(epoch FROM min(due_at))::bigint FROM ledger.item WHERE due_at > '%s' AND due_at < '%s'"
                                .formatted(now, now.plus(Duration.ofMinutes(10))))
                .stream()
                .filter(row -> !row.equals("null"))
                .map(row -> Instant.ofEpochSecond(Long.parseLong(row)))
                .findFirst()
                .orElse(now);
    }

    /// Every number goes to one worker. One that is not told goes on as before, as it may happen to a worker that Kafka has
    /// given up.
    private void rebalance() {
        Map<Seat, Set<Integer>> assigned = new HashMap<>();
        for (int number = 0; number < EventLog.PARTITIONS; number++) {
            assigned.computeIfAbsent(seats.get(random.nextInt(seats.size())), _ -> new TreeSet<>())
                    .add(number);
        }
        boolean isFirst = assigned.isEmpty() || checks == 0;
        seats.forEach(
                seat -> {
                    if (isFirst || random.nextInt(4) > 0 || assigned.containsKey(seat)) {
                        seat.assign(assigned.getOrDefault(seat, Set.of()));
                    }
                });
    }

    /// Decides what has come due and the groups; then the whole ledger must be as the naive one.
    private NaiveLedger settled() {
        for (int round = 0; round < ROUNDS; round++) {
            seats.forEach(seat -> seat.decideDue(now));
            seats.getFirst().decideGroups(now);
        }
        Snapshot snapshot = Snapshot.of(ledger, now, true);
        NaiveLedger expected = expected(snapshot, now);
        checks++;
        // Those that allocate may wait for their time or for coverage; their items tell whether
        // they were decided.
        assertThat(snapshot.dirty().stream().filter(ModelRun::isReportingGroup))
                .as("groups left over")
                .isEmpty();
        isSame("open", snapshot.open().keySet(), expected.open());
        isSame("items", snapshot.items(), expected.itemLines());
        SortedMap<String, Object> known = new TreeMap<>();
        expected.items().forEach((key, item) -> known.put(key.text(), item));
        isSame("known", lines(snapshot.known()), lines(known));
        isSame("balances", lines(snapshot.balances()), lines(expected.balances()));
        if (checks % CHECKS_PER_IDENTITY == 0) {
            ledger.checkIdentity();
        }
        return expected;
    }

    private static Collection<String> lines(Map<String, ?> map) {
        return map.entrySet().stream().map(one -> one.getKey() + " = " + one.getValue()).toList();
    }

    private void isSame(String what, Collection<String> found, Collection<String> expected) {
        SortedSet<String> differences = new TreeSet<>();
        expected.stream()
                .filter(line -> !found.contains(line))
                .forEach(line -> differences.add("missing " + line));
        found.stream()
                .filter(line -> !expected.contains(line))
                .forEach(line -> differences.add("too much " + line));
        assertThat(differences).as("%s at %s", what, now).isEmpty();
    }

    /// Nothing is open that the naive ledger would not open. A group that is still to be decided may be behind, an item is as it
    /// was before it became due again, and age raises severity with the next sweep only.
    private void opensNothingElse() {
        Snapshot snapshot = Snapshot.of(ledger, now, false);
        SortedMap<String, String> open = new TreeMap<>();
        snapshot.open()
                .forEach(
                        (line, owner) -> {
                            if (line.startsWith("OPEN") && !snapshot.dirty().contains(owner)) {
                                open.put(withoutSeverity(line), owner);
                            }
                        });
        checks++;
        SortedSet<String> expected = new TreeSet<>();
        expected(snapshot, now).open().forEach(line -> expected.add(withoutSeverity(line)));
        SortedSet<String> tooMuch = new TreeSet<>();
        open.forEach(
                (line, owner) -> {
                    Instant due = snapshot.overdue().get(owner);
                    if (!expected.contains(line)
                            && (due == null || !isExpected(snapshot, due.minus(MOMENT), line))) {
                        tooMuch.add(line);
                    }
                });
        assertThat(tooMuch)
                .as(
                        "open at %s, and must not be; expected there:%n%s",
                        now, String.join("\n", expected))
                .isEmpty();
    }

    private boolean isExpected(Snapshot snapshot, Instant moment, String line) {
        return expected(snapshot, moment).open().stream()
                .map(ModelRun::withoutSeverity)
                .anyMatch(line::equals);
    }

    private static String withoutSeverity(String line) {
        return line.substring(0, line.lastIndexOf('|'));
    }

    private static boolean isReportingGroup(String owner) {
        return owner.contains("/") && !GroupRules.allocates(owner);
    }

    private NaiveLedger expected(Snapshot snapshot, Instant moment) {
        List<Message> said = new ArrayList<>();
        Map<Integer, Map<NodeId, List<CoverageRecord>>> covered = new HashMap<>();
        for (EventLog.Entry entry : log.below(snapshot.positions())) {
            switch (entry.event()) {
                case Event.Said one -> said.add(one.message());
                case Event.Covered one -> {
                    if (entry.record().partition() == numberOf(one.node())) {
                        said.add(parsed(entry));
                    }
                    if (isPast(entry.below(), snapshot.positions())) {
                        covered.computeIfAbsent(entry.record().partition(), _ -> new HashMap<>())
                                .computeIfAbsent(one.node(), _ -> new ArrayList<>())
                                .add(parsed(entry));
                    }
                }
            }
        }
        Map<Integer, Coverage> coverage = new HashMap<>();
        covered.forEach((number, nodes) -> coverage.put(number, coverage(nodes)));
        return NaiveLedger.of(
                together,
                said,
                key ->
                        coverage.getOrDefault(
                                RecordKeys.partition(RecordKeys.of(key), EventLog.PARTITIONS),
                                new Coverage(new TreeMap<>())),
                Coverage.least(
                        IntStream.range(0, EventLog.PARTITIONS)
                                .mapToObj(
                                        number ->
                                                coverage.getOrDefault(
                                                        number, new Coverage(new TreeMap<>())))
                                .toList()),
                RULES,
                moment);
    }

    private static boolean isPast(
            Map<TopicPartition, Long> below, Map<TopicPartition, Long> positions) {
        return below.entrySet().stream()
                .allMatch(one -> positions.getOrDefault(one.getKey(), 0L) >= one.getValue());
    }

    /// The copy in it tells of the node itself.
    private static int numberOf(NodeId node) {
        return RecordKeys.partition(RecordKeys.of(node), EventLog.PARTITIONS);
    }

    private CoverageRecord parsed(EventLog.Entry entry) {
        return parsed.computeIfAbsent(entry, ModelRun::parse);
    }

    private static CoverageRecord parse(EventLog.Entry entry) {
        try {
            return CoverageRecord.parseFrom(entry.record().value());
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Coverage coverage(Map<NodeId, List<CoverageRecord>> nodes) {
        SortedMap<NodeId, Coverage.NodeCoverage> result = new TreeMap<>();
        nodes.forEach(
                (node, said) ->
                        result.put(
                                node,
                                new Coverage.NodeCoverage(
                                        until(said, Stream.STREAM_INVOICES),
                                        until(said, Stream.STREAM_PAYMENTS),
                                        until(said, Stream.STREAM_FORWARDS))));
        return new Coverage(
                result,
                (node, height) ->
                        nodes.getOrDefault(node, List.of()).stream()
                                .filter(one -> one.getBlockHeight() >= height)
                                .map(one -> Times.ofNanos(one.getSeenAtNs()))
                                .min(Instant::compareTo));
    }

    private static Optional<Instant> until(List<CoverageRecord> said, Stream stream) {
        return said.stream()
                .filter(one -> one.getStream() == stream)
                .map(one -> Times.ofNanos(one.getProvenUntilNs()))
                .max(Instant::compareTo);
    }

    TestLedger ledger() {
        return ledger;
    }

    @Override
    public void close() {
        published.close();
        ledger.close();
    }
}
