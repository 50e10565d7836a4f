package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tallystick.db.report.DayReading.Sum;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.History;
import tallystick.report.day.DayReport.Mismatch;
import tallystick.report.day.DayReport.Places;
import tallystick.report.day.DayReport.Seal;
import tallystick.report.day.DayReport.SignOff;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A report as canonical JSON: keys in a fixed order, no space between them, amounts as msat integers, times as RFC 3339 in UTC,
/// UTF-8. Equal reports give equal bytes, and a digest is SHA-256 of a part's bytes. Any thread.
public final class DayJson {
    private final JsonMapper mapper = JsonMapper.shared();

    /// All three parts in one document, what people said of it since, and the queries that give their figures.
    byte[] whole(
            byte[] facts,
            byte[] history,
            byte[] seal,
            SignOff signOff,
            List<DayQueries.Asked> queries) {
        return joined(
                utf8("{\"facts\":"),
                facts,
                utf8(",\"history\":"),
                history,
                utf8(",\"seal\":"),
                seal,
                utf8(",\"sign_off\":"),
                signOff(signOff),
                utf8(",\"queries\":"),
                queries(queries),
                utf8("}"));
    }

    private byte[] signOff(SignOff signOff) {
        ObjectNode root = mapper.createObjectNode();
        ArrayNode signatures = root.putArray("signatures");
        for (DayReport.Signature one : signOff.signatures()) {
            ObjectNode node = signatures.addObject();
            node.put("role", one.role());
            node.put("person", one.person());
            node.put("at", one.at().toString());
            node.put("comment", one.comment());
            node.put("edition", one.edition());
            node.put("seal_digest", one.report());
        }
        ArrayNode editions = root.putArray("editions");
        for (DayReport.Edition one : signOff.editions()) {
            ObjectNode node = editions.addObject();
            node.put("edition", one.number());
            node.put("issued_at", one.issuedAt().toString());
            node.put("sequence", one.sequence());
            node.put("seal_digest", one.sealDigest());
            node.put("reason", one.reason());
        }
        return bytes(root);
    }

    private byte[] queries(List<DayQueries.Asked> queries) {
        ArrayNode array = mapper.createArrayNode();
        for (DayQueries.Asked one : queries) {
            ObjectNode node = array.addObject();
            node.put("table", one.table());
            node.put("figures", one.figures());
            node.put("sql", one.sql());
        }
        return mapper.writeValueAsBytes(array);
    }

