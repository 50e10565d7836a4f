package tallystick.report.day;

import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.report.DayReader;
import tallystick.db.report.DayReading;
import tallystick.db.report.IssuedReports;
import tallystick.db.report.IssuedReports.Issued;
import tallystick.ledger.decision.Signing;
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
        private Made with(DayReport.SignOff signOff) {
            return new Made(
                    new DayReport(report.facts(), report.history(), report.seal(), signOff, true),
                    facts,
                    history,
                    seal,
                    isNew);
        }

        /// What a signature signs, 64 hex digits.
        public String sealDigest() {
            return hex(digest(seal));
        }

        /// The canonical JSON of all of it.
        public byte[] json() {
            return new DayJson()
                    .whole(facts, history, seal, report.signOff(), DayQueries.of(report));
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
        return add(day, made) ? made : issued(day).orElseThrow();
    }

    private boolean add(BusinessDay day, Made made) {
        return transactions.call(connection -> reports.add(connection, ledger, row(day, made)));
    }

    /// Issues the report of a day once more from all that is known now. It names the one that it replaces, which stays.
    ///
    /// @param reason why
    /// @throws IllegalArgumentException when the day has no report, or nothing of it would read otherwise
    public Made restate(BusinessDay day, String reason, Instant now) {
        Made made =
                transactions.read(
                        connection -> {
                            List<Issued> editions = reports.of(connection, ledger, day.date());
                            if (editions.isEmpty()) {
                                throw new IllegalArgumentException(
                                        "report: none issued of %s (expected: one to restate)"
                                                .formatted(day.date()));
                            }
                            return restated(connection, editions, reason, now);
                        });
        if (!add(day, made)) {
            throw new IllegalArgumentException(
                    "report: %s was restated by somebody else just now (expected: edition %d to be the newest)"
                            .formatted(day.date(), made.report().seal().edition() - 1));
        }
        return made;
    }

    private Made restated(Connection connection, List<Issued> editions, String reason, Instant now)
            throws SQLException {
        Issued present = editions.getLast();
        BusinessDay day = day(present);
        Unsealed unsealed = remake(connection, day, reports.head(connection), present.since());
        if (Arrays.equals(unsealed.factsBytes(), present.facts())
                && unsealed.history().isProvisional() == present.isProvisional()) {
            throw new IllegalArgumentException(
                    "report: nothing of %s reads otherwise than in edition %d (expected: facts that have changed since ledger sequence %d)"
                            .formatted(day.date(), present.edition(), present.sequence()));
        }
        Seal former = json.seal(editions.getFirst().seal());
        return made(
                connection,
                day,
                unsealed,
                now,
                former.previousDigest(),
                Optional.of(present),
                reason);
    }

    private static BusinessDay day(Issued issued) {
        return new BusinessDay(
                issued.day(),
                ZoneId.of(issued.timeZone()),
                Duration.ofSeconds(issued.cutOffSeconds()));
    }

    /// Whether all streams were read past the end of the day.
    public boolean isCovered(BusinessDay day) {
        return transactions.read(
                connection -> {
                    long head = reports.head(connection);
                    return !day.isProvisional(reader.coverage(connection, head));
                });
    }

    private Made make(Connection connection, BusinessDay day, Instant now) throws SQLException {
        Optional<Issued> before = reports.before(connection, ledger, day.date());
        long since = before.map(Issued::sequence).orElse(0L);
        Unsealed unsealed = remake(connection, day, reports.head(connection), since);
        return made(
                connection,
                day,
                unsealed,
                now,
                before.map(Issued::sealDigest).map(ReportDesk::hex),
                Optional.empty(),
                "");
    }

    private Made made(
            Connection connection,
            BusinessDay day,
            Unsealed unsealed,
            Instant now,
            Optional<String> previousDigest,
            Optional<Issued> replaced,
            String reason)
            throws SQLException {
        Seal seal =
                new Seal(
                        ledger,
                        day.date(),
                        programVersion,
                        now.truncatedTo(ChronoUnit.MICROS),
                        day.cutOff().toSeconds(),
                        hex(digest(unsealed.factsBytes())),
                        hex(digest(unsealed.historyBytes())),
                        previousDigest,
                        replaced.map(Issued::sealDigest).map(ReportDesk::hex),
                        replaced.map(Issued::edition).orElse(0) + 1,
                        reason);
        byte[] bytes = json.seal(seal);
        Made unsigned =
                new Made(
                        new DayReport(
                                unsealed.facts(),
                                unsealed.history(),
                                seal,
                                DayReport.SignOff.NONE,
                                true),
                        unsealed.factsBytes(),
                        unsealed.historyBytes(),
                        bytes,
                        true);
        List<Issued> editions = new ArrayList<>(reports.of(connection, ledger, day.date()));
        editions.add(row(day, unsigned));
        return unsigned.with(signOff(connection, editions));
    }

    /// What people said of the day's reports, as far as the ledger has applied it.
    private DayReport.SignOff signOff(Connection connection, List<Issued> editions)
            throws SQLException {
        Map<String, Integer> numbers = new HashMap<>();
        editions.forEach(one -> numbers.put(hex(one.sealDigest()), one.edition()));
        return new DayReport.SignOff(
                signings(connection, editions.getFirst().day()).stream()
                        .flatMap(
                                one ->
                                        SignOffs.signatures(
                                                one, numbers.getOrDefault(one.report(), 0)))
                        .toList(),
                editions.stream()
                        .map(
                                one ->
                                        new DayReport.Edition(
                                                one.edition(),
                                                one.issuedAt(),
                                                one.sequence(),
                                                hex(one.sealDigest()),
                                                json.seal(one.seal()).reason()))
                        .toList());
    }

    /// Who signed the reports of a day.
    public List<Signing> signings(LocalDate day) {
        return transactions.read(connection -> signings(connection, day));
    }

    private List<Signing> signings(Connection connection, LocalDate day) throws SQLException {
        return SignOffs.signings(
                day,
                reports.signatures(
                        connection, List.of(HexFormat.of().parseHex(Signing.subject(day)))));
    }

    private Issued row(BusinessDay day, Made made) {
        Seal seal = made.report().seal();
        return new Issued(
                day.date(),
                made.report().history().sequence(),
                made.report().history().since(),
                day.zone().getId(),
                Math.toIntExact(day.cutOff().toSeconds()),
                made.report().history().isProvisional(),
                made.report().facts().open().size(),
                made.report().facts().openMsat(),
                seal.issuedAt(),
                made.facts(),
                digest(made.facts()),
                made.history(),
                digest(made.history()),
                made.seal(),
                digest(made.seal()),
                seal.edition(),
                seal.replaces().map(HexFormat.of()::parseHex));
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

    /// The newest report of a day as it was issued; made again, and held against what was stored.
    ///
    /// @throws IllegalStateException when the ledger no longer gives what was issued
    public Optional<Made> issued(BusinessDay day) {
        return issued(day, OptionalInt.empty());
    }

    /// @param edition which of the day's reports; empty for the newest
    /// @throws IllegalStateException when the ledger no longer gives what was issued
    public Optional<Made> issued(BusinessDay day, OptionalInt edition) {
        return transactions.read(
                connection -> {
                    List<Issued> editions = reports.of(connection, ledger, day.date());
                    Optional<Issued> found =
                            editions.reversed().stream()
                                    .filter(
                                            one ->
                                                    edition.isEmpty()
                                                            || one.edition() == edition.getAsInt())
                                    .findFirst();
                    return found.isEmpty()
                            ? Optional.empty()
                            : Optional.of(
                                    again(connection, found.get())
                                            .with(signOff(connection, editions)));
                });
    }

    private Made again(Connection connection, Issued issued) throws SQLException {
        Unsealed again = remake(connection, day(issued), issued.sequence(), issued.since());
        check(issued, "facts", issued.facts(), again.factsBytes());
        check(issued, "history", issued.history(), again.historyBytes());
        return new Made(
                new DayReport(
                        again.facts(),
                        again.history(),
                        json.seal(issued.seal()),
                        DayReport.SignOff.NONE,
                        true),
                issued.facts(),
                issued.history(),
                issued.seal(),
                false);
    }

    private void check(Issued issued, String part, byte[] stored, byte[] again) {
        if (Arrays.equals(stored, again)) {
            return;
        }
        OptionalInt schema = json.schema(stored);
        if (schema.isPresent() && schema.getAsInt() != DayReport.SCHEMA) {
            throw new IllegalStateException(
                    "report of %s: %s in format %d (expected: %d, the only one that version %s makes)"
                            .formatted(
                                    issued.day(),
                                    part,
                                    schema.getAsInt(),
                                    DayReport.SCHEMA,
                                    programVersion));
        }
        throw new IllegalStateException(
                "report of %s: %s with digest %s (expected: %s, as issued by version %s; a row that it rests on was changed, or version %s tells it otherwise)"
                        .formatted(
                                issued.day(),
                                part,
                                hex(digest(again)),
                                hex(digest(stored)),
                                json.programVersion(issued.seal()).orElse("unknown"),
                                programVersion));
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

    /// How each of the reports is signed: by nobody, prepared, or reviewed.
    public Map<LocalDate, Signing> signings(List<IssuedReports.Entry> entries) {
        Map<String, LocalDate> days = new HashMap<>();
        entries.forEach(one -> days.put(Signing.subject(one.day()), one.day()));
        Map<LocalDate, List<IssuedReports.Signature>> signatures =
                transactions
                        .read(
                                connection ->
                                        reports.signatures(
                                                connection,
                                                days.keySet().stream()
                                                        .map(HexFormat.of()::parseHex)
                                                        .toList()))
                        .stream()
                        .collect(
                                Collectors.groupingBy(
                                        one -> requireNonNull(days.get(hex(one.subject())))));
        Map<LocalDate, Signing> result = new HashMap<>();
        for (IssuedReports.Entry entry : entries) {
            SignOffs.signings(entry.day(), signatures.getOrDefault(entry.day(), List.of())).stream()
                    .filter(one -> one.report().equals(hex(entry.sealDigest())))
                    .forEach(one -> result.put(entry.day(), one));
        }
        return result;
    }

    /// Reports that were issued, the newest day first, of each day the newest.
    ///
    /// @param until the last day that is wanted
    public List<IssuedReports.Entry> list(LocalDate until, int limit) {
        return transactions.read(connection -> reports.list(connection, ledger, until, limit));
    }

    /// A report of a list, held against the parts that are stored with it.
    ///
    /// @param changed which of its figures are not as its parts say; empty when all are
    public record Listed(IssuedReports.Entry entry, List<String> changed) {
        public Listed {
            changed = List.copyOf(changed);
        }
    }

    /// The same, each row held against its own parts, which is what can be done without making reports again.
    public List<Listed> listed(LocalDate until, int limit) {
        return transactions.read(
                connection -> {
                    List<Listed> result = new ArrayList<>();
                    for (IssuedReports.Entry one : reports.list(connection, ledger, until, limit)) {
                        Issued issued =
                                reports.of(connection, ledger, one.day()).stream()
                                        .filter(edition -> edition.edition() == one.edition())
                                        .findFirst()
                                        .orElseThrow();
                        result.add(new Listed(one, new StoredRow(issued, json).changed()));
                    }
                    return result;
                });
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
