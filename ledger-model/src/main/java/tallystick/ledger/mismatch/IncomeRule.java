package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;

/// Income in the books that is not what the node earned: the narrowest code that explains it.
final class IncomeRule {
    private IncomeRule() {}

    static Claim differs(
            NodeId node, long earned, long booked, List<BookEntry> entries, Instant known) {
        if (Amounts.isUnitError(booked, earned)) {
            return Claim.of(Code.UNIT_ERROR, node, Math.abs(booked - earned), known)
                    .saying(Amounts.unitSentence(node, booked, earned));
        }
        long surplus = Amounts.surplus(entries, booked, earned);
        if (surplus > 0) {
            return Claim.of(Code.DUPLICATE_POSTING, node, surplus, known)
                    .saying(Amounts.duplicateSentence(entries));
        }
        return Claim.of(Code.AMOUNT_DIFFERS, node, Math.abs(booked - earned), known)
                .saying(Amounts.differsSentence(node, earned, booked));
    }
}
