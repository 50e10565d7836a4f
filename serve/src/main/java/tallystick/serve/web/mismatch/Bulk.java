package tallystick.serve.web.mismatch;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import tallystick.db.query.MismatchReader;
import tallystick.report.figures.Severity;

/// What the template prints that decides about several mismatches at once.
///
/// @param decisionIds by mismatch, in hex: made with the form, so that sent twice each is one decision
/// @param outcomes by mismatch, in hex, what became of it; empty before it is decided
public record Bulk(
        DecisionForm form,
        List<MismatchReader.Row> rows,
        Map<String, String> decisionIds,
        Map<String, String> outcomes) {
    public String title() {
        return switch (form.kind()) {
            case "assign" -> "Assign";
            case "ignore" -> "Ignore until a day";
            default -> "Add a note";
        };
    }

    public boolean isDone() {
        return !outcomes.isEmpty();
    }

    public String id(MismatchReader.Row row) {
        return HexFormat.of().formatHex(row.id());
    }

    public Severity severity(MismatchReader.Row row) {
        return Severity.of(row.severity());
    }

    public String decisionId(MismatchReader.Row row) {
        return decisionIds.getOrDefault(id(row), "");
    }

    public String outcome(MismatchReader.Row row) {
        return outcomes.getOrDefault(id(row), "");
    }
}
