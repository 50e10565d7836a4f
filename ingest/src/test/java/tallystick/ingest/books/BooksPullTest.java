package tallystick.ingest.books;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.publish.FakeKafka;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.BooksCursor;

@Timeout(60)
class BooksPullTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final String HASH = "d3".repeat(32);

    private final TopicSettings topics = TopicSettings.defaults();
    private final FakeKafka kafka = new FakeKafka(topics);
    private final FakeRows rows = new FakeRows();

    @Test
    void publishesRowsWithTheirCursor() throws Exception {
        rows.add(time(1), "e1");
        rows.add(time(2), "e2");
        rows.add(time(2), "e3");

        try (var pull = started(10)) {
            take(pull);
            assertThat(ids()).containsExactly("e1", "e2", "e3");
            assertThat(cursor().toBuilder().clearTerm().build())
                    .isEqualTo(
                            BooksCursor.newBuilder()
                                    .setSource("erp")
                                    .setWatermarkColumn("changed_at")
                                    .setWatermarkType("timestamptz")
                                    .setWatermark("2026-11-23T11:02:00Z")
                                    .setUpdatedAtNs(NOW.getEpochSecond() * 1_000_000_000L)
                                    .build());
            assertThat(kafka.committed(Topic.INGEST_STATE))
                    .extracting(r -> new String(r.key(), UTF_8))
                    .containsOnly("books/erp");
            assertThat(pull.status())
                    .isEqualTo(new IntakeStatus("pull erp", IntakeState.LIVE, "", 3, 0));
        }
    }

    @Test
    void findsRowsThatBecameVisibleLate() throws Exception {
        rows.add(time(30), "e1");
        try (var pull = started(10)) {
            take(pull);
            // Committed after e1, but marked with an earlier time; within the overlap of ten
            // minutes.
            rows.add(time(21), "late");
            rows.add(time(19), "too late");
            take(pull);
            take(pull);

            assertThat(ids()).containsExactly("e1", "late");
            assertThat(rows.asked.getLast()).contains(time(20));
            assertThat(places()).hasSize(1);
        }
    }

    @Test
    void publishesARowAgainWhenItHasChanged() throws Exception {
        rows.add(time(1), "e1");
        try (var pull = started(10)) {
            take(pull);
            rows.rows.clear();
            rows.add(time(3), "e1");
            take(pull);

            assertThat(ids()).containsExactly("e1", "e1");
        }
    }

    @Test
    void goesOnFromItsCursorAfterARestart() throws Exception {
        rows.add(time(1), "e1");
        rows.add(time(30), "e2");
        try (var pull = started(10)) {
            take(pull);
        }
        rows.add(time(31), "e3");
        int before = rows.asked.size();

        try (var pull = started(10)) {
            take(pull);
            // The overlap once more, which merges to nothing.
            assertThat(ids()).containsExactly("e1", "e2", "e2", "e3");
            // It may have asked again by now.
            assertThat(rows.asked.get(before)).isEqualTo(Optional.of(time(20)));
        }
    }

    @Test
    void cursorDoesNotPassRowsOfTheSameWatermark() throws Exception {
        rows.add(time(1), "e1");
        rows.add(time(2), "e2");
        rows.add(time(2), "e3");
        rows.add(time(2), "e4");

        try (var pull = started(2)) {
            take(pull);
            assertThat(ids()).containsExactly("e1", "e2", "e3", "e4");
            assertThat(places()).containsExactly("2026-11-23T11:01:00Z", "2026-11-23T11:02:00Z");
        }
    }

    @Test
    void aRowFromTheFutureKeepsNoOtherOut() throws Exception {
        rows.add(Watermark.of(NOW.plus(Duration.ofDays(3_650))), "future");
        try (var pull = started(10)) {
            take(pull);
            rows.add(time(59), "e1");
            take(pull);

            assertThat(ids()).containsExactly("future", "e1");
            assertThat(cursor().getWatermark()).isEqualTo(NOW.toString());
        }
    }

    @Test
    void quarantinesARowOnce() throws Exception {
        rows.add(time(1), "e1", "amount_msat", "12.5");
        rows.add(Optional.empty(), "e2", "memo", "\"quoted\"\n");
        rows.add(time(2), "e3");
        try (var pull = started(10)) {
            take(pull);
            take(pull);

            assertThat(ids()).containsExactly("e3");
            List<ProducerRecord<byte[], byte[]>> bad = kafka.committed(Topic.QUARANTINE);
            assertThat(bad).hasSize(2);
            assertThat(new String(bad.getFirst().value(), UTF_8))
                    .startsWith("{")
                    .contains("\"amount_msat\":\"12.5\"")
                    .contains("\"entry_id\":\"e1\"");
            assertThat(header(bad.getFirst(), "tallystick_reason"))
                    .isEqualTo("amount_msat: 12.5 (expected: a whole number of msat)");
            assertThat(header(bad.getFirst(), "content-type")).isEqualTo("application/json");
            assertThat(header(bad.getFirst(), "ce_source")).isEqualTo("/books/erp");
            assertThat(new String(bad.getLast().value(), UTF_8))
                    .contains("\"memo\":\"\\\"quoted\\\"\\u000a\"");
            assertThat(header(bad.getLast(), "tallystick_reason")).startsWith("changed_at: none");
            assertThat(pull.status().quarantined()).isEqualTo(2);
        }
    }

    @Test
    void refusesRowsThatAreNotInOrder() throws Exception {
        rows.add(time(2), "e2");
        rows.add(time(1), "e1");
        rows.sorted = false;

        try (var pull = started(10)) {
            assertThatThrownBy(() -> take(pull))
                    .hasRootCauseMessage(
                            "query of books/erp: 2026-11-23T11:01:00Z after 2026-11-23T11:02:00Z (expected: ORDER BY changed_at)");
            assertThat(ids()).isEmpty();
            assertThat(places()).isEmpty();
        }
    }

    @Test
    void goesOnAfterTroubleWithTheDatabase() throws Exception {
        rows.add(time(1), "e1");
        rows.failures.add(new RowSourceException(ErrorCode.EXTERNAL, "connection refused", null));
        try (var pull = started(10)) {
            kafka.await(k -> k.committed(Topic.BOOKS).size() == 1);
            take(pull);
            assertThat(pull.status().state()).isEqualTo(IntakeState.LIVE);
        }
    }

    @Test
    void readsItsCursorAnewAfterTroubleWithKafka() throws Exception {
        rows.add(time(1), "e1");
        try (var pull = started(10)) {
            take(pull);
            rows.add(time(2), "e2");
            kafka.failCommits(1);
            assertThatThrownBy(() -> take(pull)).hasMessageContaining("connection lost");
            kafka.await(k -> ids().contains("e2"));
        }
        assertThat(places()).containsExactly("2026-11-23T11:01:00Z", "2026-11-23T11:02:00Z");
    }

    @Test
    void pullThatLostItsConnectionLeavesTheSourceToTheNewer() throws Exception {
        rows.add(time(1), "e1");
        try (var older = started(10)) {
            take(older);
            kafka.keepFromKnowing(
                    true); // Its connection is cut: nothing tells it that it is fenced.
            try (var newer = started(10)) {
                take(newer);
                rows.add(time(2), "e2");
                kafka.failCommits(1);
                assertThatThrownBy(() -> take(older)).hasMessageContaining("connection lost");

                assertThatThrownBy(() -> take(older))
                        .hasMessageContaining("another producer took it over");
                take(newer);
                assertThat(newer.status().state()).isEqualTo(IntakeState.LIVE);
            }
        }
    }

    @Test
    void stopsWhenANewerOneTakesOver() throws Exception {
        rows.add(time(1), "e1");
        try (var older = started(10)) {
            take(older);
            try (var newer = started(10)) {
                take(newer);
                rows.add(time(2), "e2");
                assertThatThrownBy(() -> take(older))
                        .rootCause()
                        .isInstanceOf(org.apache.kafka.common.errors.ProducerFencedException.class);
                take(newer);
            }
            assertThat(older.status().state()).isEqualTo(IntakeState.REFUSED);
            assertThat(older.status().reason()).contains("another producer took it over");
            assertThat(ids()).containsExactly("e1", "e1", "e2");
        }
    }

    @Test
    void beginsAnewWhenTheWatermarkIsAnother() throws Exception {
        rows.add(time(30), "e1");
        try (var pull = started(10)) {
            take(pull);
        }
        rows.rows.clear();
        rows.kind = Watermark.Kind.BIGINT;
        rows.add(Watermark.of(5), "e2");
        int before = rows.asked.size();

        try (var pull = started(10)) {
            take(pull);
            // It may have asked again by now.
            assertThat(rows.asked.get(before)).isEmpty();
            assertThat(cursor().getWatermarkType()).isEqualTo("bigint");
            rows.add(Watermark.of(2_000), "e3");
            take(pull);
            take(pull);
            assertThat(rows.asked.getLast()).contains(Watermark.of(1_000));
        }
    }

    @Test
    void watermarksReadBackAsTheyWereWritten() {
        var micros = Watermark.of(Instant.parse("2026-11-23T00:00:00.123456Z"));
        assertThat(Watermark.parse(micros.kind(), micros.text())).contains(micros);
        var local = new Watermark(Watermark.Kind.TIMESTAMP, -1);
        assertThat(Watermark.parse(local.kind(), local.text())).contains(local);
        assertThat(Watermark.parse(Watermark.Kind.BIGINT, "-7")).contains(Watermark.of(-7));
        assertThat(Watermark.parse(Watermark.Kind.BIGINT, "x")).isEmpty();
        assertThat(Watermark.of(Long.MIN_VALUE + 1).lessOverlap(config(1)).value())
                .isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void overlapForgetsWhatIsNotReadAgain() {
        var window = new OverlapWindow();
        var row = tallystick.ingest.record.Digest.of(new byte[] {1});
        window.add(Watermark.of(1), row);
        window.add(Watermark.of(2), row);
        window.add(Watermark.of(2), row);

        window.forgetUpTo(Watermark.of(1));

        assertThat(window.size()).isEqualTo(1);
        assertThat(window.holds(Watermark.of(1), row)).isFalse();
        assertThat(window.holds(Watermark.of(2), row)).isTrue();
    }

    private BooksPull started(int pageSize) {
        var pull =
                new BooksPull(
                        config(pageSize),
                        rows,
                        kafka,
                        topics,
                        InstantSource.fixed(NOW),
                        new Pauses(Duration.ofMillis(1), Duration.ofMillis(1)));
        pull.start();
        return pull;
    }

    /// Asks again after a failure that was there before.
    private static void take(BooksPull pull)
            throws InterruptedException, ExecutionException, java.util.concurrent.TimeoutException {
        pull.takeNow().get(20, TimeUnit.SECONDS);
    }

    private static PullConfig config(int pageSize) {
        return new PullConfig(
                "erp",
                "jdbc:postgresql://127.0.0.1:1/erp",
                "reader",
                Optional.empty(),
                Path.of("query.sql"),
                "changed_at",
                // It reads when it is asked to.
                Duration.ofDays(1),
                Duration.ofMinutes(10),
                1_000,
                pageSize,
                Duration.ofSeconds(30));
    }

    private static Watermark time(int minute) {
        return Watermark.of(Instant.parse("2026-11-23T11:00:00Z").plus(Duration.ofMinutes(minute)));
    }

    private List<String> ids() {
        return kafka.committed(Topic.BOOKS, BookEntry.parser()).stream()
                .map(BookEntry::getEntryId)
                .toList();
    }

    /// Watermarks in the order in which they were stored; taking a source over stores none.
    private List<String> places() {
        return kafka.committed(Topic.INGEST_STATE, BooksCursor.parser()).stream()
                .map(BooksCursor::getWatermark)
                .filter(watermark -> !watermark.isEmpty())
                .distinct()
                .toList();
    }

    private BooksCursor cursor() {
        return kafka.committed(Topic.INGEST_STATE, BooksCursor.parser()).getLast();
    }

    private static String header(ProducerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), UTF_8);
    }

    /// A table in memory.
    private static final class FakeRows implements RowSource {
        private final List<Row> rows = new CopyOnWriteArrayList<>();
        private final List<Optional<Watermark>> asked = new CopyOnWriteArrayList<>();
        private final List<RowSourceException> failures = new CopyOnWriteArrayList<>();
        private volatile Watermark.Kind kind = Watermark.Kind.TIMESTAMPTZ;
        private volatile boolean sorted = true;

        void add(Watermark watermark, String id, String... changes) {
            add(Optional.of(watermark), id, changes);
        }

        void add(Optional<Watermark> watermark, String id, String... changes) {
            Map<String, String> fields = new HashMap<>();
            fields.put("changed_at", watermark.map(Watermark::text).orElse(""));
            fields.put("entry_id", id);
            fields.put("booked_at", "2026-11-23T10:00:00Z");
            fields.put("value_date", "2026-11-23");
            fields.put("kind", "receipt");
            fields.put("reference", "payment_hash:" + HASH);
            fields.put("amount_msat", "21000");
            fields.put("account", "income:sales");
            for (int i = 0; i < changes.length; i += 2) {
                fields.put(changes[i], changes[i + 1]);
            }
            rows.add(new Row(watermark, fields));
        }

        @Override
        public Reading open() {
            if (!failures.isEmpty()) {
                throw failures.removeFirst();
            }
            return new Reading() {
                private Iterator<Row> left = List.<Row>of().iterator();

                @Override
                public Watermark.Kind kind() {
                    return kind;
                }

                @Override
                public void begin(Optional<Watermark> after) {
                    asked.add(after);
                    List<Row> wanted = new ArrayList<>(rows);
                    wanted.removeIf(
                            row ->
                                    row.watermark().isPresent()
                                            && after.isPresent()
                                            && row.watermark().get().compareTo(after.get()) <= 0);
                    if (sorted) {
                        wanted.sort(
                                Comparator.comparing(
                                        row ->
                                                row.watermark()
                                                        .map(Watermark::value)
                                                        .orElse(Long.MAX_VALUE)));
                    }
                    left = wanted.iterator();
                }

                @Override
                public Optional<Row> next() {
                    return left.hasNext() ? Optional.of(left.next()) : Optional.empty();
                }

                @Override
                public void close() {
                    // Nothing is open.
                }
            };
        }

        @Override
        public void cancel() {
            // Nothing takes long.
        }
    }
}
