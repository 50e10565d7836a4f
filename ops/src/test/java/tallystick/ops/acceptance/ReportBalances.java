package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// What a daily report says that accounts hold, in the words of its balance bridge.
///
/// @param facts of the report, JSON
record ReportBalances(JsonNode facts) {
    /// The same of accounts by their names: channels, wallet and limbo of each node, and each account that is no node's but clearing.
    static SortedMap<String, BigInteger> places(Map<String, BigInteger> balances) {
        SortedMap<String, BigInteger> places = new TreeMap<>();
        balances.forEach(
                (account, msat) -> {
                    String[] parts = account.split(":", 4);
                    String place =
                            !parts[0].equals("node")
                                    ? account
                                    : parts[1]
                                            + (parts[2].equals("scid")
                                                    ? " channel"
                                                    : " " + parts[2]);
                    places.merge(place, msat, BigInteger::add);
                });
        places.values().removeIf(msat -> msat.signum() == 0);
        return places;
    }

    /// Compares with all that was posted up to the end of the day, of a ledger of which nothing lies after it.
    ///
    /// @param closing by account, at the end of the day
    /// @param ofTheDay by account, what changed within it
    void requireSame(Map<String, BigInteger> closing, Map<String, BigInteger> ofTheDay) {
        SortedMap<String, BigInteger> nodes = new TreeMap<>();
        for (JsonNode bridge : facts.path("balance_bridge")) {
            String node = bridge.path("node").asString();
            JsonNode held = bridge.path("closing");
            nodes.put(node + " channel", held.path("channels_msat").bigIntegerValue());
            nodes.put(node + " wallet", held.path("wallet_msat").bigIntegerValue());
            nodes.put(node + " limbo", held.path("limbo_msat").bigIntegerValue());
        }
        nodes.values().removeIf(msat -> msat.signum() == 0);
        SortedMap<String, BigInteger> places = places(closing);
        places.keySet().removeIf(place -> !place.matches("[0-9a-f]{66} .*"));
        assertThat(places).isNotEmpty().isEqualTo(nodes);

        SortedMap<String, BigInteger> accounts = new TreeMap<>();
        for (JsonNode one : facts.path("accounts")) {
            accounts.merge(
                    one.path("account").asString(),
                    one.path("msat").bigIntegerValue(),
                    BigInteger::add);
        }
        accounts.values().removeIf(msat -> msat.signum() == 0);
        SortedMap<String, BigInteger> others = places(ofTheDay);
        others.keySet()
                .removeIf(place -> place.matches("[0-9a-f]{66} .*") || place.equals("clearing"));
        assertThat(others).isNotEmpty().isEqualTo(accounts);
        // What residues come to is a credit.
        assertThat(closing.getOrDefault("clearing", BigInteger.ZERO).negate())
                .isEqualTo(facts.path("integrity").path("clearing_msat").bigIntegerValue());
        assertThat(facts.path("integrity").path("unexplained_msat").asLong(1)).isZero();
    }
}
