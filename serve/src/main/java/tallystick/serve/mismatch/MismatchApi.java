package tallystick.serve.mismatch;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tallystick.db.query.ItemReader;
import tallystick.db.query.LedgerPlace;
import tallystick.db.query.MismatchReader;
import tallystick.proto.v1.AdjustRequest;
import tallystick.proto.v1.ApproveRequest;
import tallystick.proto.v1.AssignRequest;
import tallystick.proto.v1.CommentRequest;
import tallystick.proto.v1.ConfirmMatchRequest;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.GetMismatchRequest;
import tallystick.proto.v1.GetMismatchResponse;
import tallystick.proto.v1.IgnoreRequest;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.ListMismatchesResponse;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.ResolveRequest;
import tallystick.proto.v1.Severity;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.proto.v1.WatchMismatchesResponse;
import tallystick.serve.call.Pages;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.call.Violations;
import tallystick.serve.ledger.LedgerMessages;

/// Mismatches, for other programs. Any thread.
public final class MismatchApi extends MismatchServiceGrpc.MismatchServiceImplBase {
    /// Of each list that comes with a mismatch.
    private static final int DETAILS_MAX = 1_000;

    /// Of the values that one filter names.
    private static final int CHOICES_MAX = 100;

    private final Readings readings;
    private final MismatchReader mismatches = new MismatchReader();
    private final ItemReader items = new ItemReader();

    private final Watches watches;
    private final DecisionCalls decisions;

    /// @param decisions where they take effect
    public MismatchApi(
            Readings readings, Watches watches, Decisions decisions, InstantSource clock) {
        this.readings = readings;
        this.watches = watches;
        this.decisions = new DecisionCalls(readings, decisions, clock);
    }

    @Override
    public void listMismatches(
            ListMismatchesRequest request, StreamObserver<ListMismatchesResponse> observer) {
        var question = request.toBuilder().clearPageSize().clearPageToken().build();
        var violations = new Violations();
        int size = Pages.size(request.getPageSize(), violations);
        byte[] after = Pages.after(request.getPageToken(), question, violations);
        MismatchReader.Filter filter = filter(request, violations);
        violations.refuse();
        answer(
                observer,
                readings.read(
                        connection -> {
                            List<MismatchReader.Row> found =
                                    mismatches.page(connection, filter, after, size + 1);
                            List<MismatchReader.Row> page =
                                    found.subList(0, Math.min(size, found.size()));
                            return ListMismatchesResponse.newBuilder()
                                    .addAllMismatches(
                                            page.stream().map(MismatchMessages::mismatch).toList())
                                    .setNextPageToken(
                                            found.size() > size
                                                    ? Pages.token(question, page.getLast().id())
                                                    : "")
                                    .setAsOf(LedgerMessages.place(LedgerPlace.now(connection)))
                                    .build();
                        }));
    }

    @Override
    public void getMismatch(
            GetMismatchRequest request, StreamObserver<GetMismatchResponse> observer) {
        String id = request.getMismatchId();
        new Violations().digest("mismatch_id", id).refuse();
        answer(observer, readings.read(connection -> detail(connection, id)));
    }

    @Override
    public void watchMismatches(
            WatchMismatchesRequest request, StreamObserver<WatchMismatchesResponse> observer) {
        Optional<LedgerPlace> from =
                request.hasAfter()
                        ? Optional.of(
                                new LedgerPlace(
                                        request.getAfter().getLedgerSequence(),
                                        request.getAfter().getOrdinal()))
                        : Optional.empty();
        new Violations()
                .require(
                        from.isEmpty() || from.get().sequence() >= 0,
                        "after.ledger_sequence",
                        request.getAfter().getLedgerSequence(),
                        "0 or more")
                .refuse();
        watches.begin(from, (ServerCallStreamObserver<WatchMismatchesResponse>) observer);
    }

