package tallystick.report.day;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import tallystick.ledger.mismatch.Code;

/// Reports that were issued hold the words of each mismatch's code, and are made again with those that the program has: other words
/// would be other facts. New codes are added to the file, with their line; no line of it is ever changed.
class WordsTest {
    private static final Path WORDS =
            Path.of("src/test/resources/words-of-format-" + DayReport.SCHEMA + ".txt");

    @Test
    void areThoseOfTheReportsThatWereIssued() throws IOException {
        assertThat(
                        Arrays.stream(Code.values())
                                .map(
                                        code ->
                                                "%s | %s | %s"
                                                        .formatted(
                                                                code, code.label(), code.advice())))
                .as("words of mismatches: they may be other ones in a new format of reports only")
                .containsExactlyInAnyOrderElementsOf(Files.readAllLines(WORDS));
    }
}
