package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.settled;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.db.archive.EvidenceArchive;
import tallystick.db.archive.EvidenceArchive.Month;
import tallystick.db.seal.TamperFinding;
import tallystick.db.seal.TamperResult;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;

/// Evidence of months that are over lies in files, and the ledger goes on proving what it says: by digests without the files, and
/// in full with them.
class EvidenceArchiveIT {
    private static final Instant NOW = at(600);
    private static final YearMonth MARCH = YearMonth.of(2026, 3);
    private static final Instant APRIL = Instant.parse("2026-04-01T00:00:00Z");
    private static final String FILE = "evidence-2026-03.gz";

    @TempDir Path folder;

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final LedgerVerification verification =
            new LedgerVerification(ledger.dataSource(), RelayIT.topics());
    private final Database archivist = ledger.database().connect(Role.ARCHIVIST);
    private final EvidenceArchive archive =
            new EvidenceArchive(new Transactions(archivist.dataSource()));

    /// In March a receipt that agrees and one whose entry comes in April.
    @BeforeEach
    void twoMonths() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        log.append(
                booked(
                        entry("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 11)
                                .setOrder("ord-1")
                                .setMemo("for Anna")));
        log.append(settled(NODE_A, 2, 7_000, 10));
        apply(NOW);
        log.append(booked("e2", ENTRY_KIND_RECEIPT, 2, 7_000, 11));
        apply(APRIL);
    }

    @AfterEach
    void theIdentityHolds() {
        archivist.close();
        ledger.checkIdentity();
        ledger.close();
    }

    @Test
    void aMonthGoesToItsFileAndEverythingIsStillProven() {
        assertThat(archive.next(MARCH)).isEmpty();
        Month month = archive.next(YearMonth.of(2026, 12)).orElseThrow();
        assertThat(month).isEqualTo(new Month(MARCH, 1, month.lastSequence()));

        EvidenceArchive.Archived done = archive.archive(month, folder, "ann");

        assertThat(done.chunks()).isPositive();
        assertThat(folder.resolve(FILE)).exists();
        assertThat(archive.next(YearMonth.of(2026, 12)))
                .as("April is not over")
                .isEqualTo(Optional.empty());
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(1);
        TamperResult alone = verification.run(List.of(), _ -> {});
        assertThat(alone.findings()).isEmpty();
        assertThat(alone.archivedItems()).isEqualTo(2);
        TamperResult whole = verification.run(List.of(), folder, _ -> {});
        assertThat(whole.findings()).isEmpty();
        assertThat(whole.archivedItems()).isZero();

        log.append(settled(NODE_A, 1, 5_001, 12));
        apply(APRIL);
        assertThat(verification.run(List.of(), _ -> {}).findings()).isEmpty();
        assertThat(verification.run(List.of(), folder, _ -> {}).findings()).isEmpty();
        assertThatThrownBy(() -> entries(month.lastSequence()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("archived");
    }

    @Test
    void whatPeopleWroteCanStillBeErased() {
        archive();
        assertThat(
                        new TextErasure(ledger.dataSource(), RelayIT.topics())
                                .find(ItemKey.ofPayment(hash(1)))
                                .records())
                .isEqualTo(1);
        log.append(
                new Fact(
                        Topic.DECISIONS,
                        hash(1),
                        Decision.newBuilder()
                                .setDecisionId("d1")
                                .setMismatchId(hash(1))
                                .setKind(DecisionKind.DECISION_KIND_ERASE)
                                .setPerson("ann")
                                .setReason("asked for")
                                .setDecidedAtNs(Times.nanos(APRIL))
                                .setReference("payment_hash:" + hash(1))
                                .build()
                                .toByteArray()));
        apply(APRIL);

        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.evidence_text WHERE position('Anna' IN encode(record_send(evidence_text), 'escape')) > 0"))
                .isZero();
        assertThat(verification.run(List.of(), _ -> {}).findings()).isEmpty();
        assertThat(verification.run(List.of(), folder, _ -> {}).findings()).isEmpty();
    }

    @Test
    void aFileThatIsChangedOrLostIsFound() throws IOException {
        archive();
        Path file = folder.resolve(FILE);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertThat(verification.run(List.of(), folder, _ -> {}).findings())
                .extracting(TamperFinding::where)
                .containsExactly("file " + FILE);

        Files.delete(file);
        assertThat(verification.run(List.of(), folder, _ -> {}).findings())
                .extracting(TamperFinding::what)
                .containsExactly("is not in %s (expected: as it was archived)".formatted(folder));
    }

    @Test
    void whatIsChangedOfAnArchivedItemIsFoundWithTheFiles() {
        archive();
        String swap =
                """
                SET tallystick.writes = 'on';
                UPDATE ledger.item_row AS one SET body = other.body FROM ledger.item_row AS other
                 WHERE one.kind = 'payment' AND other.kind = 'payment' AND one.reference <> other.reference
                """;
        ledger.database().execute(swap);

        assertThat(verification.run(List.of(), folder, _ -> {}).findings())
                .extracting(TamperFinding::what)
                .anyMatch(what -> what.contains("it is not what its evidence says"));
        ledger.database().execute(swap);
    }

    /// Evidence that goes in any other way is found, also where somebody says that it is in a file.
    @Test
    void nothingElseTakesEvidenceAway() throws SQLException {
        try (Connection connection = archivist.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql :
                    List.of(
                            "DELETE FROM ledger.evidence_chunk",
                            "INSERT INTO ledger.archived_month SELECT * FROM ledger.archived_month",
                            "SELECT * FROM ledger.evidence_text",
                            "SELECT * FROM ledger.evidence")) {
                assertThatThrownBy(() -> statement.execute(sql))
                        .as(sql)
                        .hasMessageContaining("permission denied");
            }
            assertThatThrownBy(
                            () ->
                                    statement.execute(
                                            "SELECT ledger.archive_month('2026-03-01', 'x', 'f', sha256('x'), sha256('x'))"))
                    .hasMessageContaining("that of the file");
            assertThatThrownBy(
                            () ->
                                    statement.execute(
                                            "SELECT ledger.archive_month('2026-04-01', 'x', 'f', sha256('x'), sha256('x'))"))
                    .hasMessageContaining("is not over");
        }
        String said =
                """
                SET tallystick.writes = 'on';
                INSERT INTO ledger.archived_month VALUES ('2026-03-01', 1, 1, 1, sha256('x'), 'f', sha256('x'), now(), 'x')
                """;
        ledger.database().execute(said);
        assertThat(where()).contains("ledger.archived_month");
        ledger.database()
                .execute("SET tallystick.writes = 'on'; DELETE FROM ledger.evidence_chunk");
        assertThat(where()).contains("ledger.archived_month", "ledger.evidence_chunk");
    }

    private List<String> where() {
        return verification.run(List.of(), _ -> {}).findings().stream()
                .map(TamperFinding::where)
                .toList();
    }

    private void archive() {
        archive.archive(archive.next(YearMonth.of(2026, 12)).orElseThrow(), folder, "ann");
    }

    private void entries(long sequence) {
        var _ =
                ledger.transactions()
                        .read(
                                connection -> {
                                    new PostedEntries(FakeLog.byName(), ZoneOffset.UTC)
                                            .read(connection, sequence, _ -> {});
                                    return 0;
                                });
    }

    private void apply(Instant now) {
        ledger.applier().apply(log.readAll(), now);
        ledger.groups().decideDirty(now);
    }
}