    @Override
    public void resolve(ResolveRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.resolve(Deciders.caller(), request));
    }

    @Override
    public void adjust(AdjustRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.adjust(Deciders.caller(), request));
    }

    @Override
    public void ignore(IgnoreRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.ignore(Deciders.caller(), request));
    }

    @Override
    public void confirmMatch(
            ConfirmMatchRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.confirmMatch(Deciders.caller(), request));
    }

    @Override
    public void assign(AssignRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.assign(Deciders.caller(), request));
    }

    @Override
    public void comment(CommentRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.comment(Deciders.caller(), request));
    }

    @Override
    public void approve(ApproveRequest request, StreamObserver<DecisionResponse> observer) {
        answer(observer, decisions.approve(Deciders.caller(), request));
    }

    private static <T> void answer(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }

    private GetMismatchResponse detail(Connection connection, String id) throws SQLException {
        byte[] key = HexFormat.of().parseHex(id);
        MismatchReader.Row row =
                mismatches
                        .byId(connection, key)
                        .orElseThrow(() -> Problem.notFound("mismatch", id));
        var response =
                GetMismatchResponse.newBuilder()
                        .setMismatch(MismatchMessages.mismatch(row))
                        .setLabel(row.label())
                        .setSentence(row.sentence())
                        .setAdvice(row.advice())
                        .addAllNodeHalf(MismatchMessages.halves(row.nodeHalf()))
                        .addAllBooksHalf(MismatchMessages.halves(row.booksHalf()))
                        .addAllAlternatives(MismatchMessages.alternatives(row.nodeHalf()))
                        .setAsOf(LedgerMessages.place(LedgerPlace.now(connection)));
        if (row.itemKey().isPresent()) {
            byte[] itemKey = row.itemKey().get();
            response.addAllTransfers(
                    cut(
                            items.transfers(connection, itemKey, DETAILS_MAX + 1),
                            LedgerMessages::transfer,
                            response));
            response.addAllEvidence(
                    cut(
                            items.evidence(connection, itemKey, DETAILS_MAX + 1),
                            LedgerMessages::evidence,
                            response));
        }
        return response.addAllHistory(
                        cut(
                                mismatches.history(connection, key, DETAILS_MAX + 1),
                                MismatchMessages::change,
                                response))
                .addAllDecisions(
                        cut(
                                mismatches.decisions(connection, key, DETAILS_MAX + 1),
                                MismatchMessages::decision,
                                response))
                .build();
    }

    /// As many as a message may have; more is said to be there.
    private static <T, M> List<M> cut(
            List<T> found, Function<T, M> message, GetMismatchResponse.Builder response) {
        if (found.size() > DETAILS_MAX) {
            response.setIsCut(true);
        }
        return found.stream().limit(DETAILS_MAX).map(message).toList();
    }

    private static MismatchReader.Filter filter(
            ListMismatchesRequest request, Violations violations) {
        violations
                .text("node", request.getNode())
                .text("reference", request.getReference())
                .text("order", request.getOrder())
                .text("account", request.getAccount());
        few("states", request.getStatesList(), violations);
        few("codes", request.getCodesList(), violations);
        few("severities", request.getSeveritiesList(), violations);
        request.getCodesList().forEach(code -> violations.text("codes", code));
        request.getStatesList().forEach(state -> known("states", state, violations));
        request.getSeveritiesList().forEach(severity -> known("severities", severity, violations));
        return new MismatchReader.Filter(
                request.getStatesCount() == 0
                        ? List.of(MismatchMessages.text(MismatchState.MISMATCH_STATE_OPEN))
                        : request.getStatesList().stream()
                                .filter(state -> state != MismatchState.UNRECOGNIZED)
                                .map(MismatchMessages::text)
                                .toList(),
                request.getCodesList(),
                request.getSeveritiesList().stream()
                        .filter(severity -> severity != Severity.UNRECOGNIZED)
                        .map(MismatchMessages::text)
                        .toList(),
                request.getNode(),
                request.getReference(),
                request.getOrder(),
                request.getAccount(),
                moment(request.getSinceFromNs()),
                moment(request.getSinceUntilNs()));
    }

    private static void few(String field, List<?> values, Violations violations) {
        violations.require(
                values.size() <= CHOICES_MAX,
                field,
                values.size() + " values",
                "at most " + CHOICES_MAX);
    }

    private static void known(String field, MismatchState state, Violations violations) {
        violations.require(
                state != MismatchState.UNRECOGNIZED
                        && state != MismatchState.MISMATCH_STATE_UNSPECIFIED,
                field,
                state,
                "a state that this version knows");
    }

    private static void known(String field, Severity severity, Violations violations) {
        violations.require(
                severity != Severity.UNRECOGNIZED && severity != Severity.SEVERITY_UNSPECIFIED,
                field,
                severity,
                "a severity that this version knows");
    }

    private static Optional<Instant> moment(long nanos) {
        return nanos == 0 ? Optional.empty() : Optional.of(MismatchMessages.instant(nanos));
    }
}
