package tallystick.ledger.match;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.util.Collection;
import java.util.SortedMap;
import tallystick.ledger.match.Proposal.Basis;

/// Entries and settlements of which only amount, direction, node and time agree: a person has to say.
public final class AmountMatch {
    private AmountMatch() {}

    /// One proposal for each entry of which settlements in its window make up the amount, by the entry's id.
    public static SortedMap<String, Proposal> propose(
            Collection<Booking> bookings, Collection<Candidate> candidates, MatchRules rules) {
        return new Alternatives(
                        bookings.stream().sorted(comparing(Booking::id)).toList(),
                        candidates.stream().sorted(comparing(Candidate::id)).toList(),
                        (booking, candidate) -> mayBe(booking, candidate, rules),
                        rules)
                .find()
                .proposals(Basis.AMOUNT);
    }

    static boolean mayBe(Booking booking, Candidate candidate, MatchRules rules) {
        return booking.allows(candidate)
                && Duration.between(booking.at(), candidate.at())
                                .abs()
                                .compareTo(rules.amountWindow())
                        <= 0;
    }
}
