package tallystick.ops.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import tallystick.db.Transactions;
import tallystick.db.archive.ArchivedEvidence;
import tallystick.db.report.AuditQueries;
import tallystick.db.seal.Head;
import tallystick.db.seal.RowProof;
import tallystick.ops.embedded.Trees;
import tallystick.ops.journal.LedgerJournal;
import tallystick.report.CsvText;
import tallystick.report.day.DayDocument;
import tallystick.report.day.DayFormat;
import tallystick.report.day.DayReport;
import tallystick.report.day.ReportDesk;
import tallystick.report.journal.Journal;

/// All that a day's report rests on, in one archive. It follows from the report and from what the ledger held at the report's
/// ledger sequence alone: whoever makes it again gets the same bytes. One thread.
public final class EvidencePack {
    private static final List<String> NEEDED =
            List.of(
                    "README.txt",
                    PackLinks.LEDGER,
                    PackLinks.FACTS,
                    PackLinks.HISTORY,
                    PackLinks.SEAL,
                    PackLinks.BATCHES);

    private static final String REPORT = "report";
    private static final String JOURNAL = "journal";
    private static final String AUDIT = "audit";

    private final DataSource dataSource;
    private final ReportDesk desk;
    private final Journals journals;

    /// Reads the ledger's entries, however it is reached.
    public interface Journals {
        /// @param report whose day and zone are wanted
        LedgerJournal read(DayReport report, LedgerJournal.Range range) throws IOException;
    }

    public EvidencePack(DataSource dataSource, ReportDesk desk, Journals journals) {
        this.dataSource = dataSource;
        this.desk = desk;
        this.journals = journals;
    }

    /// What was written.
    ///
    /// @param files how many, the list of sums included
    public record Written(int files, long bytes) {}

    /// @param made the report, as it was issued
    /// @param file replaced as a whole when it is there
    public Written write(ReportDesk.Made made, Path file) throws IOException {
        Path folder = Files.createTempDirectory("tallystick-pack-");
        try {
            writeReport(made, folder);
            writeJournals(made.report(), folder);
            List<AuditQueries.Query> queries = writeAudit(made.report(), folder);
            write(folder, "ledger.json", LedgerFacts.json(made).getBytes(UTF_8));
            write(folder, "VerifyRow.java", RowProof.verifier());
            write(folder, "README.txt", Readme.of(made.report(), queries).getBytes(UTF_8));
            int files = Archive.write(folder, file);
            return new Written(files, Files.size(file));
        } finally {
            Trees.delete(folder);
        }
    }

    /// What a pack that was read again comes to.
    ///
    /// @param ledger the ledger's name, as the pack tells it
    /// @param batches how many steps of the ledger lead to its head
    /// @param differences what is not as it was packed; empty when all is
    public record Checked(String ledger, int batches, List<String> differences) {
        public Checked {
            differences = List.copyOf(differences);
        }
    }

    /// Heads that somebody kept elsewhere, of a ledger with the given name.
    public interface KeptHeads {
        List<Head> of(String ledger);
    }

    /// Whether each file is as the pack's own sums say, the report's parts are those of its seal, the ledger's steps lead to its head,
    /// and that head is the one that was kept.
    ///
    /// @throws IllegalArgumentException when heads were kept, and the pack tells of none of them
    public static Checked check(Path file, KeptHeads kept) throws IOException {
        List<String> differences = new ArrayList<>(Archive.differences(file, NEEDED));
        PackLinks links = PackLinks.of(file);
        differences.addAll(links.broken());
        List<Head> heads = kept.of(links.ledger());
        if (!heads.isEmpty()) {
            differences.addAll(links.contradictedBy(heads));
        }
        return new Checked(links.ledger(), Math.max(0, links.hashes().size() - 1), differences);
    }

    private void writeReport(ReportDesk.Made made, Path folder) throws IOException {
        DayDocument document = desk.document(made);
        for (DayFormat format : DayFormat.of(made.report())) {
            for (Map.Entry<String, byte[]> one : format.render(document).entrySet()) {
                write(folder, REPORT + "/" + one.getKey(), one.getValue());
            }
        }
        write(folder, REPORT + "/parts/facts.json", made.facts());
        write(folder, REPORT + "/parts/history.json", made.history());
        write(folder, REPORT + "/parts/seal.json", made.seal());
    }

    private void writeJournals(DayReport report, Path folder) throws IOException {
        LedgerJournal.Range range =
                new LedgerJournal.Range(
                        Optional.of(report.facts().day()),
                        Optional.of(report.facts().day()),
                        Optional.of(report.history().sequence()),
                        report.seal().issuedAt());
        try (LedgerJournal journal = journals.read(report, range)) {
            for (Journal.Format format : Journal.Format.values()) {
                Path file =
                        folder.resolve(JOURNAL)
                                .resolve(report.facts().day() + "." + format.ending());
                Files.createDirectories(folder.resolve(JOURNAL));
                journal.write(format, file);
            }
        }
    }

    private List<AuditQueries.Query> writeAudit(DayReport report, Path folder) throws IOException {
        AuditQueries questions = new AuditQueries();
        Instant from = report.facts().from();
        Instant to = report.facts().to();
        List<AuditQueries.Query> queries =
                questions.of(
                        new AuditQueries.Subject(
                                report.facts().ledger(),
                                report.facts().day(),
                                from,
                                to,
                                report.history().sequence(),
                                report.history().since(),
                                report.seal().issuedAt()));
        for (AuditQueries.Query query : queries) {
            write(
                    folder,
                    AUDIT + "/" + query.name() + ".sql",
                    "-- %s.%n%s;%n".formatted(query.title(), query.sql().strip()).getBytes(UTF_8));
        }
        try {
            new Transactions(dataSource)
                    .read(
                            connection -> {
                                requireEvidence(connection, report);
                                for (AuditQueries.Query query : queries) {
                                    try (Table table =
                                            new Table(
                                                    folder.resolve(AUDIT)
                                                            .resolve(query.name() + ".csv"))) {
                                        questions.run(connection, query, table);
                                    }
                                }
                                return queries;
                            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return queries;
    }

    private static void write(Path folder, String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Path parent = file.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.write(file, content);
    }

    private static void requireEvidence(Connection connection, DayReport report)
            throws SQLException {
        long until = ArchivedEvidence.until(connection);
        if (until > report.history().since()) {
            throw new IllegalArgumentException(
                    "pack of %s: evidence up to ledger sequence %d is archived (expected: of all after %d in the ledger; make packs before)"
                            .formatted(report.facts().day(), until, report.history().since()));
        }
    }

    /// A result as CSV.
    private static final class Table implements AuditQueries.Result, AutoCloseable {
        private final Path file;
        private CsvText.@Nullable Rows rows;

        Table(Path file) {
            this.file = file;
        }

        @Override
        public void columns(List<String> names) {
            try {
                rows = new CsvText.Rows(Files.newBufferedWriter(file, UTF_8), names);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void row(List<@Nullable Object> values) {
            List<String> row = new ArrayList<>();
            for (Object value : values) {
                row.add(
                        switch (value) {
                            case null -> "";
                            case String text -> CsvText.safe(text);
                            default -> value.toString();
                        });
            }
            if (rows == null) {
                throw new IllegalStateException("rows before columns (expected: after them)");
            }
            rows.add(row);
        }

        @Override
        public void close() {
            try {
                if (rows != null) {
                    rows.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
