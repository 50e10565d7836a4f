package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.paid;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.seal.TamperFinding;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.Hop;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Route;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;

/// What people wrote can be erased, once and for good, while the ledger goes on proving all else.
class TextErasureIT {
    private static final Instant NOW = at(600);
    private static final String ITEMS =
            "SELECT concat_ws(' ', key_text, state, residue_msat) FROM ledger.item ORDER BY 1";
    private static final String NAME = "Änne Muster";

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final LedgerVerification verification =
            new LedgerVerification(ledger.dataSource(), RelayIT.topics());
    private final TextErasure erasure = new TextErasure(ledger.dataSource(), RelayIT.topics());

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    @Test
    void evidenceReadsByteForByteAsItCame() {
        List<Fact> facts = new ArrayList<>();
        facts.add(received(NODE_A, 1, NAME));
        facts.add(received(NODE_B, 1, "x".repeat(9_000)));
        facts.add(sent(2));
        facts.add(withNodeMessage(settled(NODE_A, 3, 5_000, 10), ByteString.copyFromUtf8(NAME)));
        facts.add(bought(1, "ord-7", "for " + NAME));
        facts.add(booked("e2", ENTRY_KIND_RECEIPT, 3, 5_000, 11));
        apply(facts);

        assertThat(
                        ledger.rows(
                                "SELECT encode(bytes, 'hex') FROM ledger.evidence WHERE digest = sha256(bytes)"))
                .containsExactlyInAnyOrderElementsOf(
                        facts.stream()
                                .map(fact -> HexFormat.of().formatHex(fact.value()))
                                .toList());
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence WHERE has_texts"))
                .isEqualTo(5);
        assertThat(findings()).isEmpty();
    }

    @Test
    void nothingOfItIsLeftAndAllElseStays() throws SQLException {
        apply(List.of(received(NODE_A, 1, NAME), bought(1, "ord-7", "for " + NAME), sent(2)));
        assertThat(tablesWith(NAME)).contains("ledger.evidence_text", "ledger.item_row");
        assertThat(tablesWith("ord-7")).contains("ledger.contribution");
        List<String> item = ledger.rows(ITEMS);
        TextErasure.Found found = erasure.find(ItemKey.ofPayment(hash(1)));
        assertThat(found.records()).isEqualTo(2);

        apply(List.of(erased(1)));

        assertThat(tablesWith(NAME)).isEmpty();
        assertThat(tablesWith("ord-7")).isEmpty();
        assertThat(tablesWith("keysend text")).contains("ledger.evidence_text");
        assertThat(ledger.rows(ITEMS)).isEqualTo(item);
        assertThat(
                        asOwner(
                                """
                                SELECT concat_ws(' ', half, record ->> 'memo', record -> 'envelope' -> 'node_says' ->> 'memo',
                                                 record ->> 'order', record ->> 'amount_msat', digest)
                                  FROM audit.evidence WHERE is_erased ORDER BY 1
                                """))
                .containsExactly(
                        "BOOKS %s ***** 5000".formatted("*".repeat(16)),
                        "NODE %1$s %1$s".formatted("*".repeat(12)));
        assertThat(
                        asOwner(
                                "SELECT concat_ws(' ', right(item, 2), person, reason, decided_at AT TIME ZONE 'UTC', records) FROM audit.erasures"))
                .containsExactly("01 ann asked for 2026-03-02 10:00:00 2");
        assertThat(findings()).isEmpty();

        // What nodes and books go on saying, stays out.
        apply(List.of(received(NODE_A, 1, NAME), bought(1, "ord-7", "for " + NAME)));
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(4);
        apply(List.of(received(NODE_B, 1, NAME)));
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(5);
        assertThat(tablesWith(NAME)).isEmpty();
        assertThat(findings()).isEmpty();
        assertThatThrownBy(() -> erasure.find(ItemKey.ofPayment(hash(1))))
                .hasMessageContaining("ann erased it at 2026-03-02T10:00:00Z");
    }

