package tallystick.report;

import java.time.Instant;
import java.util.List;
import tallystick.db.report.ChannelResults;
import tallystick.db.report.ChannelResults.ChannelResult;
import tallystick.db.report.ChannelResults.NodeChange;
import tallystick.report.figures.Times;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What channels cost and earned as JSON for programs, open ones first, with the sums of the proof. Amounts are msat
/// integers. Any thread.
public final class ChannelJson {
    private final JsonMapper mapper = JsonMapper.shared();

    /// @param channels those that are shown; the sums are of all
    public String render(ChannelResults results, List<ChannelResult> channels, Instant asOf) {
        ObjectNode root = mapper.createObjectNode();
        root.put("as_of", Times.exact(asOf));
        root.put("sequence", results.sequence());
        ArrayNode array = root.putArray("channels");
        channels.stream().sorted(ChannelTable.ORDER).forEach(one -> add(array.addObject(), one));
        ArrayNode nodes = root.putArray("nodes");
        results.nodes().forEach(node -> add(nodes.addObject(), node));
        return new JsonReport().text(root);
    }

    private static void add(ObjectNode node, ChannelResult one) {
        node.put("node", one.node());
        node.put("channel", one.channel());
        node.put("state", one.state().name());
        ChannelCsv.forEach(one, node::put);
    }

    private static void add(ObjectNode node, NodeChange change) {
        node.put("node", change.pubkey());
        node.put("alias", change.alias());
        node.put("channels_msat", change.channels());
        node.put("wallet_msat", change.wallet());
        node.put("change_msat", change.change());
        node.put("difference_msat", change.difference());
        node.put("begun_msat", change.begun());
    }
}
