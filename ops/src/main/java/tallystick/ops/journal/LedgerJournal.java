package tallystick.ops.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.report.DayReader;
import tallystick.db.report.DayReading;
import tallystick.db.report.IssuedReports;
import tallystick.db.report.PostingReader;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.ledger.day.DayFacts;
import tallystick.reconcile.PostedEntries;
import tallystick.report.day.BusinessDay;
import tallystick.report.journal.Journal;

/// The entries of some business days as known at one ledger sequence, ready to be written in any format. Read in one snapshot;
/// they lie in files until it is closed. One thread.
///
/// What accounts must hold comes from the rows that daily reports are made of; the entries come from the transfers. So a journal
/// whose assertions hold says what the report of its last day says; one that does not is refused here already.
public final class LedgerJournal implements AutoCloseable {
    private static final String NODE = "node:";
    private static final int KEY_LENGTH = 66;

    private final Journal.Head head;
    private final SortedEntries entries;
    private final long count;

    private LedgerJournal(Journal.Head head, SortedEntries entries, long count) {
        this.head = head;
        this.entries = entries;
        this.count = count;
    }

    /// Which days, as known when.
    ///
    /// @param from the first day; empty for that of the first entry
    /// @param to the last day; empty for that of the last entry
    /// @param sequence as known then; empty for the newest
    /// @param madeAt what the files tell of when they were made
    public record Range(
            Optional<LocalDate> from,
            Optional<LocalDate> to,
            Optional<Long> sequence,
            Instant madeAt) {
        public Range {
            if (from.isPresent() && to.isPresent() && to.get().isBefore(from.get())) {
                throw new IllegalArgumentException(
                        "days: %s to %s (expected: the first one not after the last)"
                                .formatted(from.get(), to.get()));
            }
        }
    }

    /// @param zone in which business days begin and end
    /// @throws IllegalArgumentException when the sequence is yet to come
    /// @throws IllegalStateException when the entries do not come to what daily reports say
    public static LedgerJournal read(
            DataSource dataSource, TopicSettings topics, String ledger, ZoneId zone, Range range)
            throws IOException {
        SortedEntries entries = new SortedEntries(SortedEntries.LINES_MAX);
        try {
            return new Transactions(dataSource)
                    .read(
                            connection ->
                                    new Reading(connection, ledger, zone, range, entries)
                                            .read(new PostedEntries(topics, zone)));
        } catch (RuntimeException failure) {
            entries.close();
            throw failure;
        }
    }

    /// One reading in its snapshot.
    private static final class Reading {
        private final Connection connection;
        private final String ledger;
        private final ZoneId zone;
        private final Range range;
        private final SortedEntries entries;
        private final SortedMap<Account, BigInteger> before = new TreeMap<>();
        private final SortedMap<Account, BigInteger> within = new TreeMap<>();
        private final NavigableSet<LocalDate> days = new TreeSet<>();
        private final Map<String, String> channels = new HashMap<>();
        private long count;

        Reading(
                Connection connection,
                String ledger,
                ZoneId zone,
                Range range,
                SortedEntries entries) {
            this.connection = connection;
            this.ledger = ledger;
            this.zone = zone;
            this.range = range;
            this.entries = entries;
        }

        LedgerJournal read(PostedEntries posted) throws SQLException {
            long newest = new IssuedReports().head(connection);
            long sequence = range.sequence().orElse(newest);
            if (sequence > newest) {
                throw new IllegalArgumentException(
                        "sequence: %d (expected: at most %d, the newest)"
                                .formatted(sequence, newest));
            }
            channels.putAll(new PostingReader().channels(connection, sequence));
            posted.read(connection, sequence, this::take);
            SortedMap<Account, BigInteger> opening = new TreeMap<>();
            SortedMap<Account, BigInteger> closing = new TreeMap<>();
            for (PostingReader.Balance one :
                    new PostingReader().balances(connection, sequence, first(), ending())) {
                Account account = named(new Account(one.account()));
                opening.merge(account, one.before(), BigInteger::add);
                closing.merge(account, one.end(), BigInteger::add);
            }
            opening.put(Account.CLEARING, sum(opening).negate());
            closing.put(Account.CLEARING, sum(closing).negate());
            SortedMap<Account, BigInteger> all = new TreeMap<>(before);
            within.forEach((account, msat) -> all.merge(account, msat, BigInteger::add));
            check("before the first day", before, opening);
            check("at the end of the last day", all, closing);

            all.keySet().removeIf(account -> !within.containsKey(account) && isZero(all, account));
            before.keySet().removeIf(account -> isZero(before, account));
            List<DayReading.Covered> coverage = new DayReader().coverage(connection, sequence);
            LocalDate made = range.madeAt().atZone(zone).toLocalDate();
            LocalDate to =
                    range.to()
                            .orElseGet(
                                    () ->
                                            days.isEmpty()
                                                    ? range.from().orElse(made)
                                                    : days.getLast());
            LocalDate from = range.from().orElseGet(() -> days.isEmpty() ? to : days.getFirst());
            return new LedgerJournal(
                    new Journal.Head(
                            ledger,
                            sequence,
                            range.madeAt(),
                            from,
                            to,
                            isProvisional(to, coverage),
                            names(coverage, all),
                            Collections.unmodifiableSortedMap(before),
                            Collections.unmodifiableSortedMap(all)),
                    entries,
                    count);
        }

