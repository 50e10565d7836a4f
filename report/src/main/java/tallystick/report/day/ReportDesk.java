package tallystick.report.day;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.report.DayReader;
import tallystick.db.report.DayReading;
import tallystick.db.report.IssuedReports;
import tallystick.db.report.IssuedReports.Issued;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.History;
import tallystick.report.day.DayReport.Seal;

/// Issues reports, shows those that were issued, and makes any of them again. Any thread.
///
/// A report is made in one snapshot and stored with one statement: whoever dies in between leaves nothing, and of several who
/// try at once one wins, whose report the others get.
public final class ReportDesk {
    /// How many days the trend tells.
    private static final int TREND_DAYS = 14;

    private final Transactions transactions;
    private final String ledger;
    private final String programVersion;
    private final DayReader reader = new DayReader();
    private final IssuedReports reports = new IssuedReports();
    private final DayJson json = new DayJson();

    public ReportDesk(DataSource dataSource, String ledger, String programVersion) {
        this.transactions = new Transactions(dataSource);
        this.ledger = ledger;
        this.programVersion = programVersion;
    }

    /// A report with its bytes.
    ///
    /// @param isNew whether this very call issued it
    public record Made(DayReport report, byte[] facts, byte[] history, byte[] seal, boolean isNew) {
        /// The canonical JSON of all of it.
        public byte[] json() {
            return new DayJson().whole(facts, history, seal, DayQueries.of(report));
        }
    }

    /// Issues the report of a day from all that is known now; when it is issued already, that one.
    ///
    /// @throws IllegalArgumentException when the day is not over
    public Made issue(BusinessDay day, Instant now) {
        if (now.isBefore(day.to())) {
            throw new IllegalArgumentException(
                    "day: %s ends at %s (expected: before now, %s)"
                            .formatted(day.date(), day.to(), now));
        }
        Optional<Made> issued = issued(day);
        if (issued.isPresent()) {
            return issued.get();
        }
        Made made = transactions.read(connection -> make(connection, day, now));
        boolean isNew =
                transactions.call(connection -> reports.add(connection, ledger, row(day, made)));
        return isNew ? made : issued(day).orElseThrow();
    }

    /// Whether all streams were read past the end of the day.
    public boolean isCovered(BusinessDay day) {
        return transactions.read(
                connection -> {
                    long head = reports.head(connection);
                    return !DayReports.isProvisional(day, reader.coverage(connection, head));
                });
    }

    private Made make(Connection connection, BusinessDay day, Instant now) throws SQLException {
        Optional<Issued> before = reports.before(connection, ledger, day.date());
        long since = before.map(Issued::sequence).orElse(0L);
        Instant issuedAt = now.truncatedTo(ChronoUnit.MICROS);
        Unsealed unsealed = remake(connection, day, reports.head(connection), since);
        Seal seal =
                new Seal(
                        ledger,
                        day.date(),
                        programVersion,
                        issuedAt,
                        day.cutOff().toSeconds(),
                        hex(digest(unsealed.factsBytes())),
                        hex(digest(unsealed.historyBytes())),
                        before.map(Issued::sealDigest).map(ReportDesk::hex),
                        Optional.empty());
        return new Made(
                new DayReport(unsealed.facts(), unsealed.history(), seal, true),
                unsealed.factsBytes(),
                unsealed.historyBytes(),
                json.seal(seal),
                true);
    }

    private Issued row(BusinessDay day, Made made) {
        return new Issued(
                day.date(),
                made.report().history().sequence(),
                made.report().history().since(),
                day.zone().getId(),
                Math.toIntExact(day.cutOff().toSeconds()),
                made.report().history().isProvisional(),
                made.report().facts().open().size(),
                made.report().facts().openMsat(),
                made.report().seal().issuedAt(),
                made.facts(),
                digest(made.facts()),
                made.history(),
                digest(made.history()),
                made.seal(),
                digest(made.seal()));
    }

    /// A report without its seal.
    public record Unsealed(Facts facts, History history, byte[] factsBytes, byte[] historyBytes) {}

