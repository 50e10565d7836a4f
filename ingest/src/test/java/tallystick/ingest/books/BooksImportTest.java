package tallystick.ingest.books;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.FakeKafka;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.ReferenceAmount;

class BooksImportTest {
    private static final String HEADER =
            "entry_id,booked_at,value_date,kind,node,reference,amount_msat,account,order,reverses,memo";
    private static final String NODE = "02" + "a1".repeat(32);
    private static final String OTHER_NODE = "03" + "b2".repeat(32);
    private static final String HASH = "d3".repeat(32);
    private static final String OTHER = "e4".repeat(32);

    private final TopicSettings topics = TopicSettings.defaults();
    private final FakeKafka kafka = new FakeKafka(topics);
    private final BooksImport books =
            new BooksImport(
                    kafka, topics, InstantSource.fixed(Instant.parse("2026-11-23T00:10:00Z")));

    @TempDir private Path directory;

    @Test
    void importsEveryField() throws Exception {
        var result =
                books.importFile(
                        file(
                                HEADER
                                        + "\ne1,2026-11-22T23:03:08.524+01:00,2026-11-22,receipt,,payment_hash:"
                                        + HASH.toUpperCase(java.util.Locale.ROOT)
                                        + ",21000,income:sales,order 7,,\"a \"\"memo\"\", long\"\n"),
                        "shop");

        assertThat(result.entries()).isEqualTo(1);
        assertThat(entries())
                .containsExactly(
                        BookEntry.newBuilder()
                                .setEntryId("e1")
                                .setSource("shop")
                                .setBookedAtNs(1_795_384_988_524_000_000L)
                                .setValueDate("2026-11-22")
                                .setKind(EntryKind.ENTRY_KIND_RECEIPT)
                                .setReference("payment_hash:" + HASH)
                                .setAmountMsat(21_000)
                                .setAccount("income:sales")
                                .setOrder("order 7")
                                .setMemo("a \"memo\", long")
                                .build());
        var record = kafka.committed(Topic.BOOKS).getFirst();
        assertThat(new String(record.key(), UTF_8)).isEqualTo(HASH);
        assertThat(record.partition()).isEqualTo(RecordKeys.partition(HASH, topics.partitions()));
    }

    @Test
    void keysWhatExistsOncePerNodeByTheNode() throws Exception {
        books.importFile(
                file(HEADER + "\n" + line("e1", "chain_fee", NODE, "tx:" + HASH, "5") + "\n"),
                "shop");

        assertThat(new String(kafka.committed(Topic.BOOKS).getFirst().key(), UTF_8))
                .isEqualTo(NODE);
    }

    @Test
    void oneEntryForSeveralReferences() throws Exception {
        String line =
                "e1,2026-11-22T23:03:08Z,2026-11-22,receipt,,,30,income,,,,payment_hash:%s=10;order:a=b;c=1=20,"
                        .formatted(HASH);
        // The text of an order may hold '='; the last one counts. It cannot hold ';'.
        String good = line.replace("order:a=b;c=1=20", "order:a=b=20");

        books.importFile(file(HEADER + ",references,fee_limit_msat\n" + good + "\n"), "shop");

        List<ReferenceAmount> all =
                List.of(share("payment_hash:" + HASH, 10), share("order:a=b", 20));
        assertThat(entries()).extracting(BookEntry::getAmountMsat).containsExactly(10L, 20L);
        assertThat(entries()).allSatisfy(e -> assertThat(e.getReferencesList()).isEqualTo(all));
    }

    @Test
    void anEntryWithoutAReferenceNamesItself() throws Exception {
        String reversal = "e2,2026-11-22T23:03:08Z,2026-11-22,reversal,,,21000,income:sales,,e1,\n";

        books.importFile(
                file(HEADER + "\n" + line("e1", "receipt", "", "", "21000") + "\n" + reversal),
                "shop/2");

        assertThat(entries())
                .extracting(BookEntry::getReference)
                .containsExactly("entry:shop%2F2/e1", "entry:shop%2F2/e1");
    }

