package tallystick.report.day;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import tallystick.db.report.IssuedReports.Issued;
import tallystick.report.day.DayReport.Seal;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A stored report, held against itself: its columns repeat what its parts say.
record StoredRow(Issued issued, DayJson json) {
    /// Which columns, or parts, are not as the others say; empty when all are.
    List<String> changed() {
        List<String> changed = new ArrayList<>();
        try {
            JsonNode facts = JsonMapper.shared().readTree(issued.facts());
            JsonNode history = JsonMapper.shared().readTree(issued.history());
            Seal seal = json.seal(issued.seal());
            requireDigest(changed, "facts", issued.facts(), issued.factsDigest());
            requireDigest(changed, "history", issued.history(), issued.historyDigest());
            requireDigest(changed, "seal", issued.seal(), issued.sealDigest());
            require(changed, "digest of facts", hex(issued.factsDigest()), seal.factsDigest());
            require(
                    changed,
                    "digest of history",
                    hex(issued.historyDigest()),
                    seal.historyDigest());
            require(changed, "day", issued.day(), seal.day());
            require(changed, "moment of issue", issued.issuedAt(), seal.issuedAt());
            require(changed, "sequence", issued.sequence(), history.path("sequence").asLong(-1));
            require(
                    changed,
                    "sequence of the report before",
                    issued.since(),
                    history.path("since_sequence").asLong(-1));
            require(
                    changed,
                    "state",
                    issued.isProvisional(),
                    history.path("is_provisional").asBoolean(!issued.isProvisional()));
            JsonNode mismatches = facts.path("mismatches");
            require(
                    changed,
                    "count of open",
                    issued.openCount(),
                    mismatches.path("open_count").asLong(-1));
            require(
                    changed,
                    "amount of open",
                    issued.openMsat().toString(),
                    mismatches.path("open_msat").asString(""));
        } catch (JacksonException | IllegalArgumentException | java.time.DateTimeException e) {
            changed.add("parts that can be read");
        }
        return changed;
    }

    private static void requireDigest(
            List<String> changed, String part, byte[] bytes, byte[] digest) {
        if (!Arrays.equals(ReportDesk.digest(bytes), digest)) {
            changed.add(part);
        }
    }

    private static void require(List<String> changed, String what, Object is, Object expected) {
        if (!Objects.equals(is, expected)) {
            changed.add(what);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
