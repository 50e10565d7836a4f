package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.db.report.LedgerReading;

class MismatchCsvTest {
    private static final int ORDER = 6;

    private final MismatchCsv csv = new MismatchCsv();

    @Test
    void looksAsBefore() throws IOException {
        Golden.assertEqual("mismatches.csv", csv.render(Readings.with(40).mismatches()));
    }

    @Test
    void keepsEveryFieldAndRunsNoFormula() {
        LedgerReading reading = Readings.hostile(40);

        List<CsvRecord> records = records(csv.render(reading.mismatches()));

        assertThat(records).hasSize(41).allMatch(record -> record.getFieldCount() == 15);
        assertThat(records.stream().map(record -> record.getField(ORDER)))
                .contains("two\nlines\tand a tab", "'=HYPERLINK(\"http://127.0.0.1\")")
                .noneMatch(order -> order.startsWith("="));
    }

    @Test
    void hasOnlyAHeadWithoutMismatches() {
        assertThat(records(csv.render(List.of()))).hasSize(1);
    }

    private static List<CsvRecord> records(String text) {
        return CsvReader.builder().ofCsvRecord(text).stream().toList();
    }
}
