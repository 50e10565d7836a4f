package tallystick.serve.web.mismatch;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.UUID;
import tallystick.proto.v1.AdjustRequest;
import tallystick.proto.v1.ApproveRequest;
import tallystick.proto.v1.AssignRequest;
import tallystick.proto.v1.CommentRequest;
import tallystick.proto.v1.ConfirmMatchRequest;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.DecisionSubject;
import tallystick.proto.v1.IgnoreRequest;
import tallystick.proto.v1.ResolveRequest;
import tallystick.serve.ledger.LedgerMessages;
import tallystick.serve.mismatch.DecisionCalls;
import tallystick.serve.web.http.Fields;
import tallystick.serve.web.http.WebProblem;

/// What somebody typed who decides. It comes to a request of the API, so that there is one way to decide. Immutable.
///
/// @param kind `resolve`, `ignore`, `adjust`, `assign`, `comment`, `confirm`, `approve`; empty before anything is chosen
/// @param decisionId made with the form: sent twice, it is one decision
/// @param problem why it was refused; empty otherwise
public record DecisionForm(
        String kind,
        String reason,
        String until,
        String account,
        String assignee,
        String approves,
        String alternative,
        String decisionId,
        String problem) {
    static DecisionForm empty() {
        return new DecisionForm("", "", "", "", "", "", "", UUID.randomUUID().toString(), "");
    }

    static DecisionForm of(Fields form) {
        return new DecisionForm(
                form.text("kind"),
                form.text("reason"),
                form.text("until"),
                form.text("account"),
                form.text("assignee"),
                form.text("approves"),
                form.text("alternative"),
                form.text("decision"),
                "");
    }

    DecisionForm refused(String why) {
        return new DecisionForm(
                kind, reason, until, account, assignee, approves, alternative, decisionId, why);
    }

    boolean isApproval() {
        return kind.equals("approve");
    }

    /// @param mismatchId 64 hex digits
    /// @param seenMsat the amount that the person saw
    /// @throws io.grpc.StatusRuntimeException when it is refused, with the reason
    /// @throws WebProblem when it cannot be understood
    DecisionResponse decide(
            DecisionCalls calls,
            DecisionCalls.Decider decider,
            String mismatchId,
            String seenMsat,
            String id) {
        DecisionSubject.Builder subject =
                DecisionSubject.newBuilder().setMismatchId(mismatchId).setDecisionId(id);
        try {
            subject.setSeenAmountMsat(Long.parseLong(seenMsat));
        } catch (NumberFormatException _) {
            throw new WebProblem(400, "The form is not whole. Nothing was changed.");
        }
        return switch (kind) {
            case "resolve" ->
                    calls.resolve(
                            decider,
                            ResolveRequest.newBuilder()
                                    .setSubject(subject)
                                    .setReason(reason)
                                    .build());
            case "adjust" ->
                    calls.adjust(
                            decider,
                            AdjustRequest.newBuilder()
                                    .setSubject(subject)
                                    .setReason(reason)
                                    .setAccount(account)
                                    .build());
            case "ignore" ->
                    calls.ignore(
                            decider,
                            IgnoreRequest.newBuilder()
                                    .setSubject(subject)
                                    .setReason(reason)
                                    .setUntilNs(untilNanos())
                                    .build());
            case "assign" ->
                    calls.assign(
                            decider,
                            AssignRequest.newBuilder()
                                    .setSubject(subject)
                                    .setAssignee(assignee)
                                    .build());
            case "comment" ->
                    calls.comment(
                            decider,
                            CommentRequest.newBuilder()
                                    .setSubject(subject)
                                    .setText(reason)
                                    .build());
            case "confirm" ->
                    calls.confirmMatch(
                            decider,
                            ConfirmMatchRequest.newBuilder()
                                    .setSubject(subject)
                                    .setAlternative(alternative)
                                    .build());
            case "approve" ->
                    calls.approve(
                            decider,
                            ApproveRequest.newBuilder()
                                    .setSubject(subject)
                                    .setApproves(approves)
                                    .build());
            default -> throw new WebProblem(400, "Choose what to decide. Nothing was changed.");
        };
    }

    /// The day's beginning, in UTC.
    private long untilNanos() {
        try {
            LocalDate day = LocalDate.parse(until);
            if (day.getYear() >= 2009 && day.getYear() < 2160) {
                return LedgerMessages.nanos(day.atStartOfDay(ZoneOffset.UTC).toInstant());
            }
        } catch (DateTimeParseException _) {
            // Falls through to the one message.
        }
        throw new WebProblem(
                400,
                "Until when it is ignored is not a day. It is written like 2026-12-31. Nothing was changed.");
    }
}