        private void take(JournalEntry posted) {
            JournalEntry entry = named(posted);
            if (entry.lines().isEmpty()) {
                return;
            }
            if (range.to().filter(day -> entry.day().isAfter(day)).isPresent()) {
                return;
            }
            boolean isBefore = range.from().filter(day -> entry.day().isBefore(day)).isPresent();
            SortedMap<Account, BigInteger> sums = isBefore ? before : within;
            for (JournalEntry.Line line : entry.lines()) {
                sums.merge(line.account(), BigInteger.valueOf(line.msat()), BigInteger::add);
            }
            if (!isBefore) {
                entries.add(entry);
                count++;
                days.add(entry.day());
            }
        }

        /// A channel has two accounts in the ledger, by its short channel id and by its funding point; here it has one.
        private JournalEntry named(JournalEntry entry) {
            if (entry.lines().stream()
                    .noneMatch(one -> channels.containsKey(one.account().name()))) {
                return entry;
            }
            SortedMap<Account, Long> sums = new TreeMap<>();
            for (JournalEntry.Line line : entry.lines()) {
                sums.merge(named(line.account()), line.msat(), Math::addExact);
            }
            return new JournalEntry(
                    entry.day(),
                    entry.item(),
                    entry.what(),
                    sums.entrySet().stream()
                            .filter(one -> one.getValue() != 0)
                            .map(one -> new JournalEntry.Line(one.getKey(), one.getValue()))
                            .toList());
        }

        private Account named(Account account) {
            String name = channels.get(account.name());
            return name == null ? account : new Account(name);
        }

        private int first() {
            return range.from().map(this::slot).orElse(Integer.MIN_VALUE);
        }

        private int ending() {
            return range.to().map(day -> slot(day.plusDays(1))).orElse(Integer.MAX_VALUE);
        }

        private int slot(LocalDate day) {
            return DayFacts.slot(day.atStartOfDay(zone).toInstant());
        }

        private static boolean isZero(SortedMap<Account, BigInteger> sums, Account account) {
            return sums.getOrDefault(account, BigInteger.ZERO).signum() == 0;
        }

        private static BigInteger sum(SortedMap<Account, BigInteger> balances) {
            return balances.values().stream().reduce(BigInteger.ZERO, BigInteger::add);
        }

        private void check(
                String when,
                SortedMap<Account, BigInteger> added,
                SortedMap<Account, BigInteger> told) {
            SortedSet<Account> accounts = new TreeSet<>(added.keySet());
            accounts.addAll(told.keySet());
            for (Account account : accounts) {
                BigInteger is = added.getOrDefault(account, BigInteger.ZERO);
                BigInteger expected = told.getOrDefault(account, BigInteger.ZERO);
                if (!is.equals(expected)) {
                    throw new IllegalStateException(
                            "journal: %s holds %d msat %s (expected: %d, by the rows that daily reports are made of)"
                                    .formatted(account.name(), is, when, expected));
                }
            }
        }

        private boolean isProvisional(LocalDate last, List<DayReading.Covered> coverage) {
            return new BusinessDay(last, zone, Duration.ZERO).isProvisional(coverage);
        }

        /// Nodes as people call them, of all that have an account or were read.
        private static SortedMap<String, String> names(
                List<DayReading.Covered> coverage, SortedMap<Account, BigInteger> balances) {
            SortedMap<String, String> names = new TreeMap<>();
            for (Account account : balances.keySet()) {
                if (account.name().startsWith(NODE)) {
                    String key =
                            account.name().substring(NODE.length(), NODE.length() + KEY_LENGTH);
                    names.put(key, key);
                }
            }
            for (DayReading.Covered one : coverage) {
                names.put(one.node(), one.alias().isBlank() ? one.node() : one.alias());
            }
            return names;
        }
    }

    /// What it is about.
    public Journal.Head head() {
        return head;
    }

    /// How many entries it has.
    public long count() {
        return count;
    }

    /// Writes it, as often as wanted.
    public void write(Journal.Format format, Appendable out) throws IOException {
        Journal.of(format).write(head, entries, out);
    }

    /// Writes it to a file, which is made anew.
    public void write(Journal.Format format, Path file) throws IOException {
        try (Writer out = Files.newBufferedWriter(file, UTF_8)) {
            write(format, out);
        }
    }

    @Override
    public void close() throws IOException {
        entries.close();
    }
}
