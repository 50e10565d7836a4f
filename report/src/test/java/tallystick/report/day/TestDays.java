package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Random;
import tallystick.db.testing.TestDatabase;
import tallystick.ledger.day.DayFacts;
import tallystick.ledger.decision.Signing;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.Severity;

/// A ledger whose batches are made up: what they changed of days, and of the register. What they say adds up, as the
/// reconciler's do.
final class TestDays {
    static final String NODE = "02" + "ab".repeat(32);
    static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

    private final TestDatabase database;
    private final Random random;
    private long batch;
    private long mismatches;

    TestDays(TestDatabase database, long seed) {
        this.database = database;
        this.random = new Random(seed);
    }

    static BusinessDay day(String date) {
        return new BusinessDay(LocalDate.parse(date), ZONE, Duration.ofMinutes(10));
    }

    /// A batch with some settlements in the days before a moment, half of them booked, the others mismatches.
    void batch(Instant at, int settlements, Duration back) throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            begin(connection, at);
            for (int i = 0; i < settlements; i++) {
                Instant settled = at.minusSeconds(random.nextLong(Math.max(1, back.toSeconds())));
                settle(connection, settled, 1_000L * (1 + random.nextInt(90_000)));
            }
            connection.commit();
        }
    }

    private void begin(Connection connection, Instant at) throws SQLException {
        batch++;
        update(
                connection,
                """
                INSERT INTO ledger.batch (sequence, batch_id, cause, decided_at, records, digest, previous_hash, hash)
                VALUES (?, ?, 'records', ?, 1, sha256(''), sha256(''), sha256(?))
                """,
                batch,
                batch,
                at,
                Long.toString(batch).getBytes(UTF_8));
        update(
                connection,
                "UPDATE ledger.head SET sequence = ?, hash = sha256(?)",
                batch,
                Long.toString(batch).getBytes(UTF_8));
    }

    private void settle(Connection connection, Instant at, long msat) throws SQLException {
        delta(connection, at, NODE, "MOVEMENT", "received", "scid:123456789012345", 1, msat);
        if (random.nextBoolean()) {
            delta(connection, at, "", "ACCOUNT", "book", "books:sales", 1, -msat);
            delta(connection, at, NODE, "REFERENCE", "AGREED", "", 1, msat);
            return;
        }
        delta(connection, at, "", "RESIDUE", "OPEN", "", 1, msat);
        open(connection, at, msat);
    }

    private void open(Connection connection, Instant at, long msat) throws SQLException {
        byte[] id = new byte[32];
        random.nextBytes(id);
        change(connection, at, id, "payment_hash:" + HexFormat.of().formatHex(id), msat);
    }

    private void change(Connection connection, Instant at, byte[] id, String reference, long msat)
            throws SQLException {
        mismatches++;
        Mismatch after =
                Mismatch.newBuilder()
                        .setMismatchId(HexFormat.of().formatHex(id))
                        .setCode("SETTLED_NOT_BOOKED")
                        .setNode(NODE)
                        .setReference(reference)
                        .setAmountMsat(msat)
                        .setResidueMsat(msat)
                        .setSeverity(Severity.SEVERITY_HIGH)
                        .setState(MismatchState.MISMATCH_STATE_OPEN)
                        .setSinceNs(at.getEpochSecond() * 1_000_000_000L)
                        .setExplanation("The node received it; the books have no entry. Book it.")
                        .setEpisode(1)
                        .setNodeMsat(msat)
                        .build();
        update(
                connection,
                "INSERT INTO register.change (batch_id, ordinal, mismatch_id, cause, after) VALUES (?, ?, ?, 'evidence', ?)",
                batch,
                mismatches,
                id,
                after.toByteArray());
    }

    private void delta(
            Connection connection,
            Instant at,
            String node,
            String subject,
            String name,
            String place,
            long count,
            long msat)
            throws SQLException {
        update(
                connection,
                "INSERT INTO ledger.day_delta (batch_id, slot, node, subject, name, place, count, msat) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                batch,
                DayFacts.slot(at),
                node,
                subject,
                name,
                place,
                count,
                msat);
    }

    /// All streams of the node are read up to a moment.
    void cover(Instant at, Instant until) throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            begin(connection, at);
            for (String stream : new String[] {"INVOICES", "PAYMENTS", "FORWARDS"}) {
                update(
                        connection,
                        """
                        INSERT INTO ledger.coverage_known (batch_id, partition_number, node, stream, alias, proven_until, block_height,
                                                           seen_at, has_gaps)
                        VALUES (?, 0, ?, ?, 'alice', ?, 800000, ?, false)
                        """,
                        batch,
                        NODE,
                        stream,
                        until,
                        at);
            }
            connection.commit();
        }
    }

    /// A person signs the report of a day.
    void sign(
            DecisionKind kind,
            Instant at,
            String person,
            String comment,
            LocalDate day,
            String sealDigest)
            throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            begin(connection, at);
            decide(
                    connection,
                    at,
                    Decision.newBuilder()
                            .setMismatchId(Signing.subject(day))
                            .setKind(kind)
                            .setPerson(person)
                            .setReason(comment)
                            .setApproves(sealDigest));
            connection.commit();
        }
    }

    /// A mismatch opens.
    ///
    /// @param id 64 hex digits
    void open(Instant at, String id, String reference) throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            begin(connection, at);
            update(
                    connection,
                    """
                    INSERT INTO register.mismatch (mismatch_id, owner, code, node, reference, amount_msat, residue_msat, severity, state,
                                                   since, label, sentence, advice, order_text, node_half, books_half, episode,
                                                   rule_version, batch_id)
                    VALUES (?, 'test', 'SETTLED_NOT_BOOKED', ?, ?, 1000, 1000, 'HIGH', 'OPEN', ?, 'Settled, not booked',
                            'The node received it.', 'Book it.', '', '[]', '[]', 1, 1, ?)
                    """,
                    HexFormat.of().parseHex(id),
                    NODE,
                    reference,
                    at,
                    batch);
            change(connection, at, HexFormat.of().parseHex(id), reference, 1_000);
            connection.commit();
        }
    }

    /// A person comments on a mismatch. As the ledger stores it: without what the mismatch is about.
    ///
    /// @param id of the mismatch, 64 hex digits
    void comment(Instant at, String person, String text, String id) throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            begin(connection, at);
            decide(
                    connection,
                    at,
                    Decision.newBuilder()
                            .setMismatchId(id)
                            .setKind(DecisionKind.DECISION_KIND_COMMENT)
                            .setPerson(person)
                            .setReason(text));
            connection.commit();
        }
    }

    private void decide(Connection connection, Instant at, Decision.Builder decision)
            throws SQLException {
        String id = "s" + batch;
        update(
                connection,
                "INSERT INTO register.decision (decision_id, mismatch_id, batch_id, bytes) VALUES (?, ?, ?, ?)",
                id,
                HexFormat.of().parseHex(decision.getMismatchId()),
                batch,
                decision.setDecisionId(id)
                        .setDecidedAtNs(at.getEpochSecond() * 1_000_000_000L)
                        .build()
                        .toByteArray());
    }

    private static void update(Connection connection, String sql, Object... values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                if (values[i] instanceof Instant moment) {
                    statement.setObject(
                            i + 1, moment.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
                } else {
                    statement.setObject(i + 1, values[i]);
                }
            }
            statement.executeUpdate();
        }
    }

    long newest() {
        return batch;
    }
}
