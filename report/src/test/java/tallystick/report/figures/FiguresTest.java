package tallystick.report.figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    private static final String HASH =
            "ca0f5515a785e019b5f5799aa6cf0dad04ee8af5c0c5b585dd8f386867c032e5";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 0.000",
                "314 | 0.314",
                "1000 | 1.000",
                "72672905 | 72,672.905",
                "-1 | -0.001",
                "-9808182000 | -9,808,182.000",
                "9223372036854775807 | 9,223,372,036,854,775.807",
                "-9223372036854775808 | -9,223,372,036,854,775.808"
            })
    void writesSatWithThreeDigitsOfMsat(long msat, String expected) {
        assertThat(Amounts.TERMINAL.sat(msat)).isEqualTo(expected);
        assertThat(Amounts.PAGE.sat(msat)).isEqualTo(expected.replace('-', '−'));
    }

    @Test
    void writesDirections() {
        assertThat(Amounts.TERMINAL.signedSat(1)).isEqualTo("+0.001");
        assertThat(Amounts.TERMINAL.signedSat(0)).isEqualTo("0.000");
        assertThat(Amounts.PAGE.signedSat(-1_000_000)).isEqualTo("−1,000.000");
        assertThat(Amounts.PAGE.msat(-1_000_000)).isEqualTo("−1,000,000");
    }

    @Test
    void dimsNothingBelowOneSat() {
        assertThat(Amounts.isBelowOneSat(999)).isTrue();
        assertThat(Amounts.isBelowOneSat(-314)).isTrue();
        assertThat(Amounts.isBelowOneSat(0)).isFalse();
        assertThat(Amounts.isBelowOneSat(1_000)).isFalse();
    }

    @Test
    void findsTheFractionsInASentence() {
        assertThat(Amounts.pieces("Over 10,000.500 sat, fee 0.314 sat, 1.000 of 2."))
                .containsExactly(
                        new Amounts.Piece("Over 10,000", false),
                        new Amounts.Piece(".500", true),
                        new Amounts.Piece(" sat, fee 0.314 sat, 1.000 of 2.", false));
    }

    @Test
    void writesShares() {
        assertThat(Shares.percent(205, 234, "–")).isEqualTo("87.6%");
        assertThat(Shares.percent(0, 234, "–")).isEqualTo("0.0%");
        assertThat(Shares.percent(0, 0, "–")).isEqualTo("–");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-22T23:22:00Z, 48 min",
        "2026-11-23T00:09:59Z, 0 min",
        "2026-11-22T22:54:00Z, 1 h 16 min",
        "2026-11-19T20:00:00Z, 3 d 4 h",
        "2026-11-24T00:00:00Z, 0 min"
    })
    void writesAges(Instant since, String expected) {
        assertThat(Times.age(since, Instant.parse("2026-11-23T00:10:00Z"))).isEqualTo(expected);
    }

    @Test
    void writesMomentsInUtcAndEnglish() {
        Instant moment = Instant.parse("2026-11-22T22:53:35.143Z");

        assertThat(Times.exact(moment)).isEqualTo("2026-11-22T22:53:35.143Z");
        assertThat(Times.stamp(moment)).isEqualTo("2026-11-22 22:53:35.143Z");
        assertThat(Times.stamp(moment.minusMillis(143))).isEqualTo("2026-11-22 22:53:35Z");
        assertThat(Times.inWords(LocalDate.of(2026, 11, 22))).isEqualTo("Sunday 22 November 2026");
    }

    @Test
    void shortensHashesAndKeepsWhatStandsAround() {
        assertThat(Hashes.shortened("payment_hash:" + HASH))
                .isEqualTo("payment_hash:ca0f5515…c032e5");
        assertThat(Hashes.bare("channel:" + HASH + ":1")).isEqualTo("ca0f5515…c032e5:1");
        assertThat(Hashes.bare("forwards:03" + HASH + ":2026-11-22"))
                .isEqualTo("forwards:03ca0f55…c032e5:2026-11-22");
        assertThat(Hashes.bare("order:ord-00044")).isEqualTo("order:ord-00044");
        assertThat(Hashes.briefly("channel:" + HASH + ":1")).isEqualTo("ca0f5515…:1");
        assertThat(Hashes.briefly("order:ord-00044")).isEqualTo("order:ord-00044");
    }

    @Test
    void measuresAndCutsWhatATerminalShows() {
        assertThat(PlainText.width("漢字")).isEqualTo(4);
        assertThat(PlainText.cut("漢字漢字", 6)).isEqualTo("漢字…");
        assertThat(PlainText.cut("order", 5)).isEqualTo("order");
        assertThat(PlainText.oneLine("a\nb\u001b\u202ec")).isEqualTo("a b\uFFFD\uFFFDc");
    }

    @Test
    void refusesAnUnknownSeverity() {
        assertThat(Severity.of("high")).isEqualTo(Severity.HIGH);
        assertThatThrownBy(() -> Severity.of("AWFUL"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("severity: AWFUL (expected: one of");
    }
}
