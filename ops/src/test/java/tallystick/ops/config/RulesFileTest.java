package tallystick.ops.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.RuleSet;

class RulesFileTest {
    @TempDir Path directory;

    @Test
    void withoutAFileTheRulesAreTheDefaults() {
        assertThat(Resolved.rules(read(Map.of()))).isEqualTo(RuleSet.defaults());
    }

    @Test
    void whatTheFileSaysWins() throws IOException {
        Path file =
                write(
                        """
                        # The shop's books come by night.
                        grace-books=12h
                        code.FEE_NOT_BOOKED.grace-books=3d
                        """);

        RuleSet rules =
                Resolved.rules(
                        read(
                                Map.of(
                                        "rules.file", file.toString(),
                                        "rules.grace-books", "1m",
                                        "rules.grace-node", "2m",
                                        "ledger.time-zone", "Europe/Berlin")));

        assertThat(rules.of(Code.OVERPAID).graceBooks()).isEqualTo(Duration.ofHours(12));
        assertThat(rules.of(Code.OVERPAID).graceNode()).isEqualTo(Duration.ofMinutes(2));
        assertThat(rules.of(Code.FEE_NOT_BOOKED).graceBooks()).isEqualTo(Duration.ofDays(3));
        assertThat(rules.zone().getId()).isEqualTo("Europe/Berlin");
    }

    @Test
    void allThatIsWrongWithItIsToldWithTheRest() throws IOException {
        Path file = write("grace-bookz=1h\ncode.OVERPAID.tolerance=much\n");

        ConfigurationException e =
                catchThrowableOfType(
                        ConfigurationException.class,
                        () ->
                                read(
                                        Map.of(
                                                "rules.file",
                                                file.toString(),
                                                "metrics.address",
                                                "nowhere")));

        assertThat(e.errors())
                .containsExactlyInAnyOrder(
                        file
                                + ": code.OVERPAID.tolerance: much (expected: a whole number from 0 to 2100000000000000000)",
                        file
                                + ": grace-bookz: grace-bookz is not known (expected: did you mean grace-books?)",
                        "metrics.address: nowhere (expected: host:port, or [address]:port with IPv6)");
    }

    @Test
    void anAccountMayHoldAColon() throws IOException {
        Path file = write("account.income:sales.severity = high\n\n! old\n");

        RuleSet rules = Resolved.rules(read(Map.of("rules.file", file.toString())));

        assertThat(rules.text()).contains("account.income:sales.severity=high");
    }

    @Test
    void aKeyStandsOnce() throws IOException {
        Path file = write("tolerance=1\n# better\ntolerance=2\nnothing\n");

        ConfigurationException e =
                catchThrowableOfType(
                        ConfigurationException.class,
                        () -> read(Map.of("rules.file", file.toString())));

        assertThat(e.errors())
                .containsExactly(
                        file + ": line 3: tolerance again (expected: each key once)",
                        file + ": line 4: nothing (expected: key=value)");
    }

    private Settings read(Map<String, String> flags) {
        return new SettingsReader(Map.of(), directory).read(Optional.empty(), flags).settings();
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("rules.properties"), text);
    }
}
