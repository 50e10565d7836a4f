package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.db.seal.Head;
import tallystick.db.seal.TamperResult;
import tallystick.db.testing.TestDatabase;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.day.DayFacts;
import tallystick.ledger.day.DayTotals;
import tallystick.ledger.mismatch.RuleSet;

/// A ledger in a database of its own, worked on as the writer.
final class TestLedger implements AutoCloseable {
    /// Of business days; not that of the machine, and with halves of hours.
    private static final ZoneId ZONE = ZoneId.of("Asia/Kolkata");

    /// By which it decides where a test does not say otherwise.
    static final RuleSet RULES = RuleSet.defaults().withoutSilence();

    private final TestDatabase database;
    private Database writer;
    private @Nullable Connection operator;

    /// Positions stand at the beginning of the log.
    TestLedger(FakeLog log) {
        this(log.places());
    }

    private TestLedger(TestDatabase database) {
        this.database = database;
        this.writer = database.connect(Role.WRITER);
    }

    TestLedger(Collection<TopicPartition> places) {
        this(TestDatabase.migrated());
        new Transactions(writer.dataSource())
                .call(
                        connection -> {
                            new PositionRepository()
                                    .create(
                                            connection,
                                            places.stream()
                                                    .map(
                                                            place ->
                                                                    new PositionRepository.Position(
                                                                            place.partition(),
                                                                            place.topic(),
                                                                            FakeLog.CLUSTER,
                                                                            "id",
                                                                            0,
                                                                            null,
                                                                            null))
                                                    .toList());
                            return 0;
                        });
    }

    /// A ledger as this one is now.
    TestLedger backup() {
        writer.close();
        try {
            return new TestLedger(database.copy());
        } finally {
            writer = database.connect(Role.WRITER);
        }
    }

    DataSource dataSource() {
        return writer.dataSource();
    }

    Transactions transactions() {
        return new Transactions(dataSource());
    }

    TestDatabase database() {
        return database;
    }

    BatchApplier applier() {
        return applier(dataSource());
    }

    static BatchApplier applier(DataSource dataSource) {
        return new BatchApplier(
                new Transactions(dataSource),
                RULES,
                FakeLog.byName(),
                FakeLog.CLUSTER,
                FakeLog.PARTITIONS,
                new Awaited());
    }

    BatchApplier applier(RuleSet rules) {
        return new BatchApplier(
                transactions(),
                rules,
                FakeLog.byName(),
                FakeLog.CLUSTER,
                FakeLog.PARTITIONS,
                new Awaited());
    }

    GroupDecider groups() {
        return groups(RULES);
    }

    GroupDecider groups(RuleSet rules) {
        return new GroupDecider(transactions(), rules, FakeLog.PARTITIONS, new Awaited());
    }

    /// Codes and references of what is open.
    List<String> open() {
        return rows(
                "SELECT code || ' ' || right(reference, 2) || ' ' || amount_msat FROM register.mismatch"
                        + " WHERE state = 'OPEN' ORDER BY 1");
    }

    /// Everything that must depend on the evidence alone.
    List<String> dump() {
        List<String> result = new ArrayList<>();
        result.addAll(
                rows(
                        """
                        SELECT concat_ws('|', code, node, reference, amount_msat, residue_msat, severity, since, sentence, advice,
                               order_text, account, node_msat, books_msat, node_half, books_half)
                          FROM register.mismatch WHERE state = 'OPEN' ORDER BY 1
                        """));
        result.addAll(
                rows(
                        """
                        SELECT concat_ws('|', key_text, kind, partition_number, state, residue_msat, due_at,
                               waits_for_coverage, has_invoice, has_payment, nodes, booked_msat, pairs)
                          FROM ledger.item ORDER BY 1
                        """));
        result.addAll(bodies());
        result.addAll(
                rows(
                        """
                        SELECT concat_ws('|', name, balance_msat) FROM ledger.account_balance
                         WHERE balance_msat <> 0 ORDER BY 1
                        """));
        result.addAll(
                rows(
                        """
                        SELECT concat_ws('|', group_name, encode(item_key, 'hex'), node, reference, booked_at, entry_id,
                               amount_msat, known_at)
                          FROM ledger.contribution ORDER BY 1
                        """));
        return result;
    }

    /// What is known of each item; account ids are as they came.
    private List<String> bodies() {
        return transactions()
                .read(
                        connection -> {
                            List<String> result = new ArrayList<>();
                            try (PreparedStatement statement =
                                            connection.prepareStatement(
                                                    "SELECT key_text, body FROM ledger.item ORDER BY item_key");
                                    ResultSet rows = statement.executeQuery()) {
                                while (rows.next()) {
                                    ItemCodec.Body body =
                                            ItemCodec.decode(
                                                    ItemKey.parse(rows.getString(1)),
                                                    rows.getBytes(2));
                                    Effects effects = body.effects();
                                    result.add(
                                            "%s %s %s %s"
                                                    .formatted(
                                                            body.item(),
                                                            effects.reported().stream()
                                                                    .map(TestLedger::text)
                                                                    .toList(),
                                                            effects.groups(),
                                                            effects.heights()));
                                }
                            }
                            return result;
                        });
    }

