package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Payment;

/// What the books hold back for a payment, against what became of it.
final class HoldRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final RuleSet rules;

    HoldRules(PaymentFacts facts, Claims claims, RuleSet rules) {
        this.facts = facts;
        this.claims = claims;
        this.rules = rules;
    }

    void decide() {
        long left =
                facts.books().sumMsat(EntryKind.HOLD)
                        - facts.books().sumMsat(EntryKind.HOLD_RELEASE);
        if (left <= 0) {
            return;
        }
        List<BookEntry> holds = facts.books().net(EntryKind.HOLD);
        Map<NodeId, Payment> payments = facts.item().payments();
        if (payments.isEmpty()) {
            decideUnknown(left, holds);
        } else if (payments.values().stream().allMatch(Payment::isTerminal)) {
            claims.add(left(UnfoundedRules.preferred(holds, payments), left));
        } else {
            claims.await();
        }
    }

    private void decideUnknown(long left, List<BookEntry> holds) {
        if (facts.item().receipts().isEmpty() && facts.books().sumMsat(EntryKind.PAYMENT) == 0) {
            new UnfoundedRules(facts, claims, rules).notOnNode(left, holds, false);
        }
    }

    private Claim left(NodeId node, long left) {
        Instant ended = facts.resolvedAt(node);
        return Claim.of(Code.PENDING_NOT_RESOLVED, node, left, ended.plus(rules.graceBooks()))
                .saying(
                        "The payment ended at %s; %s is still held in the books."
                                .formatted(ended, Sats.text(left)))
                .nodeSays(-facts.sentMsat() - facts.feeMsat())
                .booksSay(-left);
    }
}
