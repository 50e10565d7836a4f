package tallystick.serve.mismatch;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import tallystick.db.query.MismatchReader;
import tallystick.db.report.MatchAlternative;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Draft;
import tallystick.proto.v1.AdjustRequest;
import tallystick.proto.v1.ApproveRequest;
import tallystick.proto.v1.AssignRequest;
import tallystick.proto.v1.CommentRequest;
import tallystick.proto.v1.ConfirmMatchRequest;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.DecisionSubject;
import tallystick.proto.v1.IgnoreRequest;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.ResolveRequest;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.call.Violations;

/// What people decide, through a program or the pages, each in the own name. Any thread.
public final class DecisionCalls {
    /// No time of ours lies later.
    private static final Instant UNTIL_MAX = Instant.parse("2159-12-31T00:00:00Z");

    private final Readings readings;
    private final Decisions decisions;
    private final InstantSource clock;
    private final MismatchReader mismatches = new MismatchReader();

    public DecisionCalls(Readings readings, Decisions decisions, InstantSource clock) {
        this.readings = readings;
        this.decisions = decisions;
        this.clock = clock;
    }

    /// Who decides.
    ///
    /// @param person in whose name it is recorded
    /// @param patience how long to wait for it to take effect
    public record Decider(String person, Duration patience) {}

    /// What the person decides about.
    ///
    /// @param residueMsat what is left on clearing now
    private record Seen(MismatchReader.Row mismatch, long residueMsat) {}

    private interface Choice {
        Decision of(Draft draft, Seen seen);
    }

