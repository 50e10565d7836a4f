package tallystick.report.day;

import static tallystick.report.day.DayTable.Column.count;
import static tallystick.report.day.DayTable.Column.msat;
import static tallystick.report.day.DayTable.Column.number;
import static tallystick.report.day.DayTable.Column.singleMsat;
import static tallystick.report.day.DayTable.Column.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tallystick.db.report.DayReading.Sum;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.History;
import tallystick.report.day.DayReport.Places;
import tallystick.report.day.DayTable.Column;
import tallystick.report.day.DayTable.Role;
import tallystick.report.day.DayTable.Row;

/// The tables of a report, in the order of its sections. Columns are only ever added, at the end.
final class DayTables {
    private DayTables() {}

    /// All of them; of a report that was not issued those of its facts.
    static List<DayTable> of(DayReport report) {
        Facts facts = report.facts();
        History history = report.history();
        List<DayTable> tables = new ArrayList<>();
        tables.add(header(report));
        tables.add(coverage(history));
        tables.add(bridges(facts));
        tables.add(byTheNodes(facts));
        tables.add(states("3-references", facts.references()));
        tables.add(states("3-residues", facts.residues()));
        tables.add(mismatches(facts));
        tables.add(inFlight(facts));
        tables.add(accounts(facts));
        tables.add(channels(facts));
        tables.add(sums(facts));
        if (report.isIssued()) {
            tables.add(movements(history));
            tables.add(priorPeriod(history));
            tables.add(priorReferences(history));
            tables.add(decisions(history));
            tables.add(proofs(history));
            tables.add(signatures(report.signOff()));
            tables.add(editions(report.signOff()));
        }
        tables.add(integrity(report));
        // By section; within one as they were added.
        tables.sort(Comparator.comparingInt(one -> section(one.name())));
        return tables;
    }

    private static int section(String table) {
        return Integer.parseInt(table.substring(0, table.indexOf('-')));
    }

    private static DayTable header(DayReport report) {
        Facts facts = report.facts();
        List<Row> rows = new ArrayList<>();
        rows.add(Row.plus("ledger", facts.ledger()));
        rows.add(Row.plus("day", facts.day()));
        rows.add(Row.plus("from", facts.from()));
        rows.add(Row.plus("to", facts.to()));
        rows.add(Row.plus("time_zone", facts.timeZone()));
        rows.add(Row.plus("is_provisional", report.history().isProvisional()));
        rows.add(Row.plus("facts_digest", report.seal().factsDigest()));
        if (report.isIssued()) {
            History history = report.history();
            rows.add(Row.plus("cut_off_seconds", report.seal().cutOffSeconds()));
            rows.add(Row.plus("sequence", history.sequence()));
            rows.add(Row.plus("since_sequence", history.since()));
            rows.add(Row.plus("head", history.head()));
            rows.add(Row.plus("issued_at", report.seal().issuedAt()));
            rows.add(Row.plus("program_version", report.seal().programVersion()));
            rows.add(Row.plus("history_digest", report.seal().historyDigest()));
            rows.add(Row.plus("previous_digest", report.seal().previousDigest().orElse("")));
        }
        return new DayTable("1-header", List.of(text("fact"), text("value")), rows);
    }

