package tallystick.report.day;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tallystick.db.report.DayReading.Sum;
import tallystick.report.CsvText;
import tallystick.report.MismatchCsv;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.History;
import tallystick.report.day.DayReport.Places;

/// A report as CSV (RFC 4180, UTF-8), one file for each section. Columns are only ever added, at the end. Amounts are msat
/// integers. Any thread.
public final class DayCsv {
    /// By the name of the file, in the order of the sections.
    public Map<String, String> render(DayReport report) {
        Facts facts = report.facts();
        History history = report.history();
        Map<String, String> files = new LinkedHashMap<>();
        files.put("1-header.csv", header(report));
        files.put("1-coverage.csv", coverage(history));
        files.put("2-balance-bridge.csv", bridges(facts));
        files.put("3-references.csv", references(facts));
        files.put("4-mismatches.csv", mismatches(facts));
        files.put("4-movements.csv", movements(history));
        files.put("5-in-flight.csv", inFlight(facts));
        files.put("6-accounts.csv", accounts(facts));
        files.put("6-prior-period.csv", priorPeriod(history));
        files.put("7-fees-and-income.csv", channels(facts));
        files.put("8-decisions.csv", decisions(history));
        files.put("9-integrity.csv", integrity(report));
        return files;
    }

    private static String header(DayReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("ledger", CsvText.safe(report.facts().ledger())));
        rows.add(List.of("day", report.facts().day().toString()));
        rows.add(List.of("from", report.facts().from().toString()));
        rows.add(List.of("to", report.facts().to().toString()));
        rows.add(List.of("time_zone", report.facts().timeZone()));
        rows.add(List.of("cut_off_seconds", Long.toString(report.seal().cutOffSeconds())));
        rows.add(List.of("sequence", Long.toString(report.history().sequence())));
        rows.add(List.of("since_sequence", Long.toString(report.history().since())));
        rows.add(List.of("head", report.history().head()));
        rows.add(List.of("issued_at", report.seal().issuedAt().toString()));
        rows.add(List.of("program_version", report.seal().programVersion()));
        rows.add(List.of("is_provisional", Boolean.toString(report.history().isProvisional())));
        rows.add(List.of("facts_digest", report.seal().factsDigest()));
        rows.add(List.of("history_digest", report.seal().historyDigest()));
        rows.add(List.of("previous_digest", report.seal().previousDigest().orElse("")));
        return CsvText.of(List.of("fact", "value"), rows);
    }

    private static String coverage(History history) {
        return CsvText.of(
                List.of("node", "alias", "stream", "proven_until", "has_gaps"),
                history.coverage().stream()
                        .map(
                                one ->
                                        List.of(
                                                one.node(),
                                                CsvText.safe(one.alias()),
                                                one.stream(),
                                                one.until().map(Object::toString).orElse(""),
                                                Boolean.toString(one.hasGaps())))
                        .toList());
    }

    private static String bridges(Facts facts) {
        List<List<String>> rows = new ArrayList<>();
        for (DayReport.Bridge bridge : facts.bridges()) {
            rows.add(places(bridge.node(), "opening", "", bridge.opening()));
            for (DayReport.Movement one : bridge.movements()) {
                rows.add(
                        places(
                                bridge.node(),
                                "movement: " + one.kind(),
                                Long.toString(one.count()),
                                one.msat()));
            }
            rows.add(places(bridge.node(), "closing", "", bridge.closing()));
        }
        return CsvText.of(
                List.of(
                        "node",
                        "line",
                        "count",
                        "channels_msat",
                        "wallet_msat",
                        "limbo_msat",
                        "total_msat"),
                rows);
    }

    private static List<String> places(String node, String line, String count, Places places) {
        return List.of(
                node,
                line,
                count,
                places.channelsMsat().toString(),
                places.walletMsat().toString(),
                places.limboMsat().toString(),
                places.totalMsat().toString());
    }

    private static String references(Facts facts) {
        List<List<String>> rows = new ArrayList<>();
        facts.references().forEach(one -> rows.add(state("references", one)));
        facts.residues().forEach(one -> rows.add(state("residues", one)));
        return CsvText.of(
                List.of(
                        "what",
                        "state",
                        "count_of_the_day",
                        "msat_of_the_day",
                        "count_to_the_days_end",
                        "msat_to_the_days_end"),
                rows);
    }

    private static List<String> state(String what, DayReport.ByState one) {
        return List.of(
                what,
                one.state(),
                Long.toString(one.within().count()),
                one.within().msat().toString(),
                Long.toString(one.whole().count()),
                one.whole().msat().toString());
    }

    private static String mismatches(Facts facts) {
        List<List<String>> rows = new ArrayList<>();
        facts.open().forEach(one -> rows.add(mismatch(one)));
        facts.information().forEach(one -> rows.add(mismatch(one)));
        return CsvText.of(MismatchCsv.COLUMNS, rows);
    }

    private static List<String> mismatch(DayReport.Mismatch one) {
        return List.of(
                one.id(),
                one.severity(),
                one.code(),
                CsvText.safe(one.label()),
                one.node(),
                CsvText.safe(one.reference()),
                CsvText.safe(one.order()),
                CsvText.safe(one.account()),
                Long.toString(one.amountMsat()),
                Long.toString(one.residueMsat()),
                text(one.nodeMsat()),
                text(one.booksMsat()),
                one.since().toString(),
                CsvText.safe(one.explanation()),
                CsvText.safe(one.advice()));
    }

    private static String movements(History history) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(sum("carried_over", history.carried()));
        rows.add(sum("opened", history.opened()));
        rows.add(sum("reopened", history.reopened()));
        rows.add(sum("amount_changed", history.changed()));
        rows.add(sum("closed_by_evidence", history.closed()));
        rows.add(sum("resolved_by_a_person", history.resolved()));
        rows.add(sum("ignored", history.ignored()));
        rows.add(sum("open", history.open()));
        return CsvText.of(List.of("movement", "count", "msat"), rows);
    }

    private static List<String> sum(String name, Sum sum) {
        return List.of(name, Long.toString(sum.count()), sum.msat().toString());
    }

    private static String inFlight(Facts facts) {
        return CsvText.of(
                List.of("node", "reference", "parts", "msat", "final_after_height"),
                facts.underWay().stream()
                        .map(
                                one ->
                                        List.of(
                                                one.node(),
                                                CsvText.safe(one.reference()),
                                                Long.toString(one.parts()),
                                                one.msat().toString(),
                                                Long.toString(one.finalAfterHeight())))
                        .toList());
    }

    private static String accounts(Facts facts) {
        return CsvText.of(
                List.of("kind", "account", "count", "msat"),
                facts.accounts().stream()
                        .map(
                                one ->
                                        List.of(
                                                CsvText.safe(one.kind()),
                                                CsvText.safe(one.account()),
                                                Long.toString(one.sum().count()),
                                                one.sum().msat().toString()))
                        .toList());
    }

    private static String priorPeriod(History history) {
        return CsvText.of(
                List.of(
                        "node",
                        "line",
                        "count",
                        "channels_msat",
                        "wallet_msat",
                        "limbo_msat",
                        "total_msat"),
                history.priorPeriod().stream()
                        .map(
                                one ->
                                        places(
                                                one.node(),
                                                one.kind(),
                                                Long.toString(one.count()),
                                                one.msat()))
                        .toList());
    }

    private static String channels(Facts facts) {
        return CsvText.of(
                List.of(
                        "node",
                        "place",
                        "forwards",
                        "routing_income_msat",
                        "routing_cost_msat",
                        "rebalancing_msat",
                        "opening_fee_msat",
                        "closing_cost_msat"),
                facts.channels().stream()
                        .map(
                                one ->
                                        List.of(
                                                one.node(),
                                                one.place(),
                                                Long.toString(one.income().count()),
                                                one.income().msat().toString(),
                                                one.routingFee().msat().toString(),
                                                one.rebalancingFee().msat().toString(),
                                                one.openingFee().msat().toString(),
                                                one.closingCost().msat().toString()))
                        .toList());
    }

    private static String decisions(History history) {
        return CsvText.of(
                List.of(
                        "id",
                        "kind",
                        "person",
                        "at",
                        "reason",
                        "mismatch_id",
                        "node",
                        "reference",
                        "adjustment_msat",
                        "account",
                        "approves",
                        "until"),
                history.decisions().stream()
                        .map(
                                one ->
                                        List.of(
                                                CsvText.safe(one.id()),
                                                one.kind(),
                                                CsvText.safe(one.person()),
                                                one.at().toString(),
                                                CsvText.safe(one.reason()),
                                                one.mismatchId(),
                                                one.node(),
                                                CsvText.safe(one.reference()),
                                                Long.toString(one.adjustmentMsat()),
                                                CsvText.safe(one.account()),
                                                CsvText.safe(one.approves()),
                                                one.untilOrEmpty()
                                                        .map(Object::toString)
                                                        .orElse("")))
                        .toList());
    }

    private static String integrity(DayReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(
                List.of(
                        "residues and all other accounts",
                        "",
                        report.facts().unexplainedMsat().toString()));
        rows.add(
                List.of(
                        "movements of the register",
                        "",
                        report.history().unexplainedMsat().toString()));
        for (DayReport.Bridge bridge : report.facts().bridges()) {
            bridge.ownFigures()
                    .ifPresent(
                            own -> {
                                rows.add(
                                        List.of(
                                                "channels",
                                                bridge.node(),
                                                text(own.channelsResidualMsat())));
                                rows.add(
                                        List.of(
                                                "wallet",
                                                bridge.node(),
                                                Long.toString(own.walletResidualMsat())));
                            });
        }
        return CsvText.of(List.of("check", "node", "residual_msat"), rows);
    }

    private static String text(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : "";
    }
}
