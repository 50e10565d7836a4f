package tallystick.ledger.mismatch;

import tallystick.ledger.books.EntryKind;

/// Adjustments name no kind of their own: what they add to the booked receipt, payment and fee. Amounts in msat.
final class Adjustments {
    private final PaymentFacts facts;
    private final long outMsat;
    private final long paymentMsat;

    /// @param expectedOut what should be booked as payment
    Adjustments(PaymentFacts facts, long expectedOut) {
        this.facts = facts;
        this.outMsat =
                facts.books().sumMsat(EntryKind.ADJUSTMENT_OUT)
                        - facts.books().sumMsat(EntryKind.ADJUSTMENT_IN);
        this.paymentMsat = belongsToReceipt() ? 0 : shareOfPayment(expectedOut);
    }

    long ofReceiptMsat() {
        return belongsToReceipt() ? -outMsat : 0;
    }

    long ofPaymentMsat() {
        return paymentMsat;
    }

    long ofFeeMsat() {
        return belongsToReceipt() ? 0 : outMsat - paymentMsat;
    }

    /// Where money was sent they belong to the payment; else to the receipt, if the nodes know of one or of nothing.
    private boolean belongsToReceipt() {
        return facts.payer().isEmpty()
                && (!facts.item().receipts().isEmpty() || facts.item().payments().isEmpty());
    }

    /// First what the payment lacks, or has too much; the rest is the fee's, where there is one.
    private long shareOfPayment(long expected) {
        long fee =
                facts.feeMsat()
                        + facts.books().sumMsat(EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE);
        long lacking = expected - facts.books().sumMsat(EntryKind.PAYMENT);
        return fee == 0 ? outMsat : Math.clamp(outMsat, Math.min(lacking, 0), Math.max(lacking, 0));
    }
}
