package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.Receipt.Htlc;
import tallystick.ledger.item.ReceiptState;

/// Receipts whose parts are held, or were held and went back; and those of which a node tells two ends.
final class HeldRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final RuleSet rules;

    HeldRules(PaymentFacts facts, Claims claims, RuleSet rules) {
        this.facts = facts;
        this.claims = claims;
        this.rules = rules;
    }

    void decide() {
        facts.item().receipts().forEach(this::decide);
    }

    private void decide(NodeId node, Receipt receipt) {
        if (receipt.state() == ReceiptState.ACCEPTED) {
            held(node, receipt).ifPresent(claims::add);
        } else if (receipt.isSettled()) {
            receipt.canceledSeenAt()
                    .ifPresent(canceled -> claims.add(twoEnds(node, receipt, canceled)));
        } else {
            partial(node, receipt).ifPresent(claims::add);
        }
    }

    /// What is not over by its time is known to be so only when the node is read to there.
    private Optional<Claim> held(NodeId node, Receipt receipt) {
        List<Htlc> parts = in(receipt, HtlcState.IN_FLIGHT);
        return parts.stream()
                .map(Htlc::acceptedAt)
                .min(naturalOrder())
                .map(first -> held(node, parts, Instant.ofEpochSecond(first)));
    }

    private Claim held(NodeId node, List<Htlc> parts, Instant since) {
        RuleSettings settings = facts.settings(rules, Code.HOLD_ACCEPTED_TOO_LONG, node);
        OptionalInt deadline =
                parts.stream().mapToInt(Htlc::expiryHeight).filter(height -> height > 0).min();
        Instant due = since.plus(settings.holdAfter());
        if (deadline.isPresent()) {
            int near = Math.max(deadline.getAsInt() - settings.holdBlocks() + 1, 1);
            due = claims.dueByBlock(node, near, since, due);
        }
        long amount = sum(parts);
        String sentence =
                "%s holds %s since %s, neither settled nor canceled."
                        .formatted(Sats.text(node), Sats.text(amount), since);
        return Claim.of(Code.HOLD_ACCEPTED_TOO_LONG, node, amount, due)
                .onceReadPast(due)
                .saying(
                        deadline.isPresent()
                                ? sentence
                                        + " At block %d it goes back by itself."
                                                .formatted(deadline.getAsInt())
                                : sentence)
                .nodeSays(0);
    }

    private Claim twoEnds(NodeId node, Receipt receipt, Instant canceled) {
        long received = receipt.received().value();
        Instant settled = facts.receivedAt(node);
        return Claim.of(
                        Code.TERMINAL_CONTRADICTION,
                        node,
                        received,
                        canceled.isAfter(settled) ? canceled : settled)
                .saying(
                        "%s called the receipt of %s canceled, and settled; the money counts as received."
                                .formatted(Sats.text(node), Sats.text(received)))
                .nodeSays(received);
    }

    /// Parts that were held together, but never all that their sender announced.
    private static Optional<Claim> partial(NodeId node, Receipt receipt) {
        List<Htlc> parts =
                in(receipt, HtlcState.FAILED).stream()
                        .filter(part -> !part.total().isZero() && part.resolvedAt() > 0)
                        .toList();
        long total = parts.stream().mapToLong(part -> part.total().value()).max().orElse(0);
        long most = parts.stream().mapToLong(part -> heldWith(part, parts)).max().orElse(0);
        if (most == 0 || most >= total) {
            return Optional.empty();
        }
        long last = parts.stream().mapToLong(Htlc::resolvedAt).max().orElseThrow();
        return Optional.of(
                Claim.of(Code.PARTIAL_SET, node, most, Instant.ofEpochSecond(last))
                        .saying(
                                "Of %s that were announced, %s came to %s and went back."
                                        .formatted(
                                                Sats.text(total), Sats.text(most), Sats.text(node)))
                        .nodeSays(0));
    }

    /// What was held at the moment that this part came. Unit: msat.
    private static long heldWith(Htlc part, List<Htlc> parts) {
        return sum(
                parts.stream()
                        .filter(
                                other ->
                                        other.acceptedAt() <= part.acceptedAt()
                                                && other.resolvedAt() >= part.acceptedAt())
                        .toList());
    }

    private static List<Htlc> in(Receipt receipt, HtlcState state) {
        return receipt.htlcs().values().stream().filter(part -> part.state() == state).toList();
    }

    private static long sum(List<Htlc> parts) {
        return parts.stream().mapToLong(part -> part.amount().value()).reduce(0, Math::addExact);
    }
}
