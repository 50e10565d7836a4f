package tallystick.ops.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;

class SortedEntriesTest {
    private static final int ENTRIES = 2_000;

    /// 1 makes more files than are merged at once.
    @ParameterizedTest
    @ValueSource(ints = {1, 10, 999, 100_000})
    void givesThemByDayAndItemAsOftenAsAsked(int linesMax) throws IOException {
        Random random = new Random(1);
        List<JournalEntry> given = new ArrayList<>();
        try (SortedEntries entries = new SortedEntries(linesMax)) {
            for (int i = 0; i < ENTRIES; i++) {
                JournalEntry entry = entry(random, i);
                given.add(entry);
                entries.add(entry);
            }
            given.sort(Comparator.comparing(JournalEntry::day).thenComparing(JournalEntry::item));

            for (int time = 0; time < 2; time++) {
                List<JournalEntry> read = new ArrayList<>();
                entries.forEach(read::add);
                assertThat(read).isEqualTo(given);
            }
        }
    }

    private static JournalEntry entry(Random random, int number) {
        long msat = 1 + random.nextLong(1_000_000);
        return new JournalEntry(
                LocalDate.of(2026, 11, 22).minusDays(random.nextInt(40)),
                "order:ü%d".formatted(number),
                "order",
                List.of(
                        new JournalEntry.Line(new Account("books:sales"), -msat),
                        new JournalEntry.Line(Account.CLEARING, msat)));
    }
}
