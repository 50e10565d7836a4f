package tallystick.db;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tallystick.db.report.LedgerReading.Half;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The small documents that lie in `jsonb` columns.
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    public static String halves(List<Half> halves) {
        ArrayNode array = MAPPER.createArrayNode();
        for (Half half : halves) {
            ObjectNode node = array.addObject();
            node.put("node", half.node());
            node.put("what", half.what());
            node.put("msat", half.amountMsat());
            half.at().ifPresent(at -> node.put("at", at.toString()));
        }
        return array.toString();
    }

    public static List<Half> halves(String json) {
        List<Half> result = new ArrayList<>();
        for (JsonNode node : MAPPER.readTree(json)) {
            result.add(
                    new Half(
                            node.path("node").asString(),
                            node.path("what").asString(),
                            node.path("msat").asLong(),
                            node.has("at")
                                    ? Optional.of(Instant.parse(node.path("at").asString()))
                                    : Optional.empty()));
        }
        return result;
    }

    /// One (node, reference) with entries, as an item's row keeps it.
    public record StoredPair(String node, String reference, String state, long msat) {}

    public static String pairs(List<StoredPair> pairs) {
        StringBuilder text = new StringBuilder("[");
        for (StoredPair pair : pairs) {
            text.append(text.length() > 1 ? "," : "");
            text.append("{\"node\":\"").append(pair.node()).append("\",\"reference\":");
            text.append(MAPPER.writeValueAsString(pair.reference()))
                    .append(",\"state\":\"")
                    .append(pair.state());
            text.append("\",\"msat\":").append(pair.msat()).append('}');
        }
        return text.append(']').toString();
    }

    public static List<StoredPair> pairs(String json) {
        List<StoredPair> result = new ArrayList<>();
        for (JsonNode node : MAPPER.readTree(json)) {
            result.add(
                    new StoredPair(
                            node.path("node").asString(),
                            node.path("reference").asString(),
                            node.path("state").asString(),
                            node.path("msat").asLong()));
        }
        return result;
    }
}
