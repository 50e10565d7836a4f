package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;

/// What a node told of one and the same thing in two ways: with other amounts once it had settled, or with two ends.
final class RewrittenRules {
    private final PaymentFacts facts;
    private final Claims claims;

    RewrittenRules(PaymentFacts facts, Claims claims) {
        this.facts = facts;
        this.claims = claims;
    }

    void decide() {
        facts.item()
                .receipts()
                .forEach(
                        (node, receipt) ->
                                rewritten(node, changed(receipt), facts.receivedAt(node))
                                        .ifPresent(claims::add));
        facts.item().payments().forEach(this::decide);
    }

    private void decide(NodeId node, Payment payment) {
        rewritten(node, changed(payment), facts.resolvedAt(node)).ifPresent(claims::add);
        payment.failedToo().ifPresent(failed -> claims.add(twoEnds(node, payment, failed)));
    }

    private Claim twoEnds(NodeId node, Payment payment, Instant failed) {
        long sent = PaymentFacts.sentMsat(payment);
        Instant succeeded = facts.resolvedAt(node);
        return Claim.of(
                        Code.TERMINAL_CONTRADICTION,
                        node,
                        sent,
                        failed.isAfter(succeeded) ? failed : succeeded)
                .saying(
                        "%s called the payment of %s failed, and succeeded; the money counts as sent."
                                .formatted(Sats.text(node), Sats.text(sent)))
                .nodeSays(-sent);
    }

    /// By how much the parts that settled were told otherwise. Unit: msat.
    private static long changed(Receipt receipt) {
        long sum = 0;
        for (Receipt.Htlc part : receipt.htlcs().values()) {
            sum = Math.addExact(sum, part.amount().distanceTo(part.least()).value());
        }
        return sum;
    }

    private static long changed(Payment payment) {
        long sum = 0;
        for (Payment.Attempt part : payment.attempts().values()) {
            sum = Math.addExact(sum, part.total().distanceTo(part.leastTotal()).value());
        }
        return sum;
    }

    static Optional<Claim> rewritten(NodeId node, long changed, Instant known) {
        return changed == 0
                ? Optional.empty()
                : Optional.of(
                        Claim.of(Code.HISTORY_REWRITTEN, node, changed, known)
                                .saying(
                                        "%s told what had settled once more, and otherwise by %s; the larger counts."
                                                .formatted(Sats.text(node), Sats.text(changed))));
    }
}
