package tallystick.ops.acceptance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.Topic;

/// The whole pipeline on a Kafka and a Postgres that are not embedded: a broker of its own, and Debian's PostgreSQL 15, the
/// oldest that is supported. Nothing of the results may depend on that.
@Tag("containers")
@ExtendWith(UninterruptedReplay.Parameter.class)
class ContainersIT {
    private static @Nullable Containers containers;

    @TempDir Path directory;

    @BeforeAll
    static void start() {
        containers = Containers.start();
    }

    @AfterAll
    static void stop() {
        if (containers != null) {
            containers.close();
        }
    }

    @Test
    void makesTopicsAndSchemaOnce() throws Exception {
        Installation installation = install("made");

        Containers.say("topics create and db migrate, each twice");
        int topics = Topic.values().length;
        assertThat(installation.run("topics", "create")).contains(topics + " created");
        assertThat(installation.run("topics", "create")).contains("0 created");
        assertThat(installation.run("topics", "list").lines())
                .filteredOn(line -> line.startsWith("made."))
                .hasSize(topics);
        assertThat(installation.run("db", "migrate")).doesNotStartWith("0 migrations run");
        assertThat(installation.run("db", "migrate")).startsWith("0 migrations run");
        assertThat(installation.run("mismatches", "--csv")).isNotEmpty();
    }

    @Test
    void replaysAMerchantsDayAsTheEmbeddedServicesDo(UninterruptedReplay embedded)
            throws Exception {
        Installation installation = install("tallystick");
        MerchantDay day = embedded.day();

        Containers.say("replaying a merchant's day");
        Path out = installation.replay(day, "data", "out");

        assertThat(serverVersion(installation)).startsWith("15.");
        var expectation = Expectation.of(day.recording());
        expectation.requireMismatches(out);
        expectation.requireBalances(out);
        assertThat(MerchantDay.results(out)).isEqualTo(embedded.results());
        installation.state().requireEqualTo(embedded.state());
    }

    @Test
    void changesNothingWhenReplayedAgain(UninterruptedReplay embedded) throws Exception {
        Installation installation = install("again");
        MerchantDay day = embedded.day();
        Path first = installation.replay(day, "data", "first");
        LedgerState state = installation.state();

        Containers.say("replaying it again, from where it ended");
        Path resumed = installation.replay(day, "data", "resumed");
        installation.state().requireEqualTo(state);
        assertThat(MerchantDay.results(resumed)).isEqualTo(MerchantDay.results(first));

        Containers.say("replaying it again, from the start");
        Path repeated = installation.replay(day, "other", "repeated");
        installation.state().requireEqualTo(state);
        assertThat(atTheEnd(repeated)).isEqualTo(atTheEnd(first));
    }

    private Installation install(String name) throws Exception {
        return Installation.make(requireNonNull(containers), directory, name);
    }

    /// The results but for the proofs at the checkpoints: at those the ledger knows of the whole day already.
    private static SortedMap<String, String> atTheEnd(Path out) throws IOException {
        SortedMap<String, String> results = MerchantDay.results(out);
        assertThat(results.remove("proofs.json")).isNotNull();
        return results;
    }

    private static String serverVersion(Installation installation) throws SQLException {
        try (Connection connection = installation.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SHOW server_version")) {
            rows.next();
            String version = rows.getString(1);
            Containers.say("PostgreSQL says it is " + version);
            return version;
        }
    }
}