    /// The facts of a report that was not issued, and how far they are covered.
    byte[] factsOnly(byte[] facts, History history) {
        ObjectNode root = mapper.createObjectNode();
        root.put("is_provisional", history.isProvisional());
        addCoverage(root.putArray("coverage"), history);
        return joined(
                utf8("{\"facts\":"),
                facts,
                utf8("," + mapper.writeValueAsString(root).substring(1)));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    /// A part can have a hundred megabytes: there is no text of it, and no room to spare.
    private static byte[] joined(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(Stream.of(parts).mapToInt(part -> part.length).sum());
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    byte[] facts(Facts facts) {
        ObjectNode root = root();
        root.put("ledger", facts.ledger());
        root.put("day", facts.day().toString());
        root.put("from", facts.from().toString());
        root.put("to", facts.to().toString());
        root.put("time_zone", facts.timeZone());
        addBridges(root.putArray("balance_bridge"), facts.bridges());
        addStates(root.putArray("references"), facts.references());
        addStates(root.putArray("residues"), facts.residues());
        ObjectNode mismatches = root.putObject("mismatches");
        mismatches.put("open_count", facts.open().size());
        mismatches.put("open_msat", facts.openMsat());
        addMismatches(mismatches.putArray("open"), facts.open());
        addMismatches(mismatches.putArray("information"), facts.information());
        ArrayNode underWay = root.putArray("in_flight");
        for (DayReport.Flight one : facts.underWay()) {
            ObjectNode node = underWay.addObject();
            node.put("node", one.node());
            node.put("reference", one.reference());
            node.put("parts", one.parts());
            node.put("msat", one.msat());
            node.put("final_after_height", one.finalAfterHeight());
        }
        addChannels(root.putArray("fees_and_income"), facts.channels());
        ArrayNode accounts = root.putArray("accounts");
        for (DayReport.Posted one : facts.accounts()) {
            ObjectNode node = accounts.addObject();
            node.put("kind", one.kind());
            node.put("account", one.account());
            add(node, one.sum());
        }
        ObjectNode sums = root.putObject("integrity");
        sums.put("clearing_msat", facts.clearingMsat());
        sums.put("posted_msat", facts.postedMsat());
        sums.put("unexplained_msat", facts.unexplainedMsat());
        return bytes(root);
    }

    private static void addBridges(ArrayNode array, List<DayReport.Bridge> bridges) {
        for (DayReport.Bridge bridge : bridges) {
            ObjectNode node = array.addObject();
            node.put("node", bridge.node());
            add(node.putObject("opening"), bridge.opening());
            ArrayNode movements = node.putArray("movements");
            for (DayReport.Movement movement : bridge.movements()) {
                ObjectNode one = movements.addObject();
                one.put("kind", movement.kind());
                one.put("count", movement.count());
                add(one, movement.msat());
            }
            add(node.putObject("closing"), bridge.closing());
            if (bridge.ownFigures().isPresent()) {
                addOwn(node.putObject("by_the_node"), bridge.ownFigures().get());
            } else {
                node.putNull("by_the_node");
            }
        }
    }

    private static void addOwn(ObjectNode node, DayReport.OwnFigures own) {
        node.put("observed_at", own.observedAt().toString());
        put(node, "channels_ledger_msat", own.channelsLedgerMsat());
        put(node, "channels_node_msat", own.channelsNodeMsat());
        put(node, "channels_residual_msat", own.channelsResidualMsat());
        node.put("wallet_ledger_msat", own.walletLedgerMsat());
        node.put("wallet_node_msat", own.walletNodeMsat());
        node.put("wallet_residual_msat", own.walletResidualMsat());
        node.put("wallet_explained_by", own.walletExplanation());
        node.put("channels_moved_since_msat", own.channelsSinceMsat());
        put(node, "channels_in_commitments_msat", own.commitmentsMsat());
        node.put("wallet_moved_since_msat", own.walletSinceMsat());
        node.put("channels_within_rounding", own.channelsWithinRounding());
        node.put("channels_beyond_rounding", own.channelsBeyondRounding());
        node.put("channels_not_told", own.channelsNotTold());
    }

    private static void addStates(ArrayNode array, List<DayReport.ByState> states) {
        for (DayReport.ByState one : states) {
            ObjectNode node = array.addObject();
            node.put("state", one.state());
            add(node.putObject("of_the_day"), one.within());
            add(node.putObject("to_the_days_end"), one.whole());
        }
    }

    private static void addMismatches(ArrayNode array, List<Mismatch> mismatches) {
        for (Mismatch one : mismatches) {
            ObjectNode node = array.addObject();
            node.put("id", one.id());
            node.put("code", one.code());
            node.put("label", one.label());
            node.put("severity", one.severity());
            node.put("node", one.node());
            node.put("reference", one.reference());
            node.put("amount_msat", one.amountMsat());
            node.put("residue_msat", one.residueMsat());
            put(node, "node_msat", one.nodeMsat());
            put(node, "books_msat", one.booksMsat());
            node.put("since", one.since().toString());
            node.put("order", one.order());
            node.put("account", one.account());
            node.put("explanation", one.explanation());
            node.put("advice", one.advice());
        }
    }

    private static void addChannels(ArrayNode array, List<DayReport.Channel> channels) {
        for (DayReport.Channel one : channels) {
            ObjectNode node = array.addObject();
            node.put("node", one.node());
            node.put("place", one.place());
            node.put("forwards", one.income().count());
            node.put("routing_income_msat", one.income().msat());
            node.put("routing_cost_msat", one.routingFee().msat());
            node.put("rebalancing_msat", one.rebalancingFee().msat());
            node.put("opening_fee_msat", one.openingFee().msat());
            node.put("closing_cost_msat", one.closingCost().msat());
        }
    }

    byte[] history(History history) {
        ObjectNode root = root();
        root.put("sequence", history.sequence());
        root.put("since_sequence", history.since());
        root.put("head", history.head());
        put(root, "known_at", history.knownAt());
        if (history.ruleVersion().isPresent()) {
            root.put("rule_version", history.ruleVersion().getAsInt());
        } else {
            root.putNull("rule_version");
        }
        root.put("is_provisional", history.isProvisional());
        addCoverage(root.putArray("coverage"), history);
        ObjectNode mismatches = root.putObject("mismatches");
        add(mismatches.putObject("carried_over"), history.carried());
        add(mismatches.putObject("opened"), history.opened());
        add(mismatches.putObject("reopened"), history.reopened());
        add(mismatches.putObject("amount_changed"), history.changed());
        add(mismatches.putObject("closed_by_evidence"), history.closed());
        add(mismatches.putObject("resolved_by_a_person"), history.resolved());
        add(mismatches.putObject("ignored"), history.ignored());
        add(mismatches.putObject("open"), history.open());
        mismatches.put("unexplained_msat", history.unexplainedMsat());
        addDecisions(root.putArray("decisions"), history.decisions());
        ArrayNode prior = root.putArray("prior_period");
        for (DayReport.PriorPeriod one : history.priorPeriod()) {
            ObjectNode node = prior.addObject();
            node.put("node", one.node());
            node.put("kind", one.kind());
            node.put("count", one.count());
            add(node, one.msat());
        }
        ArrayNode references = root.putArray("prior_period_references");
        for (DayReport.PriorReferences one : history.priorReferences()) {
            ObjectNode node = references.addObject();
            node.put("state", one.state());
            add(node, one.sum());
        }
        ArrayNode proofs = root.putArray("proofs");
        for (DayReport.Proofs one : history.proofs()) {
            ObjectNode node = proofs.addObject();
            node.put("node", one.node());
            node.put("made", one.made());
            node.put("footed", one.footed());
            node.put("drift_msat", one.driftMsat());
            node.put("explained", one.explained());
            node.put("incomplete", one.incomplete());
        }
        return bytes(root);
    }

    private static void addCoverage(ArrayNode array, History history) {
        for (DayReport.Covered one : history.coverage()) {
            ObjectNode node = array.addObject();
            node.put("node", one.node());
            node.put("alias", one.alias());
            node.put("stream", one.stream());
            put(node, "proven_until", one.until());
            node.put("has_gaps", one.hasGaps());
        }
    }

    private static void addDecisions(ArrayNode array, List<DayReport.Decided> decisions) {
        for (DayReport.Decided one : decisions) {
            ObjectNode node = array.addObject();
            node.put("id", one.id());
            node.put("kind", one.kind());
            node.put("person", one.person());
            node.put("at", one.at().toString());
            node.put("reason", one.reason());
            node.put("mismatch_id", one.mismatchId());
            node.put("node", one.node());
            node.put("reference", one.reference());
            node.put("adjustment_msat", one.adjustmentMsat());
            node.put("account", one.account());
            node.put("approves", one.approves());
            put(node, "until", one.untilOrEmpty());
        }
    }

    byte[] seal(Seal seal) {
        ObjectNode root = root();
        root.put("ledger", seal.ledger());
        root.put("day", seal.day().toString());
        root.put("program_version", seal.programVersion());
        root.put("issued_at", seal.issuedAt().toString());
        root.put("cut_off_seconds", seal.cutOffSeconds());
        root.put("facts_digest", seal.factsDigest());
        root.put("history_digest", seal.historyDigest());
        put(root, "previous_digest", seal.previousDigest());
        put(root, "replaces", seal.replaces());
        if (seal.edition() > 1) {
            root.put("edition", seal.edition());
            root.put("reason", seal.reason());
        }
        return bytes(root);
    }

    /// Reads what `seal` wrote.
    Seal seal(byte[] bytes) {
        JsonNode root = mapper.readTree(bytes);
        return new Seal(
                root.path("ledger").asString(),
                LocalDate.parse(root.path("day").asString()),
                root.path("program_version").asString(),
                Instant.parse(root.path("issued_at").asString()),
                root.path("cut_off_seconds").asLong(),
                root.path("facts_digest").asString(),
                root.path("history_digest").asString(),
                text(root.path("previous_digest")),
                text(root.path("replaces")),
                root.path("edition").asInt(1),
                root.path("reason").asString(""));
    }

    /// The format in which a part is written; empty for what is no part of a report.
    OptionalInt schema(byte[] part) {
        return read(part)
                .map(root -> root.path("schema"))
                .filter(JsonNode::isInt)
                .map(schema -> OptionalInt.of(schema.intValue()))
                .orElseGet(OptionalInt::empty);
    }

    /// Which version issued a report; empty for what is no seal.
    Optional<String> programVersion(byte[] seal) {
        return read(seal)
                .map(root -> root.path("program_version"))
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue);
    }

    private Optional<JsonNode> read(byte[] part) {
        try {
            return Optional.of(mapper.readTree(part));
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private static Optional<String> text(JsonNode node) {
        return node.isNull() ? Optional.empty() : Optional.of(node.asString());
    }

    private ObjectNode root() {
        ObjectNode root = mapper.createObjectNode();
        root.put("schema", DayReport.SCHEMA);
        return root;
    }

    private byte[] bytes(ObjectNode root) {
        return mapper.writeValueAsBytes(root);
    }

    private static void add(ObjectNode node, Sum sum) {
        node.put("count", sum.count());
        node.put("msat", sum.msat());
    }

    private static void add(ObjectNode node, Places places) {
        node.put("channels_msat", places.channelsMsat());
        node.put("wallet_msat", places.walletMsat());
        node.put("limbo_msat", places.limboMsat());
        node.put("total_msat", places.totalMsat());
    }

    private static void put(ObjectNode node, String key, OptionalLong value) {
        if (value.isPresent()) {
            node.put(key, value.getAsLong());
        } else {
            node.putNull(key);
        }
    }

    private static void put(ObjectNode node, String key, Optional<?> value) {
        if (value.isPresent()) {
            node.put(key, value.get().toString());
        } else {
            node.putNull(key);
        }
    }
}
