package tallystick.ops.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.check.NeededCall;
import tallystick.ingest.check.NodeReport;
import tallystick.ingest.check.NodeReport.Finding;
import tallystick.ingest.check.NodeReport.Level;
import tallystick.ingest.check.NodeReport.Subject;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What a check of nodes found, a block for each node.
final class NodeCheckText {
    private final TerminalStyle style;

    NodeCheckText(TerminalStyle style) {
        this.style = style;
    }

    String render(List<NodeReport> reports) {
        var page = new TextPage(style);
        reports.forEach(report -> block(page, report));
        page.say(conclusion(reports));
        var text = new StringBuilder(page.toString());
        if (reports.stream().anyMatch(NodeReport::wantsAnotherMacaroon)) {
            // Not wrapped: it is there to be copied.
            text.append(
                    "\nA macaroon that grants what is needed and nothing else, made at the node:\n\n");
            NeededCall.bakeCommand().forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    static String json(List<NodeReport> reports) {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(
                                Map.of(
                                        "nodes",
                                        reports.stream().map(NodeCheckText::fields).toList()))
                + "\n";
    }

    private static Map<String, Object> fields(NodeReport report) {
        Map<String, Object> node = new LinkedHashMap<>();
        node.put("alias", report.alias());
        node.put("address", report.address());
        node.put("result", result(report));
        List<Map<String, String>> findings = new ArrayList<>();
        for (Finding finding : report.findings()) {
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("subject", finding.subject().name().toLowerCase(Locale.ROOT));
            fields.put("level", finding.level().name().toLowerCase(Locale.ROOT));
            fields.put("value", finding.value());
            fields.put("text", finding.text());
            findings.add(fields);
        }
        node.put("findings", findings);
        return node;
    }

    private static String result(NodeReport report) {
        return report.trouble()
                .map(code -> code == ErrorCode.USER ? "refused" : "unavailable")
                .orElse("ready");
    }

    private void block(TextPage page, NodeReport report) {
        page.say("", "Node " + report.alias(), Ink.STRONG);
        page.say("-".repeat(style.width()));
        for (Finding finding : report.findings()) {
            page.say(lead(finding), finding.text(), ink(finding.level()));
        }
        page.blank();
    }

    private static String lead(Finding finding) {
        return "%s  %-9s ".formatted(sign(finding.level()), label(finding.subject()));
    }

    private static String sign(Level level) {
        return switch (level) {
            case OK -> "=";
            case WARNING -> "!";
            case REFUSED -> "≠";
            case UNAVAILABLE -> "…";
        };
    }

    private static Ink ink(Level level) {
        return switch (level) {
            case OK -> Ink.PLAIN;
            case WARNING -> Ink.WARN;
            case REFUSED, UNAVAILABLE -> Ink.BAD;
        };
    }

    private static String label(Subject subject) {
        return switch (subject) {
            case FILES -> "Files";
            case ADDRESS -> "Address";
            case TLS -> "TLS";
            case WALLET -> "Wallet";
            case NODE -> "Node";
            case VERSION -> "Version";
            case NETWORK -> "Network";
            case SYNC -> "Synced";
            case MACAROON -> "Macaroon";
            case CALLS -> "Calls";
        };
    }

    private static String conclusion(List<NodeReport> reports) {
        long ready = reports.stream().filter(report -> report.trouble().isEmpty()).count();
        long warnings = reports.stream().mapToLong(NodeReport::warnings).sum();
        return "%d of %d %s can be followed, %s."
                .formatted(
                        ready,
                        reports.size(),
                        reports.size() == 1 ? "node" : "nodes",
                        switch ((int) Math.min(warnings, 2)) {
                            case 0 -> "no warnings";
                            case 1 -> "1 warning";
                            default -> warnings + " warnings";
                        });
    }
}
