package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TerminalProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Instant now = Instant.parse("2026-11-23T00:00:00Z");

    @Test
    void onATerminalOneLineIsRewritten() {
        try (var progress = progress(true)) {
            progress.now("replaying 1");
            pass(Duration.ofSeconds(1));
            progress.now("replaying 2");
            pass(Duration.ofSeconds(1));
            progress.done("replayed");
        }

        assertThat(lines()).hasSize(1);
        assertThat(text()).contains("\r  replaying 2 ...").endsWith("2.0 s\n");
    }

    @Test
    void elsewhereThereIsALineNowAndThen() {
        try (var progress = progress(false)) {
            for (int i = 0; i < 100; i++) {
                progress.now("replaying " + i);
                pass(Duration.ofMillis(100));
            }
            progress.done("replayed");
        }

        assertThat(lines()).hasSize(3);
        assertThat(text()).doesNotContain("\r");
    }

    @Test
    void whatIsLeftUnfinishedIsWipedAway() {
        try (var progress = progress(true)) {
            progress.now("replaying");
        }

        assertThat(text()).endsWith("\r");
    }

    private TerminalProgress progress(boolean live) {
        return new TerminalProgress(new PrintStream(bytes, true, UTF_8), live, () -> now);
    }

    private void pass(Duration duration) {
        now = now.plus(duration);
    }

    private String text() {
        return bytes.toString(UTF_8).replace(System.lineSeparator(), "\n");
    }

    private String[] lines() {
        return text().split("\n");
    }
}