    @Test
    void whatCannotBeLookedForNeedsAReference() throws Exception {
        assertThat(errors(HEADER + "\n" + line("e1", "chain_fee", "", "", "5") + "\n"))
                .containsExactly("line 2, reference: empty (expected: one, as kind is chain_fee)");
    }

    @Test
    void aKindMustFitItsReference() throws Exception {
        String day = "forwards:%s:2026-11-22".formatted(NODE);
        String lines =
                line("e1", "routing_income", "", "payment_hash:" + HASH, "5")
                        + "\n"
                        + line("e2", "hold_release", "", "order:19", "5")
                        + "\n"
                        + line("e3", "receipt", "", day, "5")
                        + "\n"
                        + line("e4", "routing_income", OTHER_NODE, day, "5")
                        + "\n"
                        + line("e5", "routing_income", NODE, day, "5")
                        + "\n";

        assertThat(errors(HEADER + "\n" + lines))
                .containsExactly(
                        "line 2, kind: routing_income (expected: one of receipt, payment, routing_fee,"
                                + " rebalance_fee, hold, hold_release, adjustment_in, adjustment_out, reversal,"
                                + " as reference is payment_hash:%s)".formatted(HASH),
                        "line 3, kind: hold_release (expected: one of receipt, payment, routing_fee,"
                                + " reversal, as reference is order:19)",
                        "line 4, kind: receipt (expected: one of routing_income, adjustment_in,"
                                + " adjustment_out, reversal, as reference is %s)".formatted(day),
                        "line 5, node: %s (expected: that of the reference, %s)"
                                .formatted(OTHER_NODE, NODE));
    }

    @Test
    void sharesMustSumToTheAmount() throws Exception {
        String line =
                "e1,2026-11-22T23:03:08Z,2026-11-22,receipt,,,31,income,,,,payment_hash:%s=10;payment_hash:%s=20"
                        .formatted(HASH, OTHER);

        assertThat(errors(HEADER + ",references\n" + line + "\n"))
                .containsExactly("line 2, references: sum 30 (expected: amount_msat, 31)");
    }

    @Test
    void sharesOfOneItemCannotStandInOneEntry() throws Exception {
        String shares = "payment_hash:%s=10;set_id:%s=21".formatted(HASH, HASH);
        String line = "e1,2026-11-22T23:03:08Z,2026-11-22,receipt,,,31,income,,,," + shares;

        assertThat(errors(HEADER + ",references\n" + line + "\n"))
                .containsExactly(
                        "line 2, references: %s… (expected: each item once, also by its set id)"
                                .formatted(shares.substring(0, 100)));
    }

    @Test
    void sharesMayBeMoreThanALongHolds() throws Exception {
        String shares =
                IntStream.rangeClosed(1, 5)
                        .mapToObj("payment_hash:%064x=2100000000000000000"::formatted)
                        .collect(joining(";"));

        assertThat(
                        errors(
                                HEADER
                                        + ",references\ne1,2026-11-22T23:03:08Z,2026-11-22,receipt,,,31,income,,,,"
                                        + shares
                                        + "\n"))
                .containsExactly(
                        "line 2, references: sum 10500000000000000000 (expected: amount_msat, 31)");
    }

    @Test
    void feeLimitStandsOnAHold() throws Exception {
        String hold = line("e1", "hold", "", "payment_hash:" + HASH, "5") + ",100\n";
        books.importFile(file(HEADER + ",fee_limit_msat\n" + hold), "shop");

        assertThat(entries().getFirst().getFeeLimitMsat()).isEqualTo(100);
        assertThat(errors(HEADER + ",fee_limit_msat\n" + hold.replace("hold", "payment")))
                .containsExactly(
                        "line 2, fee_limit_msat: 100 (expected: empty, as kind is payment)");
    }

    @Test
    void aDayOfForwardsIsOneNodes() throws Exception {
        String other = "03" + "ab".repeat(32);
        String line =
                line("e1", "routing_income", "02" + HASH, "forwards:" + other + ":2026-11-22", "5");

        assertThat(errors(HEADER + "\n" + line + "\n"))
                .containsExactly(
                        "line 2, node: 02%s (expected: that of the reference, %s)"
                                .formatted(HASH, other));
    }