    /// @throws StatusRuntimeException when it cannot be decided, with the reason
    public DecisionResponse resolve(Decider decider, ResolveRequest request) {
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_RESOLVE,
                reasoned(request.getReason()),
                (draft, seen) -> {
                    if (seen.residueMsat() != 0) {
                        throw failed(
                                "RESIDUE_LEFT",
                                "mismatch: leaves %d msat on clearing (expected: none, or Adjust with the account that takes them)"
                                        .formatted(seen.residueMsat()));
                    }
                    return draft.resolve(request.getReason());
                });
    }

    public DecisionResponse adjust(Decider decider, AdjustRequest request) {
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_RESOLVE,
                reasoned(request.getReason())
                        .text("account", request.getAccount())
                        .require(
                                !request.getAccount().isBlank(),
                                "account",
                                "none",
                                "the one that takes the adjustment"),
                (draft, seen) -> {
                    long msat =
                            request.hasAdjustmentMsat()
                                    ? request.getAdjustmentMsat()
                                    : seen.residueMsat();
                    if (msat == 0) {
                        throw failed(
                                "NOTHING_LEFT",
                                "adjustment: 0 msat (expected: something to move, or Resolve)");
                    }
                    return draft.adjust(request.getReason(), msat, request.getAccount());
                });
    }

    public DecisionResponse ignore(Decider decider, IgnoreRequest request) {
        Instant until = MismatchMessages.instant(request.getUntilNs());
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_IGNORE,
                reasoned(request.getReason())
                        .require(
                                until.isAfter(clock.instant()) && !until.isAfter(UNTIL_MAX),
                                "until_ns",
                                until,
                                "a time to come, at most " + UNTIL_MAX),
                (draft, _) -> draft.ignore(request.getReason(), until));
    }

    public DecisionResponse approve(Decider decider, ApproveRequest request) {
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_APPROVE,
                new Violations().text("approves", request.getApproves()),
                (draft, seen) -> {
                    requireAnothers(request.getApproves(), draft, seen);
                    return draft.approve(request.getApproves());
                });
    }

    public DecisionResponse confirmMatch(Decider decider, ConfirmMatchRequest request) {
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_CONFIRM_MATCH,
                new Violations()
                        .text("alternative", request.getAlternative())
                        .require(
                                !request.getAlternative().isBlank(),
                                "alternative",
                                "none",
                                "one of those that GetMismatch tells"),
                (draft, seen) -> {
                    requireAlternative(request.getAlternative(), seen);
                    return draft.confirm(request.getAlternative());
                });
    }

    public DecisionResponse assign(Decider decider, AssignRequest request) {
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_ASSIGN,
                new Violations()
                        .text("assignee", request.getAssignee())
                        .require(!request.getAssignee().isBlank(), "assignee", "none", "a person"),
                (draft, _) -> draft.assign(request.getAssignee()));
    }

    public DecisionResponse comment(Decider decider, CommentRequest request) {
        return decide(
                decider,
                request.getSubject(),
                DecisionKind.DECISION_KIND_COMMENT,
                new Violations()
                        .text("text", request.getText())
                        .require(!request.getText().isBlank(), "text", "none", "what is said"),
                (draft, _) -> draft.comment(request.getText()));
    }

    private static void requireAlternative(String alternative, Seen seen) {
        List<MatchAlternative> alternatives = MatchAlternative.of(seen.mismatch().nodeHalf());
        if (alternatives.isEmpty()) {
            throw failed(
                    "NOTHING_TO_CONFIRM",
                    "mismatch: %s without alternatives (expected: AMBIGUOUS_MATCH with one or more)"
                            .formatted(seen.mismatch().code()));
        }
        if (alternatives.stream().map(MatchAlternative::name).noneMatch(alternative::equals)) {
            throw failed(
                    "CHANGED_MEANWHILE",
                    "alternative: %s (expected: one of the %d that there are now)"
                            .formatted(alternative, alternatives.size()));
        }
    }

    private static Violations reasoned(String reason) {
        return new Violations()
                .text("reason", reason)
                .require(!reason.isBlank(), "reason", "none", "why");
    }

    private DecisionResponse decide(
            Decider decider,
            DecisionSubject subject,
            DecisionKind kind,
            Violations violations,
            Choice choice) {
        String mismatchId = subject.getMismatchId();
        violations
                .digest("subject.mismatch_id", mismatchId)
                .text("subject.decision_id", subject.getDecisionId())
                .refuse();
        String person = decider.person();
        String id =
                subject.getDecisionId().isBlank()
                        ? UUID.randomUUID().toString()
                        : subject.getDecisionId();
        Optional<DecisionResponse> before =
                readings.read(connection -> applied(connection, id, mismatchId, kind, person));
        if (before.isPresent()) {
            return before.get();
        }
        Seen seen = readings.read(connection -> seen(connection, subject));
        OptionalLong sequence =
                Submission.of(
                        decisions,
                        () ->
                                choice.of(
                                        new Draft(
                                                id,
                                                mismatchId,
                                                seen.mismatch().amountMsat(),
                                                person,
                                                clock.instant(),
                                                decisions.ruleVersion()),
                                        seen),
                        seen.mismatch().reference(),
                        seen.mismatch().node(),
                        decider.patience());
        return answered(sequence, id, mismatchId, kind, person);
    }

    private DecisionResponse answered(
            OptionalLong sequence, String id, String mismatchId, DecisionKind kind, String person) {
        Optional<DecisionResponse> applied =
                sequence.isEmpty()
                        ? Optional.empty()
                        : readings.read(
                                connection -> applied(connection, id, mismatchId, kind, person));
        return applied.orElseGet(
                () -> DecisionResponse.newBuilder().setDecisionId(id).setIsApplied(false).build());
    }

    /// What an earlier call with the same id came to; empty when it was not applied, or there was none.
    private Optional<DecisionResponse> applied(
            Connection connection, String id, String mismatchId, DecisionKind kind, String person)
            throws SQLException {
        Optional<MismatchReader.Applied> found = mismatches.decision(connection, id);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        tallystick.proto.v1.Decision decision = MismatchMessages.decision(found.get().bytes());
        if (!decision.getMismatchId().equals(mismatchId)
                || decision.getKind() != kind
                || !decision.getPerson().equals(person)) {
            throw Problem.of(
                    Code.ALREADY_EXISTS,
                    "DECISION_EXISTS",
                    "subject.decision_id: %s is another decision's (expected: one of its own)"
                            .formatted(id));
        }
        return Optional.of(
                DecisionResponse.newBuilder()
                        .setDecisionId(id)
                        .setIsApplied(true)
                        .setLedgerSequence(found.get().sequence())
                        .setState(MismatchState.valueOf("MISMATCH_STATE_" + found.get().state()))
                        .build());
    }

    private Seen seen(Connection connection, DecisionSubject subject) throws SQLException {
        byte[] key = HexFormat.of().parseHex(subject.getMismatchId());
        MismatchReader.Row row =
                mismatches
                        .byId(connection, key)
                        .orElseThrow(() -> Problem.notFound("mismatch", subject.getMismatchId()));
        if (!row.state().equals("OPEN")) {
            throw failed(
                    "NOT_OPEN",
                    "mismatch: %s (expected: open)"
                            .formatted(row.state().toLowerCase(java.util.Locale.ROOT)));
        }
        if (subject.hasSeenAmountMsat() && subject.getSeenAmountMsat() != row.amountMsat()) {
            throw failed(
                    "CHANGED_MEANWHILE",
                    "subject.seen_amount_msat: %d (expected: %d, as it is now)"
                            .formatted(subject.getSeenAmountMsat(), row.amountMsat()));
        }
        return new Seen(row, mismatches.residue(connection, key));
    }

    private void requireAnothers(String approves, Draft draft, Seen seen) {
        tallystick.proto.v1.Decision approved =
                readings.read(connection -> mismatches.decision(connection, approves))
                        .map(found -> MismatchMessages.decision(found.bytes()))
                        .filter(one -> one.getMismatchId().equals(draft.mismatchId()))
                        .filter(one -> one.getKind() == DecisionKind.DECISION_KIND_RESOLVE)
                        .orElseThrow(
                                () ->
                                        failed(
                                                "NOTHING_TO_APPROVE",
                                                "approves: %s (expected: a decision to settle %s that has been applied)"
                                                        .formatted(
                                                                approves,
                                                                seen.mismatch().reference())));
        if (approved.getPerson().equals(draft.person())) {
            throw failed(
                    "FOUR_EYES",
                    "approves: decided by %s (expected: somebody else)".formatted(draft.person()));
        }
    }

    private static StatusRuntimeException failed(String reason, String message) {
        return Problem.of(Code.FAILED_PRECONDITION, reason, message);
    }
}
