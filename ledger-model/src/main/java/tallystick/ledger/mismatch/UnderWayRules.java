package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.util.List;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Payment.Attempt;
import tallystick.ledger.item.PaymentState;

/// Payments that have not ended: how long they may take.
final class UnderWayRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final RuleSet rules;

    UnderWayRules(PaymentFacts facts, Claims claims, RuleSet rules) {
        this.facts = facts;
        this.claims = claims;
        this.rules = rules;
    }

    void decide() {
        facts.item()
                .payments()
                .forEach(
                        (node, payment) -> {
                            if (!payment.isTerminal()) {
                                decide(node, payment);
                            }
                        });
    }

    private void decide(NodeId node, Payment payment) {
        claims.await();
        List<Attempt> ofThisTry =
                payment.attempts().values().stream()
                        .filter(attempt -> !attempt.sentAt().isBefore(payment.createdAt()))
                        .toList();
        List<Attempt> flying =
                ofThisTry.stream()
                        .filter(attempt -> attempt.state() == HtlcState.IN_FLIGHT)
                        .toList();
        if (!flying.isEmpty()) {
            claims.add(stuck(node, payment, flying));
        } else if (payment.state() == PaymentState.IN_FLIGHT) {
            claims.add(withoutHtlc(node, payment, ofThisTry));
        }
    }

    private Claim withoutHtlc(NodeId node, Payment payment, List<Attempt> ended) {
        Instant since =
                ended.stream()
                        .flatMap(attempt -> attempt.resolvedAt().stream())
                        .max(naturalOrder())
                        .orElse(payment.createdAt());
        Instant due =
                since.plus(facts.settings(rules, Code.IN_FLIGHT_WITHOUT_HTLC, node).emptyAfter());
        long amount = payment.amount().value();
        return Claim.of(Code.IN_FLIGHT_WITHOUT_HTLC, node, amount, due)
                .onceReadPast(due)
                .saying(
                        () ->
                                "%s calls it under way, but no part of it is."
                                        .formatted(Sats.text(node)))
                .nodeSays(-amount);
    }

    private Claim stuck(NodeId node, Payment payment, List<Attempt> flying) {
        long amount = payment.amount().value();
        long fee = flying.stream().mapToLong(attempt -> attempt.fee().value()).sum();
        long whole = Math.addExact(amount, fee);
        int expiry = flying.stream().mapToInt(Attempt::expiryHeight).max().orElse(0);
        Instant due = stuckFrom(node, payment, expiry);
        return Claim.of(Code.STUCK_IN_FLIGHT, node, whole, due)
                .onceReadPast(due)
                .saying(
                        () ->
                                "A payment of %s is under way since %s; failure is final only after block %d."
                                        .formatted(Sats.text(amount), payment.createdAt(), expiry))
                .nodeSays(-whole);
    }

    private Instant stuckFrom(NodeId node, Payment payment, int expiry) {
        Instant byTime =
                payment.createdAt()
                        .plus(facts.settings(rules, Code.STUCK_IN_FLIGHT, node).stuckAfter());
        if (expiry <= 0) {
            return byTime;
        }
        int passed = Math.max(expiry + 1, expiry);
        return claims.dueByBlock(node, passed, payment.createdAt(), byTime);
    }
}
