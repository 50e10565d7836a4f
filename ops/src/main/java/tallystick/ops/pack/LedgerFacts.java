package tallystick.ops.pack;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tallystick.report.day.DayReport;
import tallystick.report.day.ReportDesk;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Where the ledger stood, and the digests of the report.
final class LedgerFacts {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private LedgerFacts() {}

    static String json(ReportDesk.Made made) {
        DayReport report = made.report();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("ledger", report.facts().ledger());
        facts.put("day", report.facts().day().toString());
        facts.put("from", report.facts().from().toString());
        facts.put("to", report.facts().to().toString());
        facts.put("time_zone", report.facts().timeZone());
        facts.put("sequence", report.history().sequence());
        facts.put("since_sequence", report.history().since());
        facts.put("head", report.history().head());
        facts.put("known_at", text(report.history().knownAt()));
        facts.put("issued_at", report.seal().issuedAt().toString());
        facts.put("program_version", report.seal().programVersion());
        facts.put("is_provisional", report.history().isProvisional());
        facts.put("facts_digest", report.seal().factsDigest());
        facts.put("history_digest", report.seal().historyDigest());
        facts.put("seal_digest", HexFormat.of().formatHex(ReportDesk.digest(made.seal())));
        facts.put("previous_digest", text(report.seal().previousDigest()));
        return JSON.writeValueAsString(facts).replace("\r\n", "\n") + "\n";
    }

    private static String text(Optional<?> value) {
        return value.map(Object::toString).orElse("");
    }
}
