package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What is known of a recording, from its `expected.json`, held against what a replay wrote.
record Expectation(JsonNode expected) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Expectation of(Path recording) throws IOException {
        return new Expectation(read(recording, "expected.json"));
    }

    /// Each mismatch that is known, none besides, and as many that agree.
    void requireMismatches(Path out) throws IOException {
        JsonNode found = read(out, "mismatches.json");
        assertThat(lines(found.path("mismatches"))).isEqualTo(lines(expected.path("mismatches")));
        assertThat(lines(found.path("information"))).isEqualTo(lines(expected.path("info")));
        assertThat(read(out, "items.json").path("matched").asInt())
                .isEqualTo(expected.path("matched").asInt());
        requireOneCounting(out);
    }

    /// Nodes against books by the replay and by the day's report are one counting, and what is open adds up: each open reference is
    /// named by one mismatch here.
    private static void requireOneCounting(Path out) throws IOException {
        JsonNode items = read(out, "items.json");
        JsonNode facts = read(out.resolve("report"), "2026-11-22.json").path("facts");
        Map<String, JsonNode> ofDay = new HashMap<>();
        facts.path("references")
                .forEach(
                        one ->
                                ofDay.put(
                                        one.path("state").asString().toLowerCase(Locale.ROOT),
                                        one.path("to_the_days_end")));
        for (String state : List.of("agreed", "agreed_by_rule", "waiting", "open", "ignored")) {
            JsonNode whole = items.path(state);
            JsonNode day = ofDay.getOrDefault(state, JSON.createObjectNode());
            assertThat(day.path("count").asLong())
                    .as(state)
                    .isEqualTo(whole.path("count").asLong());
            assertThat(day.path("msat").asLong()).as(state).isEqualTo(whole.path("msat").asLong());
        }
        JsonNode open = items.path("mismatches");
        assertThat(open.path("of_references").path("count").asLong())
                .isEqualTo(items.path("open").path("count").asLong());
        assertThat(open.path("open").path("count").asLong())
                .isEqualTo(facts.path("mismatches").path("open_count").asLong());
        assertThat(open.path("open").path("msat").asLong())
                .isEqualTo(facts.path("mismatches").path("open_msat").asLong());
    }

    /// Every channel, every wallet and the clearing account to the msat, in a ledger that proves itself untouched.
    void requireBalances(Path out) throws IOException {
        JsonNode proof = read(out, "proof.json");
        expected.path("balance")
                .propertyStream()
                .forEach(
                        node ->
                                requireBalances(
                                        proof.path("nodes").path(node.getKey()), node.getValue()));
        assertThat(proof.path("trial_balance_msat").asLong(-1)).isZero();
        assertThat(proof.path("clearing").path("balance_msat").asLong())
                .isEqualTo(proof.path("clearing").path("items_msat").asLong(1));
        requireBridges(out);
        requireUntouched(out);
    }

    /// What `verify` found in the end.
    static void requireUntouched(Path out) throws IOException {
        assertThat(read(out, "path.json").path("verify_findings").asLong(-1))
                .as("findings of verify on a ledger that was just made")
                .isZero();
    }

    /// The day's report leads from each closing to what the node says itself.
    private static void requireBridges(Path out) throws IOException {
        JsonNode bridges =
                read(out.resolve("report"), "2026-11-22.json").path("facts").path("balance_bridge");
        assertThat(bridges).isNotEmpty();
        for (JsonNode bridge : bridges) {
            JsonNode own = bridge.path("by_the_node");
            assertThat(
                            bridge.path("closing").path("channels_msat").asLong()
                                    - own.path("channels_moved_since_msat").asLong()
                                    - own.path("channels_in_commitments_msat").asLong())
                    .isEqualTo(own.path("channels_ledger_msat").asLong())
                    .isEqualTo(own.path("channels_node_msat").asLong());
            assertThat(
                            bridge.path("closing").path("wallet_msat").asLong()
                                    - own.path("wallet_moved_since_msat").asLong())
                    .isEqualTo(own.path("wallet_ledger_msat").asLong());
            assertThat(own.path("channels_beyond_rounding").asLong(-1)).isZero();
        }
    }

    private static void requireBalances(JsonNode proven, JsonNode expected) {
        assertThat(proven.path("local_total").path("residual_msat").asLong(-1)).isZero();
        assertThat(proven.path("wallet").path("ledger_msat").asLong())
                .isEqualTo(expected.path("wallet_sat").asLong() * 1_000);
        expected.path("channels")
                .propertyStream()
                .forEach(
                        channel ->
                                assertThat(
                                                proven.path("channels")
                                                        .path(channel.getKey())
                                                        .path("ledger_msat")
                                                        .asLong())
                                        .isEqualTo(channel.getValue().path("claim_msat").asLong()));
    }

    private static JsonNode read(Path directory, String file) throws IOException {
        return JSON.readTree(Files.readString(directory.resolve(file)));
    }

    private static Set<String> lines(JsonNode mismatches) {
        Set<String> result = new TreeSet<>();
        for (JsonNode one : mismatches) {
            result.add(
                    "%s %s %s %d"
                            .formatted(
                                    one.path("code").asString(),
                                    one.path("node").asString(),
                                    one.path("reference").asString(),
                                    one.path("amount_msat").asLong()));
        }
        return result;
    }
}
