package tallystick.report.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.ledger.account.JournalEntry.Line;
import tallystick.report.Golden;

class JournalTest {
    private static final String NODE = "02" + "ab".repeat(32);
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
                12,
                Instant.parse("2026-11-23T00:10:00.5Z"),
                LocalDate.of(2026, 11, 21),
                LocalDate.of(2026, 11, 22),
                new TreeMap<>(Map.of(NODE, "alice")),
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
