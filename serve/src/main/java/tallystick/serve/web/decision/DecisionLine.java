package tallystick.serve.web.decision;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import tallystick.db.query.DecisionReader;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Times;
import tallystick.serve.mismatch.MismatchMessages;
import tallystick.serve.web.mismatch.Listed;

/// A decision as the log prints it.
///
/// @param isApproved whether another person has approved it
/// @param day of a signature, whose report it signs; else empty
public record DecisionLine(
        DecisionReader.Applied applied,
        Decision decision,
        boolean isApproved,
        Optional<LocalDate> day) {
    public Instant at() {
        return MismatchMessages.instant(decision.getDecidedAtNs());
    }

    /// What was decided, in a few words.
    public String what() {
        return switch (decision.getKind()) {
            case DECISION_KIND_RESOLVE ->
                    decision.getAdjustmentMsat() == 0
                            ? "Resolved"
                            : "Asked to move %s sat to %s"
                                    .formatted(
                                            Amounts.PAGE.signedSat(decision.getAdjustmentMsat()),
                                            decision.getAccount());
            case DECISION_KIND_IGNORE ->
                    "Ignored until " + Times.stamp(MismatchMessages.instant(decision.getUntilNs()));
            case DECISION_KIND_APPROVE -> "Approved";
            case DECISION_KIND_CONFIRM_MATCH -> "Confirmed a match";
            case DECISION_KIND_COMMENT -> "Note";
            case DECISION_KIND_ASSIGN -> "Assigned to " + decision.getAssignee();
            case DECISION_KIND_SIGN, DECISION_KIND_PREPARE -> "Signed the report";
            case DECISION_KIND_COUNTERSIGN -> "Countersigned the report";
            case DECISION_KIND_ERASE -> "Had what people wrote erased";
            case DECISION_KIND_ADJUST, DECISION_KIND_UNSPECIFIED, UNRECOGNIZED -> "Decided";
        };
    }

    public boolean isAboutMismatch() {
        return !applied.label().isEmpty();
    }

    /// How it stands, with the sign.
    public String state() {
        if (decision.getAdjustmentMsat() != 0
                && decision.getKind() == DecisionKind.DECISION_KIND_RESOLVE) {
            return isApproved ? "✓ Approved" : "… Not approved";
        }
        return "✓ In effect";
    }

    /// How its mismatch stands now, with the sign; empty when it is about none.
    public String mismatch() {
        return applied.state().isEmpty() ? "" : Listed.state(applied.state());
    }
}