    @Test
    void anAmountOfZeroIsToldBesideAWrongReference() throws Exception {
        assertThat(errors(HEADER + "\n" + line("e1", "receipt", "", "payment_hash:zz", "0") + "\n"))
                .satisfiesExactly(
                        e ->
                                assertThat(e)
                                        .isEqualTo(
                                                "line 2, amount_msat: 0 (expected: more than 0)"),
                        e -> assertThat(e).startsWith("line 2, reference: "));
    }

    @Test
    void tellsEveryErrorByLineAndField() throws Exception {
        String text =
                HEADER
                        + "\n"
                        + line("e1", "receipt", "", "payment_hash:" + HASH, "21000")
                        + "\n"
                        + ",yesterday,22.11.2026,gift,03zz,hash:1,12.5,,,,\n"
                        + "\"e3\n(second line)\",2026-11-22T23:03:08Z,2026-11-22,receipt\n"
                        + line("e4", "chain_fee", "", "tx:" + HASH, "5")
                        + "\n"
                        + line("e5", "receipt", "", "payment_hash:" + HASH, "0")
                        + "\n"
                        + line("e6", "reversal", "", "payment_hash:" + HASH, "1")
                        + "\n";

        assertThat(errors(text))
                .satisfiesExactly(
                        e -> assertThat(e).startsWith("line 3, entry_id: empty (expected: "),
                        e ->
                                assertThat(e)
                                        .startsWith(
                                                "line 3, booked_at: yesterday (expected: a time as in RFC 3339"),
                        e ->
                                assertThat(e)
                                        .startsWith(
                                                "line 3, value_date: 22.11.2026 (expected: a date"),
                        e ->
                                assertThat(e)
                                        .startsWith("line 3, kind: gift (expected: one of receipt"),
                        e ->
                                assertThat(e)
                                        .startsWith(
                                                "line 3, node: 03zz (expected: 66 hex digits that"),
                        e ->
                                assertThat(e)
                                        .isEqualTo(
                                                "line 3, amount_msat: 12.5 (expected: a whole number of msat)"),
                        e -> assertThat(e).startsWith("line 3, account: empty (expected: "),
                        e ->
                                assertThat(e)
                                        .startsWith(
                                                "line 3, reference: hash:1 (expected: payment_hash:<hex>"),
                        e ->
                                assertThat(e)
                                        .isEqualTo(
                                                "line 4: 4 fields (expected: 11, as in the header)"),
                        e ->
                                assertThat(e)
                                        .startsWith(
                                                "line 6, node: empty (expected: the node, as tx:"),
                        e ->
                                assertThat(e)
                                        .isEqualTo(
                                                "line 7, amount_msat: 0 (expected: more than 0)"),
                        e -> assertThat(e).startsWith("line 8, reverses: empty (expected: "));
        assertThat(kafka.committed()).isEmpty();
    }

    @Test
    void refusesWhatTheLedgerCouldNotKeep() throws Exception {
        String good = line("e1", "receipt", "", "payment_hash:" + HASH, "21000");

        assertThat(errors(HEADER + "\n" + good.replace("e1,", "e".repeat(501) + ",") + "\n"))
                .containsExactly(
                        "line 2, entry_id: %s… (expected: at most 500 characters, not 501)"
                                .formatted("e".repeat(100)));
        assertThat(errors(HEADER + "\n" + good.replace("an:account", "an\0account") + "\n"))
                .containsExactly(
                        "line 2, account: an\0account (expected: text without a NUL character)");
        assertThat(
                        errors(
                                HEADER
                                        + "\n"
                                        + good.replace(
                                                "payment_hash:" + HASH, "order:" + "x".repeat(495))
                                        + "\n"))
                .singleElement()
                .asString()
                .endsWith("(expected: at most 500 characters, not 501)");
        assertThatThrownBy(() -> books.importFile(file(HEADER + "\n" + good + "\n"), "a\0b"))
                .hasMessageContaining("(expected: 1 to 100 characters)");
    }

