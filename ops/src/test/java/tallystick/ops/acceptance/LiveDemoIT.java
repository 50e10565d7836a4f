package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveDemoIT {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final Pattern MISMATCH = Pattern.compile("<a href=\"/mismatches/([^\"?]+)\"");

    @TempDir Path directory;

    /// Settings of a real ledger lie about: its nodes are not followed, nor is anything of it touched.
    @Test
    void mismatchesOpenAndCloseByThemselves() throws Exception {
        Files.writeString(
                directory.resolve("tallystick.properties"),
                """
                kafka.bootstrap-servers=127.0.0.1:1
                database.url=jdbc:postgresql://127.0.0.1:1/real
                nodes.real.address=127.0.0.1:1
                nodes.real.tls-certificate=absent
                nodes.real.macaroon=absent
                """);
        Program demo = Program.start(directory, List.of("demo", "--live", "--seed", "1"));
        try {
            Visitor visitor = Visitor.signInAsAnna(demo);
            assertThat(visitor.get("/nodes")).contains("alice").contains("bob");

            String id = await(visitor, "/mismatches", MISMATCH).group(1);
            assertThat(visitor.get("/mismatches/" + id))
                    .as("what the nodes had before is nobody's mistake")
                    .doesNotContain("OPEN_UNBOOKED");
            await(visitor, "/mismatches/" + id, Pattern.compile("Closed by evidence"));
        } finally {
            Program.Ended ended = demo.stop();
            assertThat(ended.said()).contains("Seed 1.").doesNotContain("not closed within");
        }
        assertThat(directory.resolve(".tallystick/kafka")).doesNotExist();
        new Home(directory.resolve(".tallystick/demo")).state(); // Debits equal credits, and so on.
    }

    private static Matcher await(Visitor visitor, String path, Pattern what) throws Exception {
        Instant end = Instant.now().plus(PATIENCE);
        while (true) {
            String page = visitor.get(path);
            Matcher found = what.matcher(page);
            if (found.find()) {
                return found;
            }
            assertThat(Instant.now()).as(page).isBefore(end);
            Thread.sleep(500);
        }
    }
}
