package tallystick.report.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.ledger.account.JournalEntry.Line;
import tallystick.report.Golden;

class JournalTest {
    private static final String NODE = "02" + "ab".repeat(32);
    private static final String OTHER = "03" + "ab".repeat(32);
    private static final Account WALLET = new Account("node:" + NODE + ":wallet");
    private static final Account CHANNEL =
            new Account("node:" + NODE + ":channel:" + "cd".repeat(32) + ":1");
    private static final Account CLEARING = Account.CLEARING;
    private static final Account SALES = new Account("books:income:sales");
    private static final Account STRANGE = new Account("books:Ürün; \"x\"  ,\ny");

    private static final List<JournalEntry> ENTRIES =
            List.of(
                    new JournalEntry(
                            LocalDate.of(2026, 11, 21),
                            "payment_hash:" + "ef".repeat(32),
                            "payment",
                            List.of(new Line(SALES, -21_000_001), new Line(CHANNEL, 21_000_001))),
                    new JournalEntry(
                            LocalDate.of(2026, 11, 22),
                            "tx:" + "12".repeat(32),
                            "chain",
                            List.of(new Line(CLEARING, 3_000), new Line(WALLET, -3_000))),
                    new JournalEntry(
                            LocalDate.of(2026, 11, 22),
                            "order:\"a\\b\"; c, d",
                            "order",
                            List.of(new Line(CLEARING, 7), new Line(STRANGE, -7))));

    private static Journal.Head head() {
        return head(12, LocalDate.of(2026, 11, 22), false);
    }

    private static Journal.Head head(long sequence, LocalDate closing, boolean isProvisional) {
        TreeMap<Account, BigInteger> opening =
                new TreeMap<>(
                        Map.of(
                                WALLET,
                                BigInteger.valueOf(50_000),
                                Account.OPENING,
                                BigInteger.valueOf(-50_000)));
        TreeMap<Account, BigInteger> balances = new TreeMap<>(opening);
        for (JournalEntry entry : ENTRIES) {
            entry.lines()
                    .forEach(
                            line ->
                                    balances.merge(
                                            line.account(),
                                            BigInteger.valueOf(line.msat()),
                                            BigInteger::add));
        }
        return new Journal.Head(
                "shop",
                sequence,
                Instant.parse("2026-11-23T00:10:00.5Z"),
                LocalDate.of(2026, 11, 21),
                closing,
                isProvisional,
                new TreeMap<>(Map.of(NODE, "alice", OTHER, "bob")),
                opening,
                balances);
    }

    @ParameterizedTest
    @EnumSource
    void writesEachFormat(Journal.Format format) throws IOException {
        StringBuilder text = new StringBuilder();

        Journal.of(format)
                .write(
                        head(),
                        each -> {
                            for (JournalEntry entry : ENTRIES) {
                                each.take(entry);
                            }
                        },
                        text);

        Golden.assertEqual(
                "journal." + format.name().toLowerCase(java.util.Locale.ROOT), text.toString());
    }

    /// An importer takes a statement or an entry for one that it has already, when the number is the same.
    @Test
    void givesEachStatementAndEachEntryANumberOfItsOwn() throws IOException {
        LocalDate day = LocalDate.of(2026, 11, 22);
        List<String> statements = new ArrayList<>();
        for (Journal.Head head :
                List.of(
                        head(12, day, false),
                        head(13, day, false),
                        head(12, day.plusDays(1), false))) {
            String text = camt053(head);
            statements.addAll(elements(text, "MsgId"));
            statements.addAll(elements(text, "Stmt><Id"));
            assertThat(elements(text, "NtryRef"))
                    .doesNotHaveDuplicates()
                    .allMatch(id -> id.length() <= 35)
                    .isEqualTo(elements(camt053(head(12, day, false)), "NtryRef"))
                    .hasSize(2);
        }

        assertThat(statements)
                .doesNotHaveDuplicates()
                .allMatch(id -> id.length() <= 35)
                .hasSize(3 * 3);
        assertThat(camt053(head(12, day, false))).isEqualTo(camt053(head(12, day, false)));
    }

    @ParameterizedTest
    @EnumSource
    void saysThatItIsProvisional(Journal.Format format) throws IOException {
        StringBuilder text = new StringBuilder();

        Journal.of(format).write(head(12, LocalDate.of(2026, 11, 22), true), _ -> {}, text);

        assertThat(text.toString())
                .contains(
                        "provisional: 2026-11-22 is not over, or not every node was read past its end");
    }

    private static String camt053(Journal.Head head) throws IOException {
        StringBuilder text = new StringBuilder();
        Journal.of(Journal.Format.CAMT053)
                .write(
                        head,
                        each -> {
                            for (JournalEntry entry : ENTRIES) {
                                each.take(entry);
                            }
                        },
                        text);
        return text.toString();
    }

    private static List<String> elements(String xml, String name) {
        return Pattern.compile("<" + name + ">([^<]*)<")
                .matcher(xml)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void refusesAnEntryWhoseSidesDiffer() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new JournalEntry(
                                        LocalDate.of(2026, 11, 21),
                                        "tx:1",
                                        "chain",
                                        List.of(new Line(WALLET, 1))))
                .withMessageContaining("journal entry of tx:1: 1 msat (expected: debits");
    }

    @Test
    void tellsAccountsApartThatBeancountWouldNot() throws IOException {
        Journal.Head head = head();
        head.balances().put(new Account("books:income-sales"), BigInteger.ZERO);
        head.balances().put(new Account("books:income:sales"), BigInteger.ZERO);
        head.balances().put(new Account("books:Income:Sales"), BigInteger.ZERO);
        StringBuilder text = new StringBuilder();

        Journal.of(Journal.Format.BEANCOUNT).write(head, _ -> {}, text);

        List<String> opened =
                text.toString()
                        .lines()
                        .filter(line -> line.contains(" open "))
                        .map(line -> line.split(" ", -1)[2])
                        .toList();
        assertThat(opened).doesNotHaveDuplicates().hasSize(head.balances().size());
    }
}
