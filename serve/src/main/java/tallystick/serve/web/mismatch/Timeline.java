package tallystick.serve.web.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tallystick.db.query.MismatchReader;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.ledger.mismatch.AlternativeLine;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.Severity;
import tallystick.report.figures.Times;
import tallystick.serve.mismatch.MismatchMessages;

/// What happened to one mismatch, oldest first: what nodes and books did, how it changed, what people said.
public final class Timeline {
    private Timeline() {}

    /// Something that happened.
    public record Step(Instant at, String text) {}

    static List<Step> of(
            MismatchReader.Row row,
            List<OrderedChange> history,
            List<Decision> decisions,
            UnaryOperator<String> nodeNames) {
        List<Step> steps = new ArrayList<>();
        row.nodeHalf().stream()
                .filter(half -> AlternativeLine.parse(half.what()).isEmpty())
                .forEach(half -> add(steps, half, nodeNames.apply(half.node())));
        row.booksHalf().forEach(half -> add(steps, half, "books"));
        history.forEach(
                one -> steps.add(new Step(one.decidedAt(), change(MismatchMessages.change(one)))));
        decisions.forEach(
                one ->
                        steps.add(
                                new Step(
                                        MismatchMessages.instant(one.getDecidedAtNs()),
                                        decision(one))));
        steps.sort(Comparator.comparing(Step::at));
        return List.copyOf(steps);
    }

    private static void add(List<Step> steps, Half half, String who) {
        half.at()
                .ifPresent(
                        at ->
                                steps.add(
                                        new Step(
                                                at,
                                                "%s: %s, %s sat"
                                                        .formatted(
                                                                who,
                                                                Hashes.within(half.what()),
                                                                Amounts.PAGE.signedSat(
                                                                        half.amountMsat())))));
    }

    private static String change(MismatchChange change) {
        Mismatch after = change.getAfter();
        String place = ", sequence %d".formatted(change.getLedgerSequence());
        boolean wasOpen =
                change.hasBefore()
                        && change.getBefore().getState() == MismatchState.MISMATCH_STATE_OPEN;
        return switch (after.getState()) {
            case MISMATCH_STATE_OPEN ->
                    (wasOpen
                                    ? "Changed: %s sat"
                                            .formatted(Amounts.PAGE.sat(after.getAmountMsat()))
                                    : "%s, %s, rule set %d"
                                            .formatted(
                                                    change.hasBefore() ? "Opened again" : "Opened",
                                                    severity(after).label(),
                                                    after.getRuleVersion()))
                            + place;
            case MISMATCH_STATE_CLOSED -> "Closed by evidence" + place;
            case MISMATCH_STATE_RESOLVED -> "Resolved by " + change.getPerson() + place;
            case MISMATCH_STATE_IGNORED -> "Ignored by " + change.getPerson() + place;
            case MISMATCH_STATE_UNSPECIFIED, UNRECOGNIZED -> "Changed" + place;
        };
    }

    private static Severity severity(Mismatch mismatch) {
        return Severity.of(mismatch.getSeverity().name().replace("SEVERITY_", ""));
    }

    /// What somebody decided, in a sentence.
    public static String decision(Decision one) {
        String who = one.getPerson();
        return switch (one.getKind()) {
            case DECISION_KIND_RESOLVE ->
                    one.getAdjustmentMsat() == 0
                            ? "%s resolved it: %s".formatted(who, one.getReason())
                            : "%s asked to move %s sat to %s: %s"
                                    .formatted(
                                            who,
                                            Amounts.PAGE.signedSat(one.getAdjustmentMsat()),
                                            one.getAccount(),
                                            one.getReason());
            case DECISION_KIND_IGNORE ->
                    "%s set it aside until %s: %s"
                            .formatted(
                                    who,
                                    Times.stamp(MismatchMessages.instant(one.getUntilNs())),
                                    one.getReason());
            case DECISION_KIND_APPROVE -> "%s approved".formatted(who);
            case DECISION_KIND_CONFIRM_MATCH ->
                    "%s confirmed a match with %s"
                            .formatted(who, Hashes.within(one.getAlternative()));
            case DECISION_KIND_COMMENT -> "%s: %s".formatted(who, one.getReason());
            case DECISION_KIND_ASSIGN -> "%s assigned it to %s".formatted(who, one.getAssignee());
            case DECISION_KIND_ERASE ->
                    "%s had what people wrote erased: %s".formatted(who, one.getReason());
            case DECISION_KIND_ADJUST,
                    DECISION_KIND_SIGN,
                    DECISION_KIND_PREPARE,
                    DECISION_KIND_COUNTERSIGN,
                    DECISION_KIND_UNSPECIFIED,
                    UNRECOGNIZED ->
                    "%s decided".formatted(who);
        };
    }

    /// Who was named last to look after it; empty when nobody was.
    static String owner(List<Decision> decisions) {
        Optional<Decision> last =
                decisions.stream()
                        .filter(one -> one.getKind() == DecisionKind.DECISION_KIND_ASSIGN)
                        .reduce((_, later) -> later);
        return last.map(Decision::getAssignee).orElse("");
    }
}
