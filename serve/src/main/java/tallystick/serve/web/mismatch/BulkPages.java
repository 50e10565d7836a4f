package tallystick.serve.web.mismatch;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tallystick.db.query.MismatchReader;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.Role;
import tallystick.serve.call.Readings;
import tallystick.serve.mismatch.DecisionCalls;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.Frame;
import tallystick.serve.web.page.Frames;
import tallystick.serve.web.page.Tab;
import tallystick.serve.web.page.Templates;

/// Decides about several mismatches at once, in two steps: what is picked is shown, and what is missing asked for. Each is a
/// decision of its own, and one that is refused hinders no other. Any thread.
final class BulkPages {
    /// Those that move no money.
    private static final Set<String> KINDS = Set.of("assign", "ignore", "comment");

    private static final int PICKED_MAX = 100;

    private final Readings readings;
    private final DecisionCalls decisions;
    private final Frames frames;
    private final Templates templates;
    private final MismatchReader mismatches = new MismatchReader();

    BulkPages(Readings readings, DecisionCalls decisions, Frames frames, Templates templates) {
        this.readings = readings;
        this.decisions = decisions;
        this.frames = frames;
        this.templates = templates;
    }

    void addTo(Routes routes) {
        routes.post(MismatchPages.PATH + "/bulk", Role.ROLE_PREPARER, this::bulk);
    }

    private Answer bulk(Visit visit) {
        DecisionForm form = DecisionForm.of(visit.form());
        List<String> picked = visit.form().all("pick").stream().distinct().toList();
        if (!KINDS.contains(form.kind()) || picked.isEmpty() || picked.size() > PICKED_MAX) {
            throw new WebProblem(
                    400,
                    "Select 1 to %d mismatches, and what to do with them. Nothing was changed."
                            .formatted(PICKED_MAX));
        }
        Read read = read(visit, picked);
        if (visit.form().text("sure").isEmpty()) {
            return page(200, read, form, Map.of());
        }
        Map<String, String> outcomes = new LinkedHashMap<>();
        try {
            for (String id : picked) {
                outcomes.put(id, decide(visit, form, id));
            }
        } catch (WebProblem e) {
            return page(e.status(), read, form.refused(String.valueOf(e.getMessage())), Map.of());
        }
        return page(200, read, form, outcomes);
    }

    /// What became of one.
    private String decide(Visit visit, DecisionForm form, String id) {
        try {
            DecisionResponse response =
                    form.decide(
                            decisions,
                            new DecisionCalls.Decider(visit.person().name(), Duration.ZERO),
                            id,
                            visit.form().text("seen-" + id),
                            visit.form().text("decision-" + id));
            return response.getIsApplied() ? "✓ Done" : "✓ Written; takes effect in a moment";
        } catch (StatusRuntimeException e) {
            return "≠ Refused. " + MismatchPages.refusal(e);
        }
    }

    private record Read(Frame frame, List<MismatchReader.Row> rows) {}

    private Read read(Visit visit, List<String> picked) {
        return readings.read(
                connection -> {
                    List<MismatchReader.Row> rows = new ArrayList<>();
                    for (String id : picked) {
                        rows.add(
                                mismatches
                                        .byId(connection, MismatchPages.id(id))
                                        .orElseThrow(() -> WebProblem.notFound("such mismatch")));
                    }
                    return new Read(
                            frames.read(connection, visit, Tab.MISMATCHES, "Several mismatches"),
                            rows);
                });
    }

    private Answer page(int status, Read read, DecisionForm form, Map<String, String> outcomes) {
        Map<String, String> decisionIds = new HashMap<>();
        read.rows()
                .forEach(
                        row ->
                                decisionIds.put(
                                        HexFormat.of().formatHex(row.id()),
                                        UUID.randomUUID().toString()));
        return templates.page(
                status, "bulk", read.frame(), new Bulk(form, read.rows(), decisionIds, outcomes));
    }
}