    @Test
    void showsAsManyErrorsAsHelp() throws Exception {
        StringBuilder text = new StringBuilder(HEADER + "\n");
        IntStream.range(0, 60).forEach(i -> text.append("e").append(i).append("\n"));

        assertThatThrownBy(() -> books.importFile(file(text.toString()), "shop"))
                .hasMessageContaining("60 errors, nothing imported")
                .hasMessageEndingWith("and 10 more");
    }

    @Test
    void refusesAFileThatWasCutOff() throws Exception {
        String line = line("e1", "receipt", "", "payment_hash:" + HASH, "21000");

        assertThat(errors(HEADER + "\n" + line).getFirst())
                .startsWith("line 2: no line end (expected:");
        assertThat(errors(HEADER + "\n" + line + "\"unclosed\n")).hasSize(1);
        assertThat(kafka.committed()).isEmpty();
    }

    @Test
    void refusesAnotherHeader() throws Exception {
        assertThat(errors(HEADER.replace("node,", "") + "\n").getFirst())
                .startsWith("line 1, header: entry_id,");
        assertThat(errors("").getFirst()).startsWith("line 1: no header (expected:");
        assertThat(errors(HEADER + ",fee_limit_msat,references\n")).hasSize(1);
    }

    @Test
    void bearsWhatSpreadsheetsDo() throws Exception {
        String line = line("e1", "receipt", "", "payment_hash:" + HASH, "21000");

        var result = books.importFile(file("\uFEFF" + HEADER + "\r\n" + line + "\r\n\r\n"), "shop");

        assertThat(result.entries()).isEqualTo(1);
    }

    @Test
    void refusesOtherEncodings() throws Exception {
        Path file = directory.resolve("latin.csv");
        Files.write(file, (HEADER + "\nä\n").getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> books.importFile(file, "shop"))
                .hasMessageContaining("encoding: not UTF-8");
    }

    @Test
    void repeatCountsOnceAndReuseIsLetThrough() throws Exception {
        String one = line("e1", "receipt", "", "payment_hash:" + HASH, "21000") + "\n";
        String other = line("e1", "receipt", "", "payment_hash:" + HASH, "22000") + "\n";

        var result = books.importFile(file(HEADER + "\n" + one + other + one), "shop");

        assertThat(result.entries()).isEqualTo(2);
        assertThat(entries())
                .extracting(BookEntry::getAmountMsat)
                .containsExactly(21_000L, 22_000L);
    }

    @Test
    void tellsThatKafkaIsNotThere() throws Exception {
        kafka.failCommits(3);
        Path file =
                file(HEADER + "\n" + line("e1", "receipt", "", "payment_hash:" + HASH, "1") + "\n");

        assertThatThrownBy(() -> books.importFile(file, "shop"))
                .isInstanceOfSatisfying(
                        IngestException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.EXTERNAL));
        assertThat(kafka.committed()).isEmpty();
    }

    @Test
    void tellsThatThereIsNoFile() {
        assertThatThrownBy(() -> books.importFile(directory.resolve("none.csv"), "shop"))
                .hasMessageContaining("none.csv: cannot be read (expected: a CSV file");
    }

    private List<String> errors(String text) throws Exception {
        Path file = file(text);
        BooksFileException failure =
                catchThrowableOfType(
                        BooksFileException.class, () -> books.importFile(file, "shop"));
        assertThat(failure).isNotNull();
        assertThat(failure.code()).isEqualTo(ErrorCode.USER);
        return failure.errors();
    }

    private Path file(String text) throws Exception {
        return Files.writeString(directory.resolve("books.csv"), text);
    }

    private List<BookEntry> entries() {
        return kafka.committed(Topic.BOOKS, BookEntry.parser());
    }

    private static String line(
            String id, String kind, String node, String reference, String amount) {
        return "%s,2026-11-22T23:03:08Z,2026-11-22,%s,%s,%s,%s,an:account,,,"
                .formatted(id, kind, node, reference, amount);
    }

    private static ReferenceAmount share(String reference, long amountMsat) {
        return ReferenceAmount.newBuilder()
                .setReference(reference)
                .setAmountMsat(amountMsat)
                .build();
    }
}
