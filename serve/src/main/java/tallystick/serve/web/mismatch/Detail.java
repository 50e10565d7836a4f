package tallystick.serve.web.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.db.query.ItemReader;
import tallystick.db.query.MismatchReader;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.report.MatchAlternative;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.report.figures.Severity;
import tallystick.report.figures.Times;

/// What the template of one mismatch prints.
///
/// @param sentence with nodes as people call them
/// @param residueMsat what is left on clearing now
/// @param decisions what people decided, as it was applied
/// @param isCut true when there is more than fits
/// @param seesRecords whether the person may see records themselves
public record Detail(
        MismatchReader.Row mismatch,
        String sentence,
        long residueMsat,
        List<ItemReader.Transfer> transfers,
        List<ItemReader.Evidence> evidence,
        List<Timeline.Step> timeline,
        List<Decision> decisions,
        DecisionForm form,
        Instant asOf,
        boolean isCut,
        boolean mayDecide,
        boolean mayApprove,
        boolean seesRecords,
        String person) {
    /// A line of each half, side by side.
    public record Beside(Optional<Half> node, Optional<Half> books) {}

    public String id() {
        return HexFormat.of().formatHex(mismatch.id());
    }

    public Severity severity() {
        return Severity.of(mismatch.severity());
    }

    public String state() {
        return Listed.state(mismatch.state());
    }

    public boolean isOpen() {
        return mismatch.state().equals("OPEN");
    }

    public String age() {
        return Times.age(mismatch.since(), asOf);
    }

    /// Of both halves what is the case; what may be is told by the alternatives.
    public List<Beside> halves() {
        List<Half> nodeHalf = alternatives().isEmpty() ? mismatch.nodeHalf() : List.of();
        List<Beside> result = new ArrayList<>();
        int lines = Math.max(nodeHalf.size(), mismatch.booksHalf().size());
        for (int i = 0; i < lines; i++) {
            result.add(new Beside(line(nodeHalf, i), line(mismatch.booksHalf(), i)));
        }
        return result;
    }

    /// What an entry without a reference may be about.
    public List<MatchAlternative> alternatives() {
        return MatchAlternative.of(mismatch.nodeHalf());
    }

    private static Optional<Half> line(List<Half> half, int i) {
        return i < half.size() ? Optional.of(half.get(i)) : Optional.empty();
    }

    /// Whether both say something, and not the same.
    public boolean differs() {
        return mismatch.nodeMsat().isPresent()
                && mismatch.booksMsat().isPresent()
                && !mismatch.nodeMsat().equals(mismatch.booksMsat());
    }

    /// How the halves stand to each other, with the sign.
    public String compared() {
        OptionalLong node = mismatch.nodeMsat();
        OptionalLong books = mismatch.booksMsat();
        if (node.isPresent() && books.isPresent()) {
            return differs() ? "≠ differs" : "= same";
        }
        if (node.isEmpty() && books.isEmpty()) {
            return "not compared";
        }
        return node.isPresent() ? "≠ only the node" : "≠ only the books";
    }

    /// Decisions that move money and wait for another person.
    public List<Decision> waiting() {
        return isOpen()
                ? decisions.stream()
                        .filter(one -> one.getKind() == DecisionKind.DECISION_KIND_RESOLVE)
                        .filter(one -> one.getAdjustmentMsat() != 0)
                        .filter(
                                one ->
                                        decisions.stream()
                                                .noneMatch(
                                                        other ->
                                                                other.getApproves()
                                                                        .equals(
                                                                                one
                                                                                        .getDecisionId())))
                        .toList()
                : List.of();
    }

    public boolean isOwn(Decision decision) {
        return decision.getPerson().equals(person);
    }

    /// Who looks after it; empty when nobody does.
    public String owner() {
        return Timeline.owner(decisions);
    }
}