    private static DayTable coverage(History history) {
        return table(
                "1-coverage",
                List.of(
                        text("node"),
                        text("alias"),
                        text("stream"),
                        text("proven_until"),
                        text("has_gaps")),
                history.coverage().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.node(),
                                                one.alias(),
                                                one.stream(),
                                                one.until().map(Object::toString).orElse(""),
                                                one.hasGaps())));
    }

    private static DayTable table(String name, List<Column> columns, Stream<Row> rows) {
        return new DayTable(name, columns, rows.toList());
    }

    private static DayTable bridges(Facts facts) {
        List<Row> rows = new ArrayList<>();
        for (DayReport.Bridge bridge : facts.bridges()) {
            rows.add(places(Role.PLUS, bridge.node(), "opening", "", bridge.opening()));
            for (DayReport.Movement one : bridge.movements()) {
                rows.add(
                        places(
                                Role.PLUS,
                                bridge.node(),
                                "movement: " + one.kind(),
                                Long.toString(one.count()),
                                one.msat()));
            }
            rows.add(places(Role.SUM, bridge.node(), "closing", "", bridge.closing()));
        }
        return new DayTable("2-balance-bridge", placeColumns(), rows);
    }

    private static List<Column> placeColumns() {
        return List.of(
                text("node"),
                text("line"),
                count("count"),
                msat("channels_msat"),
                msat("wallet_msat"),
                msat("limbo_msat"),
                msat("total_msat"));
    }

    private static Row places(Role role, String node, String line, String count, Places places) {
        return Row.of(
                role,
                node,
                line,
                count,
                places.channelsMsat(),
                places.walletMsat(),
                places.limboMsat(),
                places.totalMsat());
    }

    private static DayTable byTheNodes(Facts facts) {
        return table(
                "2-by-the-node",
                List.of(
                        text("node"),
                        text("observed_at"),
                        msat("channels_ledger_msat"),
                        msat("channels_node_msat"),
                        msat("channels_residual_msat"),
                        msat("wallet_ledger_msat"),
                        msat("wallet_node_msat"),
                        msat("wallet_residual_msat"),
                        text("wallet_explained_by"),
                        msat("channels_closing_msat"),
                        msat("channels_moved_since_msat"),
                        msat("channels_in_commitments_msat"),
                        msat("wallet_closing_msat"),
                        msat("wallet_moved_since_msat"),
                        count("channels_within_rounding"),
                        count("channels_beyond_rounding"),
                        count("channels_not_told")),
                facts.bridges().stream()
                        .flatMap(
                                bridge ->
                                        bridge.ownFigures().stream()
                                                .map(own -> byTheNode(bridge, own))));
    }

    private static Row byTheNode(DayReport.Bridge bridge, DayReport.OwnFigures own) {
        return Row.plus(
                bridge.node(),
                own.observedAt(),
                optional(own.channelsLedgerMsat()),
                optional(own.channelsNodeMsat()),
                optional(own.channelsResidualMsat()),
                own.walletLedgerMsat(),
                own.walletNodeMsat(),
                own.walletResidualMsat(),
                own.walletExplanation(),
                bridge.closing().channelsMsat(),
                own.channelsSinceMsat(),
                optional(own.commitmentsMsat()),
                bridge.closing().walletMsat(),
                own.walletSinceMsat(),
                own.channelsWithinRounding(),
                own.channelsBeyondRounding(),
                own.channelsNotTold());
    }

    private static String optional(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : "";
    }

    private static DayTable states(String name, List<DayReport.ByState> states) {
        return table(
                name,
                List.of(
                        text("state"),
                        count("count_of_the_day"),
                        msat("msat_of_the_day"),
                        count("count_to_the_days_end"),
                        msat("msat_to_the_days_end")),
                states.stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.state(),
                                                one.within().count(),
                                                one.within().msat(),
                                                one.whole().count(),
                                                one.whole().msat())));
    }

    /// What is for information only stands beneath, in no sum.
    private static DayTable mismatches(Facts facts) {
        return table(
                "4-mismatches",
                List.of(
                        text("id"),
                        text("severity"),
                        text("code"),
                        text("label"),
                        text("node"),
                        text("reference"),
                        text("order"),
                        text("account"),
                        msat("amount_msat"),
                        // Mismatches of one item share its residue.
                        singleMsat("residue_msat"),
                        singleMsat("node_msat"),
                        singleMsat("books_msat"),
                        text("since"),
                        text("explanation"),
                        text("advice")),
                Stream.concat(
                        facts.open().stream().map(one -> mismatch(Role.PLUS, one)),
                        facts.information().stream().map(one -> mismatch(Role.ASIDE, one))));
    }

    private static Row mismatch(Role role, DayReport.Mismatch one) {
        return Row.of(
                role,
                one.id(),
                one.severity(),
                one.code(),
                one.label(),
                one.node(),
                one.reference(),
                one.order(),
                one.account(),
                one.amountMsat(),
                one.residueMsat(),
                optional(one.nodeMsat()),
                optional(one.booksMsat()),
                one.since(),
                one.explanation(),
                one.advice());
    }

    private static DayTable movements(History history) {
        return new DayTable(
                "4-movements",
                List.of(text("movement"), count("count"), msat("msat")),
                List.of(
                        sum(Role.PLUS, "carried_over", history.carried()),
                        sum(Role.PLUS, "opened", history.opened()),
                        sum(Role.PLUS, "reopened", history.reopened()),
                        sum(Role.PLUS, "amount_changed", history.changed()),
                        sum(Role.MINUS, "closed_by_evidence", history.closed()),
                        sum(Role.MINUS, "resolved_by_a_person", history.resolved()),
                        sum(Role.MINUS, "ignored", history.ignored()),
                        sum(Role.SUM, "open", history.open())));
    }

    private static Row sum(Role role, String name, Sum sum) {
        return Row.of(role, name, sum.count(), sum.msat());
    }

    private static DayTable inFlight(Facts facts) {
        return table(
                "5-in-flight",
                List.of(
                        text("node"),
                        text("reference"),
                        count("parts"),
                        msat("msat"),
                        number("final_after_height")),
                facts.underWay().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.node(),
                                                one.reference(),
                                                one.parts(),
                                                one.msat(),
                                                one.finalAfterHeight())));
    }

    private static DayTable accounts(Facts facts) {
        return table(
                "6-accounts",
                List.of(text("kind"), text("account"), count("count"), msat("msat")),
                facts.accounts().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.kind(),
                                                one.account(),
                                                one.sum().count(),
                                                one.sum().msat())));
    }

    private static DayTable priorPeriod(History history) {
        return table(
                "6-prior-period",
                placeColumns(),
                history.priorPeriod().stream()
                        .map(
                                one ->
                                        places(
                                                Role.PLUS,
                                                one.node(),
                                                one.kind(),
                                                Long.toString(one.count()),
                                                one.msat())));
    }

    private static DayTable priorReferences(History history) {
        return table(
                "6-prior-period-references",
                List.of(text("state"), count("count"), msat("msat")),
                history.priorReferences().stream()
                        .map(one -> sum(Role.PLUS, one.state(), one.sum())));
    }

    private static DayTable channels(Facts facts) {
        return table(
                "7-fees-and-income",
                List.of(
                        text("node"),
                        text("place"),
                        count("forwards"),
                        msat("routing_income_msat"),
                        msat("routing_cost_msat"),
                        msat("rebalancing_msat"),
                        msat("opening_fee_msat"),
                        msat("closing_cost_msat")),
                facts.channels().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.node(),
                                                one.place(),
                                                one.income().count(),
                                                one.income().msat(),
                                                one.routingFee().msat(),
                                                one.rebalancingFee().msat(),
                                                one.openingFee().msat(),
                                                one.closingCost().msat())));
    }

    private static DayTable decisions(History history) {
        return table(
                "8-decisions",
                List.of(
                        text("id"),
                        text("kind"),
                        text("person"),
                        text("at"),
                        text("reason"),
                        text("mismatch_id"),
                        text("node"),
                        text("reference"),
                        msat("adjustment_msat"),
                        text("account"),
                        text("approves"),
                        text("until")),
                history.decisions().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.id(),
                                                one.kind(),
                                                one.person(),
                                                one.at(),
                                                one.reason(),
                                                one.mismatchId(),
                                                one.node(),
                                                one.reference(),
                                                one.adjustmentMsat(),
                                                one.account(),
                                                one.approves(),
                                                one.untilOrEmpty()
                                                        .map(Object::toString)
                                                        .orElse(""))));
    }

    private static DayTable sums(Facts facts) {
        return new DayTable(
                "9-sums",
                List.of(text("sum"), msat("msat")),
                List.of(
                        Row.plus("clearing", facts.clearingMsat()),
                        Row.of(Role.MINUS, "posted", facts.postedMsat()),
                        Row.of(Role.SUM, "unexplained", facts.unexplainedMsat())));
    }

    private static DayTable proofs(History history) {
        return table(
                "9-proofs",
                List.of(
                        text("node"),
                        count("made"),
                        count("footed"),
                        msat("drift_msat"),
                        count("explained"),
                        count("incomplete")),
                history.proofs().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.node(),
                                                one.made(),
                                                one.footed(),
                                                one.driftMsat(),
                                                one.explained(),
                                                one.incomplete())));
    }

    private static DayTable integrity(DayReport report) {
        List<Row> rows = new ArrayList<>();
        rows.add(check("residues less all other accounts", "", report.facts().unexplainedMsat()));
        if (report.isIssued()) {
            rows.add(check("movements of the register", "", report.history().unexplainedMsat()));
        }
        for (DayReport.Bridge bridge : report.facts().bridges()) {
            bridge.ownFigures()
                    .ifPresent(
                            own -> {
                                rows.add(
                                        check(
                                                "channels",
                                                bridge.node(),
                                                optional(own.channelsResidualMsat())));
                                rows.add(check("wallet", bridge.node(), own.walletResidualMsat()));
                            });
        }
        return new DayTable(
                "9-integrity",
                List.of(text("check"), text("node"), singleMsat("residual_msat")),
                rows);
    }

    private static DayTable signatures(DayReport.SignOff signOff) {
        return table(
                "10-signatures",
                List.of(
                        text("role"),
                        text("person"),
                        text("at"),
                        text("comment"),
                        number("edition"),
                        text("seal_digest")),
                signOff.signatures().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.role(),
                                                one.person(),
                                                one.at(),
                                                one.comment(),
                                                one.edition(),
                                                one.report())));
    }

    private static DayTable editions(DayReport.SignOff signOff) {
        return table(
                "10-editions",
                List.of(
                        number("edition"),
                        text("issued_at"),
                        number("sequence"),
                        text("seal_digest"),
                        text("reason")),
                signOff.editions().stream()
                        .map(
                                one ->
                                        Row.plus(
                                                one.number(),
                                                one.issuedAt(),
                                                one.sequence(),
                                                one.sealDigest(),
                                                one.reason())));
    }

    private static Row check(String what, String node, Object residual) {
        return Row.plus(what, node, residual);
    }
}
