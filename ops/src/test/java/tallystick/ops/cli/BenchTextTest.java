package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tallystick.ops.bench.Figure;
import tallystick.ops.bench.Figure.Limit;

class BenchTextTest {
    private static final List<Figure> FIGURES =
            List.of(
                    new Figure(
                            "catch-up",
                            "rate",
                            23_121.4,
                            "events/s",
                            Optional.of(new Limit(true, 20_000)),
                            1.5),
                    new Figure("latency", "p99", 61.25, "ms", Optional.of(new Limit(false, 50)), 1),
                    new Figure("latency", "events", 60_000, "", Optional.empty(), 1));

    @Test
    void saysWhatIsMetAndWhatIsNot() {
        assertThat(BenchText.table("Ingest", FIGURES))
                .contains("catch-up (load before: 1.5)")
                .containsPattern("= +rate +23,121 events/s +at least 20,000")
                .containsPattern("≠ +p99 +61.3 ms +at most 50")
                .containsPattern("\n +events +60,000\n");
    }

    @Test
    void programsGetTheSame() {
        assertThat(BenchText.json(FIGURES)).contains("\"name\" : \"p99\"").contains("61.25");
    }
}
