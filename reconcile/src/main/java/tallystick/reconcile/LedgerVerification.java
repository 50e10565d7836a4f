package tallystick.reconcile;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.archive.ArchivedEvidence;
import tallystick.db.seal.Head;
import tallystick.db.seal.TamperCheck;
import tallystick.db.seal.TamperFinding;
import tallystick.db.seal.TamperResult;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;

/// Whether a ledger is as it was written, and whether what is changed in place follows from what only ever comes. Reads only, in
/// one snapshot.
public final class LedgerVerification {
    /// The class of SQL states of values that cannot be.
    private static final String DATA_EXCEPTION = "22";

    private final Transactions transactions;
    private final EvidenceReader reader;

    public LedgerVerification(DataSource dataSource, TopicSettings topics) {
        this.transactions = new Transactions(dataSource);
        this.reader = new EvidenceReader(Reconciler.reconciled(topics));
    }

    /// Checks everything.
    ///
    /// @param published heads from outside the database, whose ledger this is said to be
    /// @param progress takes what is being done, in words
    public TamperResult run(List<Head> published, Consumer<String> progress) {
        return transactions.read(connection -> run(connection, published, progress));
    }

    /// The same, and what is archived too.
    ///
    /// @param archive where the files are
    public TamperResult run(List<Head> published, Path archive, Consumer<String> progress) {
        return transactions.readWithTables(
                connection -> {
                    progress.accept("archive");
                    List<TamperFinding> findings = new ArrayList<>();
                    boolean isWhole = ArchivedEvidence.load(connection, archive, findings);
                    return run(
                            connection,
                            published,
                            isWhole ? Optional.of(ArchivedEvidence.VIEW) : Optional.empty(),
                            findings,
                            progress);
                });
    }

    /// The same within a transaction of the caller's, which a failure may leave aborted.
    TamperResult run(Connection connection, List<Head> published, Consumer<String> progress)
            throws SQLException {
        return run(connection, published, Optional.empty(), new ArrayList<>(), progress);
    }

    /// @param whole view that shows all evidence, what is archived too
    private TamperResult run(
            Connection connection,
            List<Head> published,
            Optional<String> whole,
            List<TamperFinding> findings,
            Consumer<String> progress)
            throws SQLException {
        TamperResult sealed = TamperCheck.run(connection, published, progress);
        findings.addAll(sealed.findings());
        long notComputed = 0;
        try {
            Optional<RuleSet> rules = new RuleBook(transactions).active(connection);
            Recomputation recomputation =
                    new Recomputation(
                            connection, reader, whole, rules, sealed.head() + 1, progress);
            findings.addAll(recomputation.run());
            notComputed = recomputation.notComputed();
        } catch (SQLException e) {
            if (!String.valueOf(e.getSQLState()).startsWith(DATA_EXCEPTION)) {
                throw e;
            }
            findings.add(unreadable(sealed, e));
        } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
            findings.add(unreadable(sealed, e));
        }
        return sealed.with(findings, notComputed);
    }

    /// Rows that were changed need not be readable.
    private static TamperFinding unreadable(TamperResult sealed, Exception e) {
        return new TamperFinding(
                sealed.head() + 1, "ledger.item", "cannot be computed again: " + e.getMessage());
    }
}
