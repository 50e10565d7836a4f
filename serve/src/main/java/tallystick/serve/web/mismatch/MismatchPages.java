package tallystick.serve.web.mismatch;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import tallystick.db.query.ItemReader;
import tallystick.db.query.MismatchList;
import tallystick.db.query.MismatchReader;
import tallystick.db.report.NodeInSentence;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.Role;
import tallystick.serve.call.Readings;
import tallystick.serve.mismatch.DecisionCalls;
import tallystick.serve.mismatch.MismatchMessages;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Gate;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.Frame;
import tallystick.serve.web.page.Frames;
import tallystick.serve.web.page.Tab;
import tallystick.serve.web.page.Templates;

/// The list of mismatches, each of them, and what people decide about them. Any thread.
public final class MismatchPages {
    static final String PATH = "/mismatches";

    private static final int PAGE = 25;

    /// Of each list that comes with a mismatch.
    private static final int DETAILS_MAX = 200;

    /// Somebody waits before the page.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");

    private final Readings readings;
    private final DecisionCalls decisions;
    private final InstantSource asOf;
    private final Frames frames;
    private final Templates templates;
    private final MismatchList list = new MismatchList();
    private final MismatchReader mismatches = new MismatchReader();
    private final ItemReader items = new ItemReader();
    private final BulkPages bulk;

    /// @param asOf the moment that the ledger stands at
    public MismatchPages(
            Readings readings,
            DecisionCalls decisions,
            InstantSource asOf,
            Frames frames,
            Templates templates) {
        this.readings = readings;
        this.decisions = decisions;
        this.asOf = asOf;
        this.frames = frames;
        this.templates = templates;
        this.bulk = new BulkPages(readings, decisions, frames, templates);
    }

    public void addTo(Routes routes) {
        bulk.addTo(routes);
        routes.get(PATH, Role.ROLE_VIEWER, this::list);
        routes.get(PATH + "/{id}", Role.ROLE_VIEWER, this::one);
        routes.post(PATH + "/{id}", Role.ROLE_PREPARER, this::decide);
        routes.post(PATH + "/{id}/approve", Role.ROLE_APPROVER, this::decide);
    }

    private Answer list(Visit visit) {
        Question question = Question.of(visit.query());
        Instant now = asOf.instant();
        MismatchList.Filter filter = question.filter(now);
        record Read(Frame frame, Listed listed) {}
        Read read =
                readings.read(
                        connection -> {
                            MismatchList.Page listed =
                                    list.page(
                                            connection,
                                            filter,
                                            question.sort(),
                                            question.after(),
                                            PAGE + 1);
                            List<MismatchList.Line> found = listed.lines();
                            List<MismatchList.Line> page =
                                    found.subList(0, Math.min(PAGE, found.size()));
                            return new Read(
                                    frames.read(connection, visit, Tab.MISMATCHES, "Mismatches"),
                                    new Listed(
                                            question,
                                            now,
                                            listed.total(),
                                            listed.codes(),
                                            page.stream().map(MismatchList.Line::mismatch).toList(),
                                            owners(connection, page),
                                            found.size() > PAGE
                                                    ? Optional.of(
                                                            question.from(page.getLast().last())
                                                                    .path())
                                                    : Optional.empty(),
                                            visit.may(Role.ROLE_PREPARER)));
                        });
        return templates.page("mismatches", read.frame(), read.listed());
    }

    private Map<String, String> owners(Connection connection, List<MismatchList.Line> page)
            throws SQLException {
        Map<String, String> owners = new HashMap<>();
        list.decisions(connection, page.stream().map(one -> one.mismatch().id()).toList())
                .forEach(
                        (id, messages) ->
                                owners.put(
                                        id,
                                        Timeline.owner(
                                                messages.stream()
                                                        .map(MismatchMessages::decision)
                                                        .toList())));
        return owners;
    }

    private Answer one(Visit visit) {
        return one(visit, 200, DecisionForm.empty());
    }

