package tallystick.serve.web.mismatch;

import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tallystick.db.query.MismatchList;
import tallystick.db.query.MismatchList.Sort;
import tallystick.db.query.MismatchReader;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Severity;
import tallystick.report.figures.Times;

/// What the template of the list prints.
///
/// @param asOf from which ages count
/// @param owners by mismatch, in hex, who looks after it
/// @param next of the page after this one; empty on the last
/// @param mayDecide whether the person decides about mismatches
public record Listed(
        Question question,
        Instant asOf,
        MismatchList.Total total,
        List<MismatchList.OfCode> codes,
        List<MismatchReader.Row> rows,
        Map<String, String> owners,
        Optional<String> next,
        boolean mayDecide) {
    /// A head of a column by which the list can be sorted.
    ///
    /// @param style class of the cell; empty for none
    public record Head(String label, Sort sort, String style) {}

    private static final List<Head> HEADS =
            List.of(
                    new Head("Severity", Sort.SEVERITY, ""),
                    new Head("What is wrong", Sort.CODE, ""),
                    new Head("Reference", Sort.REFERENCE, ""),
                    new Head("Amount, sat", Sort.AMOUNT, "n"),
                    new Head("Nodes minus books, sat", Sort.RESIDUE, "n"),
                    new Head("Age", Sort.AGE, "n"));

    public List<Head> heads() {
        return HEADS;
    }

    public String sortedBy(Head head) {
        return question.sorted(head.sort()).path();
    }

    public boolean isSorted(Head head) {
        return question.sort() == head.sort();
    }

    /// In which direction that column goes, as `aria-sort` says it.
    public String direction(Head head) {
        return switch (head.sort()) {
            case CODE, REFERENCE -> "ascending";
            case SEVERITY, AMOUNT, RESIDUE, AGE -> "descending";
        };
    }

    public String order() {
        return switch (question.sort()) {
            case SEVERITY -> "the worst first, then the largest";
            case CODE -> "by what is wrong";
            case REFERENCE -> "by reference";
            case AMOUNT -> "the largest first";
            case RESIDUE -> "what leaves most on clearing first";
            case AGE -> "the oldest first";
        };
    }

    public String id(MismatchReader.Row row) {
        return HexFormat.of().formatHex(row.id());
    }

    public Severity severity(MismatchReader.Row row) {
        return Severity.of(row.severity());
    }

    public String owner(MismatchReader.Row row) {
        return owners.getOrDefault(id(row), "");
    }

    public String age(MismatchReader.Row row) {
        return Times.age(row.since(), asOf);
    }

    /// The sign and the word.
    public String state(MismatchReader.Row row) {
        return state(row.state());
    }

    /// The same of a state as it is stored.
    public static String state(String stored) {
        return Arrays.stream(Question.State.values())
                .filter(one -> one.name().equals(stored))
                .map(Question.State::label)
                .findFirst()
                .orElse(stored);
    }

    public String first() {
        return question.from(MismatchList.After.NOTHING).path();
    }

    public boolean isFirst() {
        return question.after().id().length == 0;
    }

    /// For example `28 open`.
    public String count() {
        String count = Amounts.count(total.count());
        return switch (question.state()) {
            case ANY -> count + (total.count() == 1 ? " mismatch" : " mismatches");
            case OPEN, IGNORED, RESOLVED, CLOSED ->
                    count + " " + question.state().name().toLowerCase(Locale.ROOT);
        };
    }

    public List<Severity> severities() {
        return Arrays.stream(Severity.values()).toList();
    }

    public String severityLabel(Severity one) {
        return switch (one) {
            case CRITICAL -> "|||| Critical";
            case LOW -> "Any mismatch";
            case INFORMATION -> "And information";
            case HIGH, MEDIUM -> one.notches() + " " + one.label() + " or above";
        };
    }

    public List<Question.Age> ages() {
        return List.of(Question.Age.values());
    }

    public List<Question.State> states() {
        return List.of(Question.State.values());
    }

    /// What somebody who cannot see the row reads of it.
    public String about(MismatchReader.Row row) {
        return row.label() + ", " + row.reference();
    }
}