    private static String text(Effects.Reported one) {
        return Digests.hex(one.mismatchId().toByteArray())
                + " "
                + Digests.hex(one.digest().toByteArray());
    }

    List<String> rows(String sql) {
        return transactions()
                .read(
                        connection -> {
                            List<String> result = new ArrayList<>();
                            try (PreparedStatement statement = connection.prepareStatement(sql);
                                    ResultSet rows = statement.executeQuery()) {
                                while (rows.next()) {
                                    result.add(String.valueOf(rows.getString(1)));
                                }
                            }
                            return result;
                        });
    }

    long number(String sql) {
        return Long.parseLong(rows(sql).getFirst());
    }

    /// Ends the server's process of a connection, as an operator or a failover would, and waits for its end: it is looked
    /// after every now and then, where the server itself would look after a tenth of a second only.
    synchronized void terminate(int process) {
        if (operator == null) {
            operator = open(database.dataSource());
        }
        try (Statement statement = operator.createStatement()) {
            statement.execute("SELECT pg_terminate_backend(" + process + ")");
            boolean isThere = true;
            while (isThere) {
                try (ResultSet row =
                        statement.executeQuery(
                                "SELECT count(*) FROM pg_stat_activity WHERE pid = " + process)) {
                    row.next();
                    isThere = row.getInt(1) > 0;
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Connection open(DataSource source) {
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// How far every partition is applied.
    Map<TopicPartition, Long> positions() {
        Map<TopicPartition, Long> result = new HashMap<>();
        rows("SELECT partition_number || '/' || next_offset || '/' || topic FROM ledger.position")
                .forEach(
                        row -> {
                            String[] parts = row.split("/", 3);
                            result.put(
                                    new TopicPartition(parts[2], Integer.parseInt(parts[0])),
                                    Long.parseLong(parts[1]));
                        });
        return result;
    }

    /// `verify` finds nothing, as nobody touched it.
    void checkUntouched(RuleSet rules, Instant now) {
        new RuleBook(transactions()).activate(rules, now);
        Head head =
                transactions()
                        .read(connection -> new BatchRepository().newest(connection))
                        .orElseThrow();
        TamperResult result =
                new LedgerVerification(dataSource(), RelayIT.topics()).run(List.of(head), _ -> {});
        assertThat(result.findings()).as("found in a ledger that nobody touched").isEmpty();
        assertThat(result.provenFrom()).hasValue(1);
    }

    /// What must hold at every ledger sequence.
    void checkIdentity() {
        assertThat(
                        rows(
                                """
                                SELECT clearing_msat - items_msat || ' ' || items_msat - unexplained_msat || ' '
                                       || trial_balance_msat || ' ' || unposted_msat
                                  FROM ledger.identity
                                """))
                .containsExactly("0 0 0 0");
        assertThat(
                        rows(
                                """
                                SELECT node || ' ' || difference_msat FROM ledger.node_change WHERE difference_msat <> 0
                                UNION ALL
                                SELECT node || ' ' || channel || ' ' || difference_msat
                                  FROM ledger.channel_result
                                 WHERE difference_msat <> 0
                                """))
                .as("what does not add up to a node's change")
                .isEmpty();
        checkDays();
    }

    /// What batches wrote of business days, added up, is what all items say of them now.
    private void checkDays() {
        DayTotals said =
                transactions()
                        .read(
                                connection -> {
                                    DayTotals totals = new DayTotals();
                                    Work work = new Work(0, "due", Instant.EPOCH, List.of());
                                    List<byte[]> keys = new ArrayList<>();
                                    rows("SELECT encode(item_key, 'hex') FROM ledger.item")
                                            .forEach(key -> keys.add(HexFormat.of().parseHex(key)));
                                    new ItemLoader(new ItemRepository())
                                            .loadToDecide(connection, work, keys);
                                    Accounts.Wanted wanted =
                                            new Accounts.Wanted(new Accounts.Known());
                                    work.changed.forEach(
                                            key -> wanted.add(work.item(key).effects().legs()));
                                    Accounts accounts =
                                            wanted.find(connection, new TransferRepository());
                                    work.changed.forEach(
                                            key -> addToDays(work.item(key), accounts, totals));
                                    return totals;
                                });
        Map<String, DayTotals.Sum> expected = new TreeMap<>();
        said.sums()
                .forEach(
                        (line, sum) ->
                                expected.merge(
                                        "%s|%s|%s|%s|%s"
                                                .formatted(
                                                        isOpened(line.name()) ? 0 : line.slot(),
                                                        line.node(),
                                                        line.subject(),
                                                        line.name(),
                                                        line.place()),
                                        sum,
                                        (a, b) ->
                                                new DayTotals.Sum(
                                                        a.count() + b.count(),
                                                        a.msat().add(b.msat()))));
        assertThat(
                        rows(
                                """
                                SELECT slot || '|' || node || '|' || subject || '|' || name || '|' || place || '|' || sum(count)
                                       || '|' || sum(msat)
                                  FROM (SELECT CASE WHEN name IN ('opened', 'opened with') THEN 0 ELSE slot END AS slot, node,
                                               subject, name, place, count, msat
                                          FROM ledger.day_delta) AS delta
                                 GROUP BY slot, node, subject, name, place
                                HAVING sum(count) <> 0 OR sum(msat) <> 0
                                """))
                .as("what is written of business days")
                .containsExactlyInAnyOrderElementsOf(
                        expected.entrySet().stream()
                                .map(
                                        one ->
                                                "%s|%s|%s"
                                                        .formatted(
                                                                one.getKey(),
                                                                one.getValue().count(),
                                                                one.getValue().msat()))
                                .toList());
        assertThat(
                        rows(
                                """
                                SELECT concat_ws(' ', what, said, held)
                                  FROM (SELECT node AS what, sum(msat) AS said
                                          FROM ledger.day_delta WHERE subject = 'MOVEMENT' GROUP BY node
                                         UNION ALL
                                        SELECT 'clearing', COALESCE(sum(msat), 0) FROM ledger.day_delta WHERE subject = 'RESIDUE'
                                         UNION ALL
                                        SELECT name, sum(count) FROM ledger.day_delta WHERE subject = 'REFERENCE' GROUP BY name) AS said
                                  FULL JOIN (SELECT split_part(name, ':', 2) AS what, sum(balance_msat) AS held
                                               FROM ledger.account_balance WHERE name LIKE 'node:%' GROUP BY 1
                                              UNION ALL
                                             SELECT 'clearing', clearing_msat FROM ledger.identity
                                              UNION ALL
                                             SELECT state, count(*) FROM ledger.pair GROUP BY state) AS held USING (what)
                                 WHERE COALESCE(said, 0) <> COALESCE(held, 0)
                                """))
                .as("what business days do not add up to")
                .isEmpty();
    }

    /// Entries of journals say of each account and day what daily reports say, at the newest ledger sequence and at earlier ones.
    void checkEntries() {
        long newest = Long.parseLong(rows("SELECT sequence FROM ledger.head").getFirst());
        for (long sequence : new long[] {newest, newest * 2 / 3, newest / 3}) {
            checkEntries(sequence);
        }
    }

    private void checkEntries(long sequence) {
        SortedMap<String, BigInteger> sums = new TreeMap<>();
        transactions()
                .read(
                        connection -> {
                            new PostedEntries(FakeLog.byName(), ZONE)
                                    .read(connection, sequence, entry -> add(sums, entry));
                            return 0;
                        });
        List<String> entries = new ArrayList<>();
        sums.forEach((name, sum) -> entries.add(name + "|" + sum));
        entries.removeIf(line -> line.endsWith("|0"));
        assertThat(entries)
                .as("entries of journals as known at %d", sequence)
                .containsExactlyInAnyOrderElementsOf(
                        rows(
                                """
                                SELECT day || '|' || account || '|' || sum(msat)
                                  FROM (SELECT (to_timestamp(slot::bigint * 900) AT TIME ZONE '%s')::date AS day,
                                               COALESCE('node:' || NULLIF(node, '') || ':', '') || place AS account, msat
                                          FROM ledger.day_delta
                                          JOIN ledger.batch USING (batch_id)
                                         WHERE subject IN ('MOVEMENT', 'ACCOUNT') AND batch.sequence <= %d) AS delta
                                 GROUP BY day, account
                                HAVING sum(msat) <> 0
                                """
                                        .formatted(ZONE, sequence)));
    }

    private static void add(SortedMap<String, BigInteger> sums, JournalEntry entry) {
        for (JournalEntry.Line line : entry.lines()) {
            if (!line.account().equals(Account.CLEARING)) {
                sums.merge(
                        entry.day() + "|" + line.account().name(),
                        BigInteger.valueOf(line.msat()),
                        BigInteger::add);
            }
        }
    }

    /// Lies at the moment from which the ledger counts, which the rules of a test tell.
    private static boolean isOpened(String name) {
        return name.equals("opened") || name.equals("opened with");
    }

    private static void addToDays(Work.Loaded loaded, Accounts accounts, DayTotals totals) {
        Work.Stored stored = loaded.stored().orElseThrow();
        Map<String, Transfer> posted = accounts.transfers(loaded.effects().legs());
        DayFacts.add(
                stored.item(),
                stored.stand(),
                posted,
                Postings.residueMsat(stored.item(), posted),
                RuleSet.defaults().opening().at(),
                totals,
                1);
    }

    /// Decides all that has come due, and the groups.
    void settle(Instant now) {
        settle(RuleSet.defaults().withoutSilence(), now);
    }

    void settle(RuleSet rules, Instant now) {
        applier(rules).decideDue(List.of(0, 1), now);
        groups(rules).decideDirty(now);
        checkIdentity();
    }

    @Override
    public void close() {
        writer.close();
        database.close(); // Which ends the operator's connection too.
    }
}