    @Test
    void theOrderInWhichItComesDoesNotMatter() {
        Set<List<String>> results = new HashSet<>();
        for (int seed = 0; seed < 6; seed++) {
            Random random = new Random(seed);
            List<Fact> facts = new ArrayList<>();
            facts.add(received(NODE_A, 1, NAME));
            facts.add(received(NODE_A, 1, "a memo of a second invoice"));
            facts.add(bought(1, "ord-7", "for " + NAME));
            facts.add(received(NODE_A, 2, "ord-7"));
            facts.add(erased(1));
            Collections.shuffle(facts, random);
            FakeLog shuffled = new FakeLog();
            try (TestLedger other = new TestLedger(shuffled)) {
                for (Fact fact : facts) {
                    shuffled.append(fact);
                    if (random.nextBoolean()) {
                        other.applier().apply(shuffled.readAll(), NOW);
                    }
                }
                other.applier().apply(shuffled.readAll(), NOW);
                other.settle(NOW);
                results.add(other.dump());
                assertThat(
                                new LedgerVerification(other.dataSource(), RelayIT.topics())
                                        .run(List.of(), _ -> {})
                                        .findings())
                        .isEmpty();
            }
        }
        assertThat(results).hasSize(1);
    }

    @Test
    void isRefusedWhereAnythingRestsOnATextOrNothingIsThere() {
        apply(
                List.of(
                        received(NODE_A, 1, NAME),
                        received(NODE_A, 2, "order ord-8"),
                        booked(
                                entry("e2", ENTRY_KIND_RECEIPT, 0, 5_000, 11)
                                        .setReference("order:ord-8")),
                        settled(NODE_A, 3, 5_000, 10),
                        booked("e3", ENTRY_KIND_RECEIPT, 3, 5_000, 11),
                        received(NODE_A, 4, NAME),
                        received(NODE_A, 5, NAME),
                        bought(4, "ord-9", ""),
                        bought(5, "ord-9", "")));
        Fact.cover(log, NODE_A, 590);
        apply(List.of());
        ledger.settle(NOW);
        ledger.groups().decideDirty(NOW);

        assertThat(refusal(ItemKey.ofPayment(hash(1)))).contains("it is OPEN");
        assertThat(refusal(ItemKey.ofPayment(hash(2)))).contains("it was matched by match/");
        assertThat(refusal(ItemKey.parse("order:ord-8"))).contains("the order is its name");
        assertThat(refusal(ItemKey.ofPayment(hash(3)))).contains("nobody wrote anything");
        assertThat(erasure.bookedUnder("ord-9"))
                .containsExactly(ItemKey.ofPayment(hash(4)), ItemKey.ofPayment(hash(5)));
        assertThat(refusal(ItemKey.ofPayment(hash(4)))).contains("DUPLICATE_PAYMENT_SAME_ORDER");
        assertThat(refusal(ItemKey.ofPayment(hash(9)))).contains("nothing is known of it");

        apply(List.of(erased(1, hash(2))));
        assertThat(ledger.rows("SELECT reason FROM ledger.quarantine"))
                .allMatch(reason -> reason.startsWith("mismatch_id: "))
                .hasSize(1);
    }

    @Test
    void whoeverTouchesTextsIsFound() throws SQLException {
        apply(List.of(received(NODE_A, 1, NAME), received(NODE_A, 2, NAME)));
        apply(List.of(bought(1, "ord-7", ""), bought(2, "ord-8", ""), erased(1)));
        assertThat(findings()).isEmpty();
        String texts = "UPDATE ledger.evidence_text SET ";
        String one =
                "[(SELECT min(n) FROM generate_subscripts(texts, 1) AS n WHERE texts[n] IS %s NULL)]";
        String there = one.formatted("NOT");
        String gone = one.formatted("");

        assertThat(found(texts + "texts" + there + " = texts" + there + " || '\\x01'"))
                .contains("ledger.evidence_text");
        assertThat(found(texts + "texts" + gone + " = '\\x0102', digests" + gone + " = NULL"))
                .as("erased, and another written instead")
                .contains("ledger.evidence_text");
        assertThat(found(texts + "places" + gone + " = places" + gone + " || places" + gone))
                .contains("ledger.evidence_text");
        assertThat(found("DELETE FROM ledger.evidence_text")).contains("ledger.evidence_text");
        assertThat(
                        found(
                                texts
                                        + "digests"
                                        + there
                                        + " = sha256(texts"
                                        + there
                                        + "), texts"
                                        + there
                                        + " = NULL"))
                .as("erased, and nobody decided it")
                .containsExactly("ledger.item");
    }

