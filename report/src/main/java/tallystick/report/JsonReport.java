package tallystick.report;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.ChannelProof;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.NodeProof;
import tallystick.db.report.LedgerReading.NotDecided;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.proof.Total;
import tallystick.report.figures.OpenMismatches;
import tallystick.report.figures.OpenMismatches.About;
import tallystick.report.figures.Standing;
import tallystick.report.figures.Standings;
import tallystick.report.figures.Times;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The reading as JSON for programs: amounts are msat integers, times RFC 3339 with milliseconds, keys in a fixed order,
/// lists in the reading's order. Equal readings give equal bytes. Any thread.
public final class JsonReport {
    private final JsonMapper mapper = JsonMapper.shared();
    private final ObjectWriter writer = mapper.writer().with(prettyPrinter());

    /// The open mismatches and, apart, the findings that are none. Both are sorted by code, reference, node.
    public String mismatches(LedgerReading reading) {
        return mismatches(reading, reading.mismatches(), reading.information());
    }

    /// The same for chosen ones.
    public String mismatches(
            LedgerReading reading, List<Mismatch> mismatches, List<Mismatch> information) {
        ObjectNode root = mapper.createObjectNode();
        root.put("as_of", Times.exact(reading.asOf()));
        addAll(root.putArray("mismatches"), mismatches);
        addAll(root.putArray("information"), information);
        return text(root);
    }

    /// What is not due yet. Without a time where it waits for the nodes to be read further.
    public String waiting(LedgerReading reading, List<Pair> waiting) {
        ObjectNode root = mapper.createObjectNode();
        root.put("as_of", Times.exact(reading.asOf()));
        ArrayNode array = root.putArray("waiting");
        for (Pair pair : waiting) {
            ObjectNode node = array.addObject();
            node.put("node", pair.node());
            node.put("reference", pair.reference());
            node.put("msat", pair.bookedMsat());
            pair.waitsUntil()
                    .ifPresentOrElse(
                            until -> node.put("waits_until", Times.exact(until)),
                            () -> node.putNull("waits_until"));
        }
        return text(root);
    }

    /// Counts, amounts and references by state, and what is open of these and beside them.
    public String items(LedgerReading reading) {
        ObjectNode root = mapper.createObjectNode();
        root.put("as_of", Times.exact(reading.asOf()));
        root.put("matched", matched(reading));
        addState(root, "agreed", reading, Standing.AGREED);
        addState(root, "agreed_by_rule", reading, Standing.AGREED_BY_RULE);
        addState(root, "agreed_by_person", reading, Standing.AGREED_BY_PERSON);
        addState(root, "waiting", reading, Standing.WAITING);
        addState(root, "open", reading, Standing.OPEN);
        addState(root, "ignored", reading, Standing.IGNORED);
        addState(root, "before_opening", reading, Standing.BEFORE_OPENING);
        ObjectNode undecided = addState(root, "not_decided_yet", reading, Standing.NOT_DECIDED_YET);
        addNotDecided(undecided.putArray("items"), reading.notDecidedYet());
        addOpen(root.putObject("mismatches"), OpenMismatches.of(reading));
        return text(root);
    }

    /// What the ledger and the nodes say of each balance.
    public String proof(LedgerReading reading) {
        ObjectNode root = mapper.createObjectNode();
        addProof(root, reading, false);
        return text(root);
    }

    /// The same at each of several moments, with the channels that could not be proven then.
    public String proofs(List<LedgerReading> checkpoints) {
        ArrayNode root = mapper.createArrayNode();
        for (int i = 0; i < checkpoints.size(); i++) {
            ObjectNode entry = root.addObject();
            entry.put("checkpoint", i + 1);
            entry.put("as_of", Times.exact(checkpoints.get(i).asOf()));
            addProof(entry, checkpoints.get(i), true);
        }
        return text(root);
    }

    /// As all of our JSON is written.
    String text(Object root) {
        return writer.writeValueAsString(root) + "\n";
    }

    private static void addAll(ArrayNode array, List<Mismatch> mismatches) {
        for (Mismatch mismatch : mismatches) {
            ObjectNode node = array.addObject();
            addIdentity(node, mismatch);
            node.put("explanation", mismatch.explanation() + " " + mismatch.advice());
        }
    }