    /// Facts and history as they were, or would have been, at a ledger sequence.
    ///
    /// @param since the sequence of the report before; 0 for none
    public Unsealed remake(BusinessDay day, long sequence, long since) {
        return transactions.read(
                connection -> {
                    long head = reports.head(connection);
                    if (sequence > head) {
                        throw new IllegalArgumentException(
                                "sequence: %d (expected: at most %d, the newest)"
                                        .formatted(sequence, head));
                    }
                    return remake(connection, day, sequence, since);
                });
    }

    private Unsealed remake(Connection connection, BusinessDay day, long sequence, long since)
            throws SQLException {
        DayReports.Moves moves = new DayReports.Moves();
        DayReading reading = reader.read(connection, day.from(), day.to(), sequence, since, moves);
        Facts facts = DayReports.facts(ledger, day, reading);
        History history = DayReports.history(day, reading, moves);
        return new Unsealed(facts, history, json.facts(facts), json.history(history));
    }

    /// The report of a day as it was issued; made again, and held against what was stored.
    ///
    /// @throws IllegalStateException when the ledger no longer gives what was issued
    public Optional<Made> issued(BusinessDay day) {
        return transactions.read(
                connection -> {
                    Optional<Issued> found = reports.of(connection, ledger, day.date());
                    return found.isEmpty()
                            ? Optional.empty()
                            : Optional.of(again(connection, found.get()));
                });
    }

    private Made again(Connection connection, Issued issued) throws SQLException {
        BusinessDay day =
                new BusinessDay(
                        issued.day(),
                        ZoneId.of(issued.timeZone()),
                        Duration.ofSeconds(issued.cutOffSeconds()));
        Unsealed again = remake(connection, day, issued.sequence(), issued.since());
        check(issued, "facts", issued.facts(), again.factsBytes());
        check(issued, "history", issued.history(), again.historyBytes());
        return new Made(
                new DayReport(again.facts(), again.history(), json.seal(issued.seal()), true),
                issued.facts(),
                issued.history(),
                issued.seal(),
                false);
    }

    private static void check(Issued issued, String part, byte[] stored, byte[] again) {
        if (!Arrays.equals(stored, again)) {
            throw new IllegalStateException(
                    "report of %s: %s with digest %s (expected: %s, as issued; a row that it rests on was changed)"
                            .formatted(
                                    issued.day(), part, hex(digest(again)), hex(digest(stored))));
        }
    }

    /// What the formats of a report are made from, with the days before it.
    public DayDocument document(Made made) {
        List<DayPage.Point> trend =
                list(made.report().facts().day(), TREND_DAYS).reversed().stream()
                        .map(one -> new DayPage.Point(one.day(), one.openCount(), one.openMsat()))
                        .toList();
        return new DayDocument(made.report(), made.json(), trend);
    }

    /// The facts of a day as known now, issued or not: what does not depend on the order in which they became known.
    public DayDocument facts(BusinessDay day) {
        return transactions.read(
                connection -> {
                    Unsealed made = remake(connection, day, reports.head(connection), 0);
                    DayReport report =
                            DayReport.ofFacts(
                                    made.facts(),
                                    made.history().coverage(),
                                    made.history().isProvisional(),
                                    hex(digest(made.factsBytes())));
                    return new DayDocument(
                            report, json.factsOnly(made.factsBytes(), report.history()), List.of());
                });
    }

    /// The sequence of the last report of an earlier day; 0 for none.
    public long before(LocalDate day) {
        return transactions.read(
                connection ->
                        reports.before(connection, ledger, day).map(Issued::sequence).orElse(0L));
    }

    /// Reports that were issued, the newest day first.
    ///
    /// @param until the last day that is wanted
    public List<IssuedReports.Entry> list(LocalDate until, int limit) {
        return transactions.read(connection -> reports.list(connection, ledger, until, limit));
    }

    /// The last day that has a report; empty before the first.
    public Optional<LocalDate> last(LocalDate until) {
        return list(until, 1).stream().map(IssuedReports.Entry::day).findFirst();
    }

    /// SHA-256, as digests of reports are.
    public static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: none (expected: in every JDK)", e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
