package tallystick.serve.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tallystick.db.testing.TestDatabase;
import tallystick.ledger.mismatch.Code;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.Severity;
import tallystick.report.day.ReportDesk;

/// A register as a reconciler would have left it, of two nodes, with whatever people write and with amounts up to all bitcoin
/// that there will be. The same count gives the same.
public final class SeededRegister {
    /// What orders, memos, names and reasons may be.
    public static final List<String> HOSTILE =
            List.of(
                    "ord-00044",
                    "<script>document.title = 'taken'</script>",
                    "\"><img src=x onerror=\"document.title='taken'\">",
                    "Größe & Maße; 注文番号 12; طلب 7; \uD83D\uDED2",
                    "\u202Egpj.elif",
                    "W".repeat(120),
                    "paid by the customer of the shop on the corner, who asked twice whether it had come, and then once more, "
                            .repeat(3),
                    "'; DROP TABLE register.mismatch; --");

    public static final List<String> NODES = List.of("02" + "a".repeat(64), "03" + "b".repeat(64));

    private static final List<Code> CODES =
            Arrays.stream(Code.values())
                    .filter(
                            one ->
                                    one.severity()
                                            != tallystick.ledger.mismatch.Severity.INFORMATION)
                    .toList();

    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final int SECONDS = 22 * 86_400;
    private static final int BATCH = 1;
    private static final int NOTES = 60;
    private static final long MSAT_MAX = 2_100_000_000_000_000_000L;

    private static final String BASE =
            """
            INSERT INTO ledger.batch (batch_id, sequence, cause, decided_at, records, digest, previous_hash, hash, format)
            VALUES (1, 1, 'records', '2026-11-23T00:10:00Z', 0, sha256(''), sha256(''), sha256('1'), 1);
            UPDATE ledger.head SET sequence = 1;
            """;

    private static final String COVERAGE =
            """
            INSERT INTO ledger.coverage_known VALUES (1, 0, ?, ?, ?, '2026-12-03T12:00:00Z', 900000, '2026-12-03T12:00:00Z', false);
            INSERT INTO ledger.coverage VALUES (0, ?, ?, ?, '2026-12-03T12:00:00Z', 900000, '2026-12-03T12:00:00Z', false)
            """;

    private static final String MISMATCH =
            """
            INSERT INTO register.mismatch (mismatch_id, owner, code, node, reference, amount_msat, residue_msat, severity, state, since,
                                           label, sentence, advice, order_text, account, node_msat, books_msat, node_half,
                                           books_half, episode, rule_version, batch_id)
            VALUES (?, 'seeded', ?, ?, ?, ?, ?, ?, 'OPEN', ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb, 1, 1, ?)
            """;

    private static final String CHANGE =
            "INSERT INTO register.change (batch_id, ordinal, mismatch_id, cause, after) VALUES (?, ?, ?, 'evidence', ?)";

    private static final String DECISION =
            "INSERT INTO register.decision (decision_id, mismatch_id, batch_id, bytes) VALUES (?, ?, ?, ?)";

    private SeededRegister() {}

    /// @param count of open mismatches
    public static void write(TestDatabase ledger, int count) throws SQLException {
        ledger.execute(BASE);
        try (Connection connection = ledger.dataSource().getConnection()) {
            cover(connection);
            var random = new Random(count);
            try (PreparedStatement rows = connection.prepareStatement(MISMATCH);
                    PreparedStatement changes = connection.prepareStatement(CHANGE);
                    PreparedStatement decisions = connection.prepareStatement(DECISION)) {
                for (int i = 0; i < count; i++) {
                    Mismatch one = mismatch(i, random);
                    add(rows, one);
                    byte[] id = HexFormat.of().parseHex(one.getMismatchId());
                    set(changes, BATCH, i, id, one.toByteArray());
                    if (i < NOTES) {
                        set(decisions, "note-" + i, id, BATCH, note(one, i).toByteArray());
                    }
                }
                rows.executeBatch();
                changes.executeBatch();
                decisions.executeBatch();
            }
        }
    }

    /// Of one of them, in hex. Number 0 is the worst and largest.
    public static String id(int number) {
        return HexFormat.of().formatHex(ReportDesk.digest(("seeded " + number).getBytes(UTF_8)));
    }

