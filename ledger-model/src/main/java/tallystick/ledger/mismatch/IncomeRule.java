package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.NetBooks;

/// Income in the books that is not what the node earned: it agrees by rule, or the narrowest code explains it. Immutable.
///
/// @param account the one that the item's first entry names
record IncomeRule(NodeId node, Optional<String> account, RuleSet rules) {
    static IncomeRule of(NodeId node, NetBooks books, RuleSet rules) {
        return new IncomeRule(node, books.leading().map(BookEntry::account), rules);
    }

    RuleSettings settings(Code code) {
        return rules.of(code, Optional.of(node), account);
    }

    /// Empty when it agrees, exactly or by rule.
    Optional<Claim> decide(
            Rounding rounding, long earned, long booked, List<BookEntry> entries, Instant known) {
        long residue = earned - booked;
        if (residue == 0 || rounding.accepts(isRounding(), residue, booked)) {
            return Optional.empty();
        }
        Claim claim = differs(earned, booked, entries, known);
        return rounding.tolerates(settings(claim.code()).tolerance(), residue, booked)
                ? Optional.empty()
                : Optional.of(claim.nodeSays(earned).booksSay(booked));
    }

    private boolean isRounding() {
        return settings(Code.AMOUNT_DIFFERS).isRounding(EntryKind.ROUTING_INCOME);
    }

    private Claim differs(long earned, long booked, List<BookEntry> entries, Instant known) {
        if (Amounts.isUnitError(booked, earned)) {
            return Claim.of(Code.UNIT_ERROR, node, Math.abs(booked - earned), known)
                    .saying(Amounts.unitSentence(node, booked, earned));
        }
        long surplus = Amounts.surplus(entries, booked, earned, isRounding());
        if (surplus > 0) {
            return Claim.of(Code.DUPLICATE_POSTING, node, surplus, known)
                    .saying(Amounts.duplicateSentence(node, entries, earned, booked, surplus));
        }
        return Claim.of(Code.AMOUNT_DIFFERS, node, Math.abs(booked - earned), known)
                .saying(Amounts.differsSentence(node, earned, booked));
    }
}
