package tallystick.ledger.account;

import java.time.LocalDate;
import java.util.List;

/// All that one item has posted, as accountants write it: on one day, some accounts are debited and others credited, and both
/// sides are equal.
///
/// @param day the business day on which it happened
/// @param item the item's name
/// @param what one word or two for what it is, for example `payment`
/// @param lines each account once, sorted by name
public record JournalEntry(LocalDate day, String item, String what, List<Line> lines) {
    /// What an account gains (debit, above zero) or loses (credit, below zero). Unit: msat.
    public record Line(Account account, long msat) {}

    public JournalEntry {
        lines = List.copyOf(lines);
        long sum = lines.stream().mapToLong(Line::msat).reduce(0, Math::addExact);
        if (sum != 0) {
            throw new IllegalArgumentException(
                    "journal entry of %s: %d msat (expected: debits and credits that are equal)"
                            .formatted(item, sum));
        }
    }
}
