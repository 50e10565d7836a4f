package tallystick.db.report;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tallystick.db.report.LedgerReading.Half;
import tallystick.ledger.mismatch.AlternativeLine;

/// One of the ways in which an entry without a reference may be matched, as its mismatch tells it. Immutable.
///
/// @param number from 1, by which people call it
/// @param settlements what the entry would be about; each line says the reference and no more
public record MatchAlternative(int number, List<Half> settlements) {
    public MatchAlternative {
        settlements = List.copyOf(settlements);
    }

    /// Those that a node half tells, in the order of their numbers; none unless it is an AMBIGUOUS_MATCH's.
    public static List<MatchAlternative> of(List<Half> nodeHalf) {
        SortedMap<Integer, List<Half>> found = new TreeMap<>();
        for (Half half : nodeHalf) {
            AlternativeLine.parse(half.what())
                    .ifPresent(
                            line ->
                                    found.computeIfAbsent(line.number(), _ -> new ArrayList<>())
                                            .add(
                                                    new Half(
                                                            half.node(),
                                                            line.reference(),
                                                            half.amountMsat(),
                                                            half.at())));
        }
        List<MatchAlternative> result = new ArrayList<>();
        found.forEach(
                (number, settlements) -> result.add(new MatchAlternative(number, settlements)));
        return result;
    }

    /// As a decision names it: the references of its settlements, separated by blanks.
    public String name() {
        return settlements.stream().map(Half::what).collect(Collectors.joining(" "));
    }
}
