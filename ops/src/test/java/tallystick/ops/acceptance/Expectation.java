package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What is known of a recording, from its `expected.json`, held against what a replay wrote.
record Expectation(JsonNode expected) {
    /// Of wallet transactions and channels: their items are there, but this version does not decide them.
    private static final Set<String> NOT_DECIDED_YET =
            Set.of("ONCHAIN_TX_NOT_BOOKED", "OPEN_UNBOOKED", "CLOSE_UNBOOKED", "REPLACED");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Expectation of(Path recording) throws IOException {
        return new Expectation(read(recording, "expected.json"));
    }

    /// Each mismatch that is known, none besides, and as many that agree.
    void requireMismatches(Path out) throws IOException {
        JsonNode found = read(out, "mismatches.json");
        assertThat(lines(found.path("mismatches"))).isEqualTo(decided(expected.path("mismatches")));
        assertThat(lines(found.path("information"))).isEqualTo(lines(expected.path("info")));
        assertThat(agreeing(read(out, "items.json"), expected))
                .isEqualTo(expected.path("matched").asInt());
    }

    /// Every channel, every wallet and the clearing account to the msat.
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

    private static Set<String> decided(JsonNode mismatches) {
        Set<String> result = lines(mismatches);
        result.removeIf(line -> NOT_DECIDED_YET.contains(line.substring(0, line.indexOf(' '))));
        return result;
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

    /// Pairs that agree, and those not decided yet that nothing is expected of.
    private static int agreeing(JsonNode items, JsonNode expected) {
        Set<String> named = new TreeSet<>();
        expected.path("mismatches")
                .forEach(
                        one ->
                                named.add(
                                        one.path("node").asString()
                                                + one.path("reference").asString()));
        int agreeing = items.path("matched").asInt();
        for (JsonNode pair : items.path("not_decided_yet").path("references")) {
            if (!named.contains(pair.path("node").asString() + pair.path("reference").asString())) {
                agreeing++;
            }
        }
        return agreeing;
    }
}
