package tallystick.ledger.mismatch;

import java.time.Instant;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;

/// Invoices that expire: paid after their time, or never.
final class ExpiryRules {
    private final PaymentFacts facts;
    private final Claims claims;

    ExpiryRules(PaymentFacts facts, Claims claims) {
        this.facts = facts;
        this.claims = claims;
    }

    void decide() {
        facts.item()
                .receipts()
                .forEach(
                        (node, receipt) ->
                                receipt.terms()
                                        .expiresAt()
                                        .ifPresent(expiry -> decide(node, receipt, expiry)));
    }

    private void decide(NodeId node, Receipt receipt, Instant expiry) {
        if (receipt.isSettled()) {
            receipt.settledAt()
                    .filter(settled -> settled.isAfter(expiry))
                    .ifPresent(settled -> claims.add(paidLate(node, receipt, expiry, settled)));
        } else if (isMissed(receipt, expiry)) {
            claims.add(notArrived(node, receipt, expiry));
        }
    }

    private Claim paidLate(NodeId node, Receipt receipt, Instant expiry, Instant settled) {
        long received = receipt.received().value();
        return Claim.of(Code.EXPIRED_BUT_PAID, node, received, settled)
                .saying("The invoice expired at %s and was paid after.".formatted(expiry))
                .nodeSays(received)
                .booksSay(Entries.sumMsat(facts.books().net(EntryKind.RECEIPT)));
    }

    /// An invoice that was called off before its time is not missed, nor one that was paid through its sets.
    private static boolean isMissed(Receipt receipt, Instant expiry) {
        boolean isUnpaid =
                receipt.state() == ReceiptState.OPEN || receipt.state() == ReceiptState.CANCELED;
        boolean wasCalledOff =
                receipt.canceledSeenAt().filter(seen -> seen.isBefore(expiry)).isPresent();
        return isUnpaid && !wasCalledOff && receipt.settledSets() == 0;
    }

    private static Claim notArrived(NodeId node, Receipt receipt, Instant expiry) {
        long requested = receipt.terms().requested().value();
        return Claim.of(Code.EXPECTED_NOT_ARRIVED, node, requested, expiry)
                .onceReadPast(expiry)
                .saying(
                        () ->
                                requested == 0
                                        ? "The invoice without an amount expired at %s unpaid."
                                                .formatted(expiry)
                                        : "The invoice over %s expired at %s unpaid."
                                                .formatted(Sats.text(requested), expiry))
                .nodeSays(0);
    }
}