    private static void addIdentity(ObjectNode node, Mismatch mismatch) {
        node.put("code", mismatch.code());
        node.put("node", mismatch.node());
        node.put("reference", mismatch.reference());
        node.put("amount_msat", mismatch.amountMsat());
        node.put("residue_msat", mismatch.residueMsat());
        node.put("severity", mismatch.severity());
        node.put("since", Times.exact(mismatch.since()));
    }

    /// References that agree, and that no mismatch names.
    private static long matched(LedgerReading reading) {
        Set<String> named = new HashSet<>();
        reading.mismatches().forEach(one -> named.add(one.node() + " " + one.reference()));
        return reading.pairs().stream()
                .filter(pair -> Standing.of(pair.state()).isMatched())
                .filter(pair -> !named.contains(pair.node() + " " + pair.reference()))
                .count();
    }

    private static ObjectNode addState(
            ObjectNode root, String name, LedgerReading reading, Standing standing) {
        ObjectNode node = root.putObject(name);
        add(node, Standings.of(reading).of(standing));
        ArrayNode references = node.putArray("references");
        for (Pair pair : reading.pairs()) {
            if (Standing.of(pair.state()) == standing) {
                ObjectNode reference = references.addObject();
                reference.put("node", pair.node());
                reference.put("reference", pair.reference());
                reference.put("msat", pair.bookedMsat());
            }
        }
        return node;
    }

    private static void addOpen(ObjectNode node, OpenMismatches open) {
        add(node.putObject("open"), open.total());
        add(node.putObject("of_references"), open.about(About.REFERENCE));
        add(node.putObject("not_booked"), open.about(About.NOT_BOOKED));
        add(node.putObject("of_orders"), open.about(About.ORDER));
        add(node.putObject("of_nodes"), open.about(About.NODE));
    }

    private static void add(ObjectNode node, Sum sum) {
        node.put("count", sum.count());
        node.put("msat", sum.msat());
    }

    private static void addNotDecided(ArrayNode array, List<NotDecided> kinds) {
        for (NotDecided kind : kinds) {
            ObjectNode node = array.addObject();
            node.put("kind", kind.kind());
            node.put("count", kind.items());
            node.put("residue_msat", kind.residueMsat());
        }
    }

    private static void addProof(ObjectNode root, LedgerReading reading, boolean withNotQuiet) {
        ObjectNode nodes = root.putObject("nodes");
        for (NodeProof proof : reading.proofs()) {
            ObjectNode node = nodes.putObject(proof.pubkey());
            addChannels(node.putObject("channels"), proof.channels());
            if (withNotQuiet) {
                ArrayNode notQuiet = node.putArray("not_quiet");
                proof.notQuiet().forEach(notQuiet::add);
            }
            proof.localTotal().ifPresent(total -> addTotal(node.putObject("local_total"), total));
            proof.wallet().ifPresent(total -> addTotal(node.putObject("wallet"), total));
        }
        ObjectNode clearing = root.putObject("clearing");
        clearing.put("balance_msat", reading.clearingMsat());
        clearing.put("items_msat", reading.itemsMsat());
        root.put("trial_balance_msat", reading.trialBalanceMsat());
    }

    private static void addChannels(ObjectNode channels, List<ChannelProof> proofs) {
        for (ChannelProof proof : proofs) {
            ObjectNode channel = channels.putObject(proof.channelPoint());
            channel.put("ledger_msat", proof.ledgerMsat());
            channel.put("node_msat_low", proof.nodeMsatLow());
            channel.put("node_msat_high", proof.nodeMsatHigh());
            channel.put("residual_msat", proof.residualMsat());
        }
    }

    private static void addTotal(ObjectNode node, Total total) {
        node.put("ledger_msat", total.ledgerMsat());
        node.put("node_msat", total.nodeMsat());
        node.put("residual_msat", total.residualMsat());
        if (!total.explanation().isEmpty()) {
            node.put("explained_by", total.explanation());
        }
    }

    static DefaultPrettyPrinter prettyPrinter() {
        Separators separators =
                Separators.createDefaultInstance()
                        .withObjectNameValueSpacing(Separators.Spacing.AFTER)
                        .withObjectEmptySeparator("")
                        .withArrayEmptySeparator("");
        DefaultIndenter indenter = new DefaultIndenter(" ", "\n");
        return new DefaultPrettyPrinter(separators)
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
    }
}
