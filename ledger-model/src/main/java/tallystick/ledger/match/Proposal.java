package tallystick.ledger.match;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// What an entry without a reference may be about. Immutable.
///
/// @param booking its id
/// @param alternatives the simplest first; none only when the budget was spent before one was found
/// @param rivals other entries that an alternative of this one would leave without theirs
public record Proposal(
        String booking,
        Basis basis,
        Standing standing,
        List<Alternative> alternatives,
        SortedSet<String> rivals) {
    public Proposal {
        alternatives = List.copyOf(alternatives);
        rivals = Collections.unmodifiableSortedSet(new TreeSet<>(rivals));
        if (standing == Standing.UNIQUE && (alternatives.size() != 1 || !rivals.isEmpty())) {
            throw new IllegalArgumentException(
                    "unique proposal for %s: %d alternatives, rivals %s (expected: one, none)"
                            .formatted(booking, alternatives.size(), rivals));
        }
    }

    /// What a proposal rests on.
    public enum Basis {
        /// Entry and settlements name the same order or hash, and their sums are equal.
        KEY,
        /// Only amount, direction, node and time agree.
        AMOUNT
    }

    /// How sure it is.
    public enum Standing {
        /// One alternative, that nobody else could claim.
        UNIQUE,
        /// All alternatives there are; one, if other entries could claim the same settlement.
        ALTERNATIVES,
        /// There may be more than those listed.
        BUDGET_SPENT
    }

    /// Only what is unique on keys needs no person.
    public boolean confirmsItself() {
        return basis == Basis.KEY && standing == Standing.UNIQUE;
    }
}
