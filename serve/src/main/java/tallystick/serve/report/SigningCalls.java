package tallystick.serve.report;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Draft;
import tallystick.ledger.decision.Signing;
import tallystick.proto.v1.SignRequest;
import tallystick.proto.v1.SignResponse;
import tallystick.report.day.ReportDesk;
import tallystick.report.day.SignableReport;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Violations;
import tallystick.serve.mismatch.DecisionCalls.Decider;
import tallystick.serve.mismatch.Decisions;
import tallystick.serve.mismatch.Submission;

/// Signatures that people give, through a program or the pages, each in the own name. Any thread.
public final class SigningCalls {
    private final ReportDesk desk;
    private final MadeReports reports;
    private final Decisions decisions;
    private final InstantSource clock;

    public SigningCalls(
            ReportDesk desk, MadeReports reports, Decisions decisions, InstantSource clock) {
        this.desk = desk;
        this.reports = reports;
        this.decisions = decisions;
        this.clock = clock;
    }

    private interface Signature {
        Decision given(SignableReport report, Draft draft, String comment);
    }

    /// That of whoever prepared it.
    ///
    /// @throws StatusRuntimeException when it is refused, with the reason
    public SignResponse sign(Decider decider, SignRequest request) {
        return signed(decider, request, SignableReport::prepare);
    }

    /// That of another person, which closes the day.
    ///
    /// @throws StatusRuntimeException when it is refused, with the reason
    public SignResponse countersign(Decider decider, SignRequest request) {
        return signed(decider, request, SignableReport::countersign);
    }

    private SignResponse signed(Decider decider, SignRequest request, Signature signature) {
        var violations =
                new Violations()
                        .digest("seal_digest", request.getSealDigest())
                        .text("decision_id", request.getDecisionId())
                        .text("comment", request.getComment());
        LocalDate day = ReportApi.day(request.getBusinessDay(), violations);
        violations.refuse();
        String id =
                request.getDecisionId().isBlank()
                        ? UUID.randomUUID().toString()
                        : request.getDecisionId();
        if (isApplied(day, id, decider.person())) {
            return response(id, true);
        }
        SignableReport report = signable(day, request.getSealDigest());
        boolean isApplied =
                Submission.of(
                                decisions,
                                () ->
                                        refusing(
                                                () ->
                                                        signature.given(
                                                                report,
                                                                new Draft(
                                                                        id,
                                                                        Signing.subject(day),
                                                                        0,
                                                                        decider.person(),
                                                                        clock.instant(),
                                                                        decisions.ruleVersion()),
                                                                request.getComment())),
                                Signing.reference(day),
                                "",
                                decider.patience())
                        .isPresent();
        return response(id, isApplied);
    }

    /// Whether an earlier call with the same id came to a signature.
    private boolean isApplied(LocalDate day, String id, String person) {
        Optional<Signing.Signature> found =
                desk.signings(day).stream()
                        .flatMap(
                                one ->
                                        Stream.concat(
                                                one.prepared().stream(), one.reviewed().stream()))
                        .filter(one -> one.id().equals(id))
                        .findFirst();
        if (found.filter(one -> !one.person().equals(person)).isPresent()) {
            throw Problem.of(
                    Code.ALREADY_EXISTS,
                    "DECISION_EXISTS",
                    "decision_id: %s is another signature's (expected: one of its own)"
                            .formatted(id));
        }
        return found.isPresent();
    }

    private SignableReport signable(LocalDate day, String seen) {
        ReportDesk.Made made = reports.report(day, OptionalInt.empty());
        if (!made.sealDigest().equals(seen)) {
            throw failed(
                    "CHANGED_MEANWHILE",
                    "seal_digest: %s (expected: %s, of edition %d, the newest)"
                            .formatted(seen, made.sealDigest(), made.report().seal().edition()));
        }
        List<Signing> signings = desk.signings(day);
        return refusing(() -> SignableReport.of(made, signings));
    }

    private static <T> T refusing(Supplier<T> work) {
        try {
            return work.get();
        } catch (SignableReport.RefusedException e) {
            throw failed(e.reason().name(), String.valueOf(e.getMessage()));
        }
    }

    private static SignResponse response(String id, boolean isApplied) {
        return SignResponse.newBuilder().setDecisionId(id).setIsApplied(isApplied).build();
    }

    private static StatusRuntimeException failed(String reason, String message) {
        return Problem.of(Code.FAILED_PRECONDITION, reason, message);
    }
}
