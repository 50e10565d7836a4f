package tallystick.serve;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ledger.decision.Decision;
import tallystick.proto.v1.AdjustRequest;
import tallystick.proto.v1.ApproveRequest;
import tallystick.proto.v1.AssignRequest;
import tallystick.proto.v1.CommentRequest;
import tallystick.proto.v1.ConfirmMatchRequest;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.DecisionSubject;
import tallystick.proto.v1.GetMismatchRequest;
import tallystick.proto.v1.IgnoreRequest;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.ListMismatchesResponse;
import tallystick.proto.v1.MatchAlternative;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.MismatchServiceGrpc.MismatchServiceBlockingStub;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.ResolveRequest;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.Severity;
import tallystick.serve.testing.TestApi;

/// What is asked about mismatches, and how wrong questions are answered.
class MismatchApiIT {
    private static final int COUNT = 250;

    @TempDir Path directory;

    private TestApi api;
    private MismatchServiceBlockingStub mismatches;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi(directory);
        mismatches = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_VIEWER));
        api.ledger().execute(seeded());
    }

    @AfterEach
    void stop() {
        api.close();
    }

    /// Every fifth is closed; codes, severities and nodes take turns.
    private static String seeded() {
        return """
               INSERT INTO register.mismatch (mismatch_id, owner, code, node, reference, amount_msat, residue_msat, severity, state,
                                              since, label, sentence, advice, order_text, node_half, books_half, episode,
                                              rule_version, batch_id)
               SELECT sha256(n::text::bytea), 'test', (ARRAY['OVERPAID', 'SETTLED_NOT_BOOKED'])[1 + n %% 2],
                      repeat('0', 65) || n %% 3, 'payment_hash:' || n, n, -n, (ARRAY['LOW', 'HIGH'])[1 + n / 2 %% 2],
                      CASE WHEN n %% 5 = 0 THEN 'CLOSED' ELSE 'OPEN' END, timestamptz '2026-11-22T00:00:00Z' + n * interval '1 minute', 'Label',
                      'What is.', 'What to do.', 'ord-' || n, '[{"node":"","what":"receipt","msat":7,"at":"2026-11-22T01:00:00Z"}]',
                      '[]', 1, 1, 1
                 FROM generate_series(1, %d) AS n
               """
                .formatted(COUNT);
    }

    @Test
    void pagesTellEachOnceWhateverHappensBetweenThem() {
        List<String> told = new ArrayList<>();
        ListMismatchesRequest question = ListMismatchesRequest.newBuilder().setPageSize(30).build();
        String token = "";
        do {
            ListMismatchesResponse page =
                    mismatches.listMismatches(question.toBuilder().setPageToken(token).build());
            page.getMismatchesList().forEach(one -> told.add(one.getMismatchId()));
            token = page.getNextPageToken();
            // Of what was told and of what is to come, some close.
            api.ledger()
                    .execute(
                            "UPDATE register.mismatch SET state = 'CLOSED' WHERE amount_msat %% 50 = %d"
                                    .formatted(told.size() % 50));
        } while (!token.isEmpty());

        assertThat(told).doesNotHaveDuplicates().isSorted();
        ListMismatchesResponse left =
                mismatches.listMismatches(question.toBuilder().setPageSize(1_000).build());
        assertThat(left.getNextPageToken()).isEmpty();
        assertThat(told)
                .containsAll(
                        left.getMismatchesList().stream().map(Mismatch::getMismatchId).toList());
    }

    @Test
    void filtersNarrow() {
        ListMismatchesRequest.Builder all = ListMismatchesRequest.newBuilder().setPageSize(1_000);

        assertThat(count(all.clone())).isEqualTo(COUNT - COUNT / 5);
        assertThat(count(all.clone().addStates(MismatchState.MISMATCH_STATE_CLOSED)))
                .isEqualTo(COUNT / 5);
        assertThat(
                        mismatches
                                .listMismatches(
                                        all.clone()
                                                .addCodes("OVERPAID")
                                                .addSeverities(Severity.SEVERITY_HIGH)
                                                .setNode("0".repeat(65) + "1")
                                                .setSinceFromNs(1_795_305_600_000_000_000L)
                                                .setSinceUntilNs(1_795_311_600_000_000_000L)
                                                .build())
                                .getMismatchesList())
                .isNotEmpty()
                .allSatisfy(
                        one -> {
                            assertThat(one.getCode()).isEqualTo("OVERPAID");
                            assertThat(one.getSeverity()).isEqualTo(Severity.SEVERITY_HIGH);
                            assertThat(one.getState()).isEqualTo(MismatchState.MISMATCH_STATE_OPEN);
                            assertThat(one.getNode()).endsWith("1");
                            assertThat(one.getAmountMsat()).isLessThan(100);
                            assertThat(one.getResidueMsat()).isEqualTo(-one.getAmountMsat());
                        });
        assertThat(count(all.clone().setOrder("ord-7"))).isEqualTo(1);
        assertThat(count(all.clone().setReference("payment_hash:7"))).isEqualTo(1);
        assertThat(count(all.clone().setReference("payment_hash:7").setOrder("ord-8"))).isZero();
        assertThat(count(all.clone().setAccount("income:sales"))).isZero();
    }

    private int count(ListMismatchesRequest.Builder request) {
        return mismatches.listMismatches(request.build()).getMismatchesCount();
    }

    @Test
    void allThatIsWrongWithAQuestionIsToldAtOnce() {
        ListMismatchesRequest wrong =
                ListMismatchesRequest.newBuilder()
                        .setPageSize(-1)
                        .setPageToken("nonsense")
                        .setNode("a\0b")
                        .addStatesValue(99)
                        .addSeverities(Severity.SEVERITY_UNSPECIFIED)
                        .build();

        StatusRuntimeException refused =
                catchThrowableOfType(
                        StatusRuntimeException.class, () -> mismatches.listMismatches(wrong));

        assertThat(refused.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(violations(refused))
                .containsExactlyInAnyOrder(
                        "page_size", "page_token", "node", "states", "severities");
    }

    @Test
    void aPageOfAnotherQuestionIsRefused() {
        ListMismatchesResponse page =
                mismatches.listMismatches(
                        ListMismatchesRequest.newBuilder().setPageSize(1).build());

        StatusRuntimeException refused =
                catchThrowableOfType(
                        StatusRuntimeException.class,
                        () ->
                                mismatches.listMismatches(
                                        ListMismatchesRequest.newBuilder()
                                                .addCodes("OVERPAID")
                                                .setPageToken(page.getNextPageToken())
                                                .build()));

        assertThat(violations(refused)).containsExactly("page_token");
    }

    @Test
    void oneIsToldInFull() {
        Mismatch listed =
                mismatches
                        .listMismatches(
                                ListMismatchesRequest.newBuilder().setOrder("ord-7").build())
                        .getMismatches(0);

        var found = mismatches.getMismatch(asked(listed.getMismatchId()));

        assertThat(found.getMismatch()).isEqualTo(listed);
        assertThat(found.getSentence()).isEqualTo("What is.");
        assertThat(found.getNodeHalf(0).getAmountMsat()).isEqualTo(7);
        assertThat(found.getNodeHalf(0).getAtNs()).isEqualTo(1_795_309_200_000_000_000L);
        assertThat(found.getBooksHalfCount()).isZero();
        assertThat(found.getIsCut()).isFalse();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(
                        catchThrowableOfType(
                                        StatusRuntimeException.class,
                                        () -> mismatches.getMismatch(asked("0".repeat(64))))
                                .getStatus()
                                .getCode())
                .isEqualTo(Code.NOT_FOUND);
        assertThat(
                        violations(
                                catchThrowableOfType(
                                        StatusRuntimeException.class,
                                        () -> mismatches.getMismatch(asked("x")))))
                .containsExactly("mismatch_id");
    }

    @Test
    void aDecisionIsThePersonsWhoseCertificateItIs() throws Exception {
        var preparer = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_PREPARER));
        DecisionSubject subject = subject("ord-7");

        DecisionResponse answer =
                preparer.adjust(
                        AdjustRequest.newBuilder()
                                .setSubject(subject)
                                .setReason("lost")
                                .setAccount("losses")
                                .build());

        assertThat(answer.getIsApplied()).isFalse();
        Decision decided = api.decisions().submitted().getFirst();
        assertThat(decided.id()).isEqualTo(answer.getDecisionId());
        assertThat(decided.person()).isEqualTo("preparer");
        assertThat(decided.seenAmountMsat()).isEqualTo(7);
        assertThat(decided.adjustmentMsat()).isEqualTo(-7);
        assertThat(decided.ruleVersion()).isEqualTo(3);
    }

    @Test
    void decisionsThatCannotBeAreRefusedAndWrittenNowhere() throws Exception {
        var preparer = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_PREPARER));
        var approver = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_APPROVER));
        DecisionSubject open = subject("ord-7");
        DecisionSubject closed =
                open.toBuilder()
                        .setMismatchId(
                                mismatches
                                        .listMismatches(
                                                ListMismatchesRequest.newBuilder()
                                                        .addStates(
                                                                MismatchState.MISMATCH_STATE_CLOSED)
                                                        .build())
                                        .getMismatches(0)
                                        .getMismatchId())
                        .build();

        assertThat(
                        violations(
                                refused(
                                        () ->
                                                preparer.ignore(
                                                        IgnoreRequest.newBuilder()
                                                                .setUntilNs(1)
                                                                .build()))))
                .containsExactlyInAnyOrder("reason", "until_ns", "subject.mismatch_id");
        assertThat(
                        reason(
                                () ->
                                        preparer.comment(
                                                CommentRequest.newBuilder()
                                                        .setSubject(closed)
                                                        .setText("late")
                                                        .build())))
                .isEqualTo("NOT_OPEN");
        assertThat(
                        reason(
                                () ->
                                        preparer.assign(
                                                AssignRequest.newBuilder()
                                                        .setSubject(
                                                                open.toBuilder()
                                                                        .setSeenAmountMsat(8))
                                                        .setAssignee("anna")
                                                        .build())))
                .isEqualTo("CHANGED_MEANWHILE");
        assertThat(
                        reason(
                                () ->
                                        preparer.resolve(
                                                ResolveRequest.newBuilder()
                                                        .setSubject(open)
                                                        .setReason("lost")
                                                        .build())))
                .isEqualTo("RESIDUE_LEFT");
        assertThat(
                        reason(
                                () ->
                                        approver.approve(
                                                ApproveRequest.newBuilder()
                                                        .setSubject(open)
                                                        .setApproves("nothing")
                                                        .build())))
                .isEqualTo("NOTHING_TO_APPROVE");
        assertThat(api.decisions().submitted()).isEmpty();
    }

    @Test
    void anAlternativeIsConfirmedAsItWasTold() throws Exception {
        api.ledger()
                .execute(
                        """
                        UPDATE register.mismatch
                           SET code = 'AMBIGUOUS_MATCH', reference = 'entry:shop/e7',
                               node_half = '[{"node":"02a","what":"alternative 1: payment_hash:aa","msat":7,"at":"2026-11-22T01:00:00Z"},
                                             {"node":"02a","what":"alternative 2: payment_hash:bb","msat":3,"at":"2026-11-22T01:01:00Z"},
                                             {"node":"02b","what":"alternative 2: payment_hash:cc","msat":4,"at":"2026-11-22T01:02:00Z"}]'
                         WHERE order_text = 'ord-7'
                        """);
        var preparer = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_PREPARER));
        DecisionSubject subject = subject("ord-7");

        List<MatchAlternative> told =
                mismatches.getMismatch(asked(subject.getMismatchId())).getAlternativesList();
        assertThat(told)
                .extracting(MatchAlternative::getAlternative)
                .containsExactly("payment_hash:aa", "payment_hash:bb payment_hash:cc");
        assertThat(told.getLast().getSettlements(1).getWhat()).isEqualTo("payment_hash:cc");
        assertThat(told.getLast().getSettlements(1).getNode()).isEqualTo("02b");
        assertThat(told.getLast().getSettlements(1).getAmountMsat()).isEqualTo(4);

        ConfirmMatchRequest request =
                ConfirmMatchRequest.newBuilder()
                        .setSubject(subject)
                        .setAlternative(told.getLast().getAlternative())
                        .build();
        assertThat(violations(refused(() -> preparer.confirmMatch(asNone(request)))))
                .containsExactly("alternative");
        assertThat(
                        reason(
                                () ->
                                        preparer.confirmMatch(
                                                request.toBuilder()
                                                        .setAlternative("payment_hash:bb")
                                                        .build())))
                .isEqualTo("CHANGED_MEANWHILE");
        assertThat(
                        reason(
                                () ->
                                        preparer.confirmMatch(
                                                request.toBuilder()
                                                        .setSubject(subject("ord-8"))
                                                        .build())))
                .isEqualTo("NOTHING_TO_CONFIRM");
        assertThat(api.decisions().submitted()).isEmpty();

        assertThat(preparer.confirmMatch(request).getIsApplied()).isFalse();
        assertThat(api.decisions().submitted())
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.kind()).isEqualTo(Decision.Kind.CONFIRM_MATCH);
                            assertThat(one.person()).isEqualTo("preparer");
                            assertThat(one.alternative())
                                    .isEqualTo("payment_hash:bb payment_hash:cc");
                        });
    }

    private static ConfirmMatchRequest asNone(ConfirmMatchRequest request) {
        return request.toBuilder().clearAlternative().build();
    }

    private DecisionSubject subject(String order) {
        return DecisionSubject.newBuilder()
                .setMismatchId(
                        mismatches
                                .listMismatches(
                                        ListMismatchesRequest.newBuilder().setOrder(order).build())
                                .getMismatches(0)
                                .getMismatchId())
                .build();
    }

    private static StatusRuntimeException refused(ThrowingCallable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call);
    }

    private static List<Any> details(StatusRuntimeException refused) {
        return requireNonNull(StatusProto.fromThrowable(refused)).getDetailsList();
    }

    private static String reason(ThrowingCallable call) throws Exception {
        for (Any detail : details(refused(call))) {
            if (detail.is(ErrorInfo.class)) {
                return detail.unpack(ErrorInfo.class).getReason();
            }
        }
        return "";
    }

    private static GetMismatchRequest asked(String id) {
        return GetMismatchRequest.newBuilder().setMismatchId(id).build();
    }

    private static List<String> violations(StatusRuntimeException refused) {
        return details(refused).stream()
                .filter(any -> any.is(BadRequest.class))
                .flatMap(
                        any -> {
                            try {
                                return any
                                        .unpack(BadRequest.class)
                                        .getFieldViolationsList()
                                        .stream();
                            } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                .map(FieldViolation::getField)
                .toList();
    }
}