    private String refusal(ItemKey key) {
        try {
            return "not refused: " + erasure.find(key);
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void apply(List<Fact> facts) {
        facts.forEach(log::append);
        ledger.applier().apply(log.readAll(), NOW);
        ledger.groups().decideDirty(NOW);
    }

    private List<TamperFinding> findings() {
        return verification.run(List.of(), _ -> {}).findings();
    }

    /// Where it is found that a superuser did this; it is taken back.
    private List<String> found(String sql) throws SQLException {
        try (Connection connection = ledger.database().dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            assertThat(statement.executeUpdate(sql)).isPositive();
            List<String> found =
                    verification.run(connection, List.of(), _ -> {}).findings().stream()
                            .map(TamperFinding::where)
                            .distinct()
                            .toList();
            connection.rollback();
            return found;
        }
    }

    /// All tables in which the bytes of a text stand.
    private List<String> tablesWith(String text) throws SQLException {
        List<String> result = new ArrayList<>();
        for (String table :
                asOwner(
                        """
                        SELECT table_schema || '.' || table_name FROM information_schema.tables
                         WHERE table_schema IN ('ledger', 'register', 'report') AND table_type = 'BASE TABLE' ORDER BY 1
                        """)) {
            String held =
                    "SELECT 1 FROM %s AS one WHERE position(convert_to('%s', 'UTF8') IN record_send(one)) > 0"
                            .formatted(table, text);
            if (!asOwner(held).isEmpty()) {
                result.add(table);
            }
        }
        return result;
    }

    private List<String> asOwner(String sql) throws SQLException {
        try (Connection connection = ledger.database().dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> result = new ArrayList<>();
            while (rows.next()) {
                result.add(rows.getString(1));
            }
            return result;
        }
    }

    /// An invoice with a memo, which the node says three times.
    private static Fact received(tallystick.ledger.NodeId node, int hash, String memo) {
        Invoice own =
                Invoice.newBuilder()
                        .setMemo(memo)
                        .setPaymentRequest("lnbc1" + memo)
                        .setAmtPaidMsat(5_000)
                        .addHtlcs(
                                InvoiceHTLC.newBuilder()
                                        .setChanId(7)
                                        .putCustomRecords(
                                                34_349_334L, ByteString.copyFromUtf8(memo)))
                        .setIsKeysend(true)
                        .build();
        Fact plain = withNodeMessage(settled(node, hash, 5_000, 10), own.toByteString());
        try {
            return new Fact(
                    plain.topic(),
                    plain.key(),
                    InvoiceRecord.parseFrom(plain.value()).toBuilder()
                            .setMemo(memo)
                            .build()
                            .toByteArray());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Fact withNodeMessage(Fact plain, ByteString own) {
        try {
            InvoiceRecord.Builder record = InvoiceRecord.parseFrom(plain.value()).toBuilder();
            record.getEnvelopeBuilder().setNodeMessageType("lnrpc.Invoice").setNodeMessage(own);
            return new Fact(plain.topic(), plain.key(), record.build().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A payment that carries a text to its last hop.
    private static Fact sent(int hash) {
        Fact plain = paid(NODE_A, hash, 5_000, 7, 10, PaymentState.PAYMENT_STATE_SUCCEEDED);
        Payment own =
                Payment.newBuilder()
                        .setValueMsat(5_000)
                        .addHtlcs(
                                HTLCAttempt.newBuilder()
                                        .setRoute(
                                                Route.newBuilder()
                                                        .addHops(Hop.newBuilder().setChanId(7))
                                                        .addHops(
                                                                Hop.newBuilder()
                                                                        .setChanId(8)
                                                                        .putCustomRecords(
                                                                                34_349_334L,
                                                                                ByteString
                                                                                        .copyFromUtf8(
                                                                                                "keysend text")))
                                                        .setTotalAmtMsat(5_007))
                                        .setAttemptId(9))
                        .build();
        try {
            PaymentRecord.Builder record = PaymentRecord.parseFrom(plain.value()).toBuilder();
            record.getEnvelopeBuilder()
                    .setNodeMessageType("lnrpc.Payment")
                    .setNodeMessage(own.toByteString());
            return new Fact(plain.topic(), plain.key(), record.build().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Fact bought(int hash, String order, String memo) {
        return booked(
                entry("e" + hash, ENTRY_KIND_RECEIPT, hash, 5_000, 11)
                        .setOrder(order)
                        .setMemo(memo));
    }

    private static Fact erased(int hash) {
        return erased(hash, hash(hash));
    }

    private static Fact erased(int hash, String subject) {
        return new Fact(
                Topic.DECISIONS,
                hash(hash),
                Decision.newBuilder()
                        .setDecisionId("d" + hash)
                        .setMismatchId(subject)
                        .setKind(DecisionKind.DECISION_KIND_ERASE)
                        .setPerson("ann")
                        .setReason("asked for")
                        .setDecidedAtNs(Times.nanos(NOW))
                        .setReference("payment_hash:" + hash(hash))
                        .build()
                        .toByteArray());
    }
}