    private static void cover(Connection connection) throws SQLException {
        for (int i = 0; i < NODES.size(); i++) {
            String alias = i == 0 ? "alice" : "<b>" + "node-of-the-shop-".repeat(5);
            for (String stream : List.of("INVOICES", "PAYMENTS")) {
                try (PreparedStatement statement = connection.prepareStatement(COVERAGE)) {
                    for (int part = 0; part < 6; part += 3) {
                        statement.setString(part + 1, NODES.get(i));
                        statement.setString(part + 2, stream);
                        statement.setString(part + 3, alias);
                    }
                    statement.execute();
                }
            }
        }
    }

    private static Mismatch mismatch(int number, Random random) {
        Code code = CODES.get(random.nextInt(CODES.size()));
        long amount = number == 0 ? MSAT_MAX : 1L << random.nextInt(45);
        boolean isNodesOnly = random.nextBoolean();
        var mismatch =
                Mismatch.newBuilder()
                        .setMismatchId(id(number))
                        .setCode(code.name())
                        .setNode(NODES.get(number % NODES.size()))
                        .setReference(
                                number % 7 == 6
                                        ? "entry:" + HOSTILE.get(number % HOSTILE.size())
                                        : "payment_hash:" + id(number))
                        .setAmountMsat(amount)
                        .setResidueMsat(isNodesOnly ? amount : -amount)
                        .setSeverity(
                                Severity.valueOf(
                                        "SEVERITY_" + (number == 0 ? "CRITICAL" : code.severity())))
                        .setState(MismatchState.MISMATCH_STATE_OPEN)
                        .setSinceNs(
                                BEGIN.plusSeconds(random.nextInt(SECONDS)).getEpochSecond()
                                        * 1_000_000_000L)
                        .setExplanation(
                                "The node says %d msat of order %s. %s"
                                        .formatted(
                                                amount,
                                                HOSTILE.get(number % HOSTILE.size()),
                                                code.advice()))
                        .setEpisode(1)
                        .setRuleVersion(1)
                        .setOrder(number % 5 == 4 ? "" : HOSTILE.get(number % HOSTILE.size()))
                        .setAccount(number % 3 == 2 ? "" : "income:" + HOSTILE.get(number % 6));
        return (isNodesOnly ? mismatch.setNodeMsat(amount) : mismatch.setBooksMsat(amount)).build();
    }

    private static Decision note(Mismatch about, int number) {
        return Decision.newBuilder()
                .setDecisionId("note-" + number)
                .setMismatchId(about.getMismatchId())
                .setReference(about.getReference())
                .setKind(
                        number % 2 == 0
                                ? DecisionKind.DECISION_KIND_COMMENT
                                : DecisionKind.DECISION_KIND_ASSIGN)
                .setPerson("anna")
                .setAssignee(number % 2 == 0 ? "" : HOSTILE.get(number % 6))
                .setReason(HOSTILE.get(number % HOSTILE.size()))
                .setDecidedAtNs(
                        BEGIN.plusSeconds(SECONDS + number).getEpochSecond() * 1_000_000_000L)
                .build();
    }

    private static void add(PreparedStatement rows, Mismatch one) throws SQLException {
        Code code = Code.valueOf(one.getCode());
        String half =
                "[{\"node\":\"%s\",\"what\":\"receipt\",\"msat\":%d,\"at\":\"2026-11-22T01:00:00Z\"}]"
                        .formatted(one.getNode(), one.getAmountMsat());
        set(
                rows,
                HexFormat.of().parseHex(one.getMismatchId()),
                one.getCode(),
                one.getNode(),
                one.getReference(),
                one.getAmountMsat(),
                one.getResidueMsat(),
                one.getSeverity().name().replace("SEVERITY_", ""),
                Timestamp.from(Instant.ofEpochSecond(0, one.getSinceNs())),
                code.label(),
                one.getExplanation().replace(" " + code.advice(), ""),
                code.advice(),
                one.getOrder(),
                one.getAccount(),
                one.hasNodeMsat() ? one.getNodeMsat() : null,
                one.hasBooksMsat() ? one.getBooksMsat() : null,
                one.hasNodeMsat() ? half : "[]",
                one.hasBooksMsat() ? half : "[]",
                BATCH);
    }

    private static void set(PreparedStatement statement, @Nullable Object... values)
            throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        statement.addBatch();
    }
}
