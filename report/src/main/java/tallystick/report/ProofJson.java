package tallystick.report;

import java.util.OptionalLong;
import tallystick.db.report.ProofsReading;
import tallystick.db.report.ProofsReading.Bridge;
import tallystick.db.report.ProofsReading.Movement;
import tallystick.db.report.ProofsReading.NodeProof;
import tallystick.db.report.ProofsReading.Stored;
import tallystick.ledger.proof.ChannelProof;
import tallystick.ledger.proof.Course;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Total;
import tallystick.report.figures.Times;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Stored proofs for programs. Equal readings give equal bytes. Any thread.
public final class ProofJson {
    private final JsonMapper mapper = JsonMapper.shared();
    private final ObjectWriter writer = mapper.writer().with(JsonReport.prettyPrinter());

    public String render(ProofsReading reading) {
        ObjectNode root = mapper.createObjectNode();
        root.put("ledger", reading.ledger());
        root.put("sequence", reading.sequence());
        root.put("foots", reading.foots());
        ObjectNode nodes = root.putObject("nodes");
        reading.nodes().forEach(node -> add(nodes.putObject(node.pubkey()), node));
        ObjectNode clearing = root.putObject("clearing");
        clearing.put("balance_msat", reading.clearingMsat());
        clearing.put("items_msat", reading.itemsMsat());
        root.put("trial_balance_msat", reading.trialBalanceMsat());
        return writer.writeValueAsString(root) + "\n";
    }

    private static void add(ObjectNode json, NodeProof node) {
        json.put("alias", node.alias());
        json.put("foots", node.foots());
        node.stored().ifPresentOrElse(stored -> add(json, stored), () -> json.putNull("proof"));
    }

    private static void add(ObjectNode json, Stored stored) {
        Proven proven = stored.proven();
        Proof proof = proven.proof();
        ObjectNode node = json.putObject("proof");
        node.put("observed_at", Times.exact(proof.reading().observedAt()));
        node.put("computed_at", Times.exact(proven.computedAt()));
        node.put("sequence", proof.sequence());
        node.put("is_complete", proof.isComplete());
        ObjectNode channels = node.putObject("channels");
        for (ChannelProof channel : proof.channels()) {
            add(channels.putObject(channel.channelPoint()), channel, proven.course(channel));
        }
        proof.local().ifPresent(total -> add(node.putObject("local_total"), total, proven.local()));
        add(node.putObject("wallet"), proof.wallet(), proven.wallet());
        ObjectNode bridge = node.putObject("bridge");
        add(bridge.putObject("channels"), stored.channels());
        add(bridge.putObject("wallet"), stored.wallet());
    }

    private static void add(ObjectNode node, ChannelProof channel, Course course) {
        node.put("ledger_msat", channel.ledgerMsat());
        node.put("node_msat_low", channel.figures().claim().lowMsat());
        node.put("node_msat_high", channel.figures().claim().highMsat());
        OptionalLong residual = channel.residualMsat();
        if (residual.isPresent()) {
            node.put("residual_msat", residual.getAsLong());
        } else {
            node.putNull("residual_msat");
        }
        node.put("is_quiet", channel.figures().isQuiet());
        node.put("num_updates", channel.figures().numUpdates());
        node.put("explanation", channel.explanation());
        add(node, course);
    }

    private static void add(ObjectNode node, Total total, Course course) {
        node.put("ledger_msat", total.ledgerMsat());
        node.put("node_msat", total.nodeMsat());
        node.put("residual_msat", total.residualMsat());
        node.put("explanation", total.explanation());
        add(node, course);
    }

    private static void add(ObjectNode node, Course course) {
        node.put("drift_msat", course.driftMsat());
        course.footed().ifPresent(mark -> node.put("footed_at", Times.exact(mark.at())));
        course.failed().ifPresent(mark -> node.put("failed_at", Times.exact(mark.at())));
    }

    private static void add(ObjectNode node, Bridge bridge) {
        node.put("opening_msat", bridge.openingMsat());
        ObjectNode movements = node.putObject("movements");
        for (Movement movement : bridge.movements()) {
            ObjectNode one = movements.putObject(movement.category());
            one.put("msat", movement.msat());
            one.put("transfers", movement.transfers());
        }
        node.put("closing_msat", bridge.closingMsat());
        node.put("missing_msat", bridge.missingMsat());
    }
}