    private Answer one(Visit visit, int status, DecisionForm form) {
        byte[] id = id(visit.part("id"));
        record Read(Frame frame, Detail detail) {}
        Read read =
                readings.read(
                        connection -> {
                            MismatchReader.Row row =
                                    mismatches
                                            .byId(connection, id)
                                            .orElseThrow(
                                                    () -> WebProblem.notFound("such mismatch"));
                            Frame frame =
                                    frames.read(
                                            connection,
                                            visit,
                                            Tab.MISMATCHES,
                                            row.label()
                                                    + (row.order().isEmpty()
                                                            ? ""
                                                            : ", " + row.order()));
                            return new Read(frame, detail(connection, visit, frame, row, form));
                        });
        return templates.page(status, "mismatch", read.frame(), read.detail());
    }

    private Detail detail(
            Connection connection,
            Visit visit,
            Frame frame,
            MismatchReader.Row row,
            DecisionForm form)
            throws SQLException {
        int limit = DETAILS_MAX + 1;
        List<ItemReader.Transfer> transfers = List.of();
        List<ItemReader.Evidence> evidence = List.of();
        if (row.itemKey().isPresent()) {
            transfers = items.transfers(connection, row.itemKey().get(), limit);
            evidence = items.evidence(connection, row.itemKey().get(), limit);
        }
        List<OrderedChange> history = mismatches.history(connection, row.id(), limit);
        List<Decision> decided =
                mismatches.decisions(connection, row.id(), limit).stream()
                        .map(MismatchMessages::decision)
                        .toList();
        return new Detail(
                row,
                named(row.sentence(), frame.nodes()),
                mismatches.residue(connection, row.id()),
                cut(transfers),
                cut(evidence),
                Timeline.of(row, cut(history), cut(decided), frame::node),
                decided,
                form,
                asOf.instant(),
                transfers.size() > DETAILS_MAX
                        || evidence.size() > DETAILS_MAX
                        || history.size() > DETAILS_MAX,
                visit.may(Role.ROLE_PREPARER),
                visit.may(Role.ROLE_APPROVER),
                visit.may(Role.ROLE_AUDITOR),
                visit.person().name());
    }

    private static <T> List<T> cut(List<T> found) {
        return found.subList(0, Math.min(DETAILS_MAX, found.size()));
    }

    /// A sentence with nodes as people call them.
    private static String named(String sentence, Map<String, String> nodes) {
        String named = sentence;
        for (Map.Entry<String, String> node : nodes.entrySet()) {
            named = NodeInSentence.named(named, node.getKey(), node.getValue());
        }
        return named;
    }

    private Answer decide(Visit visit) {
        String id = visit.part("id");
        var _ = id(id);
        DecisionForm form = DecisionForm.of(visit.form());
        boolean isToApprove = visit.request().path().endsWith("/approve");
        if (form.isApproval() != isToApprove) {
            throw new WebProblem(400, "The form is not whole. Nothing was changed.");
        }
        try {
            DecisionResponse response =
                    form.decide(
                            decisions,
                            new DecisionCalls.Decider(visit.person().name(), PATIENCE),
                            id,
                            visit.form().text("seen"),
                            form.decisionId());
            return Answer.seeOther(
                    PATH + "/" + id + "?done=" + (response.getIsApplied() ? "applied" : "written"));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Code.NOT_FOUND) {
                throw e;
            }
            return one(visit, 409, form.refused(refusal(e)));
        } catch (WebProblem e) {
            return one(visit, e.status(), form.refused(String.valueOf(e.getMessage())));
        }
    }

    /// Why it was refused, as the API tells it.
    static String refusal(StatusRuntimeException e) {
        return Gate.sentence(
                        Objects.requireNonNullElse(
                                e.getStatus().getDescription(), e.getStatus().getCode().name()))
                + " Nothing was changed.";
    }

    static byte[] id(String text) {
        if (!ID.matcher(text).matches()) {
            throw WebProblem.notFound("such mismatch");
        }
        return HexFormat.of().parseHex(text);
    }
}
