package tallystick.ledger.mismatch;

/// The named disagreements that this version decides, with the words people read.
public enum Code {
    SETTLED_NOT_BOOKED(Severity.HIGH, "Settled, not booked", "Book it."),
    ORPHAN_KEYSEND(
            Severity.LOW, "Spontaneous receipt, no order", "Find the order, or book to suspense."),
    BOOKED_NOT_ON_NODE(
            Severity.HIGH,
            "Booked, unknown to the nodes",
            "Check the reference; else reverse the entry."),
    PENDING_NOT_RESOLVED(Severity.MEDIUM, "Hold left after the end", "Release the hold."),
    REBALANCE_NOT_BOOKED(Severity.LOW, "Rebalancing fee not booked", "Book the fee."),
    AMOUNT_DIFFERS(Severity.HIGH, "Amounts differ", "Correct the entry, or book the difference."),
    UNIT_ERROR(
            Severity.CRITICAL,
            "Wrong unit in the books",
            "Reverse, book the node's amount, correct the import."),
    OVERPAID(Severity.LOW, "Paid more than asked", "Book the excess, or refund it."),
    UNDERPAID(Severity.MEDIUM, "Paid less than asked", "Correct the entry, or claim the rest."),
    FEE_NOT_BOOKED(Severity.MEDIUM, "Routing fee not booked", "Book the fee."),
    FEE_DIFFERS(Severity.MEDIUM, "Routing fee differs", "Correct the fee entry."),
    FEE_OVER_BUDGET(Severity.MEDIUM, "Fee over its limit", "Approve it, or look at the route."),
    ROUNDING_BOUND(
            Severity.LOW, "Rounding over its bound", "See which source rounds; book in msat."),
    STATUS_CONFLICT(
            Severity.CRITICAL,
            "Done in the books only",
            "Reverse, or show the settlement elsewhere."),
    STUCK_IN_FLIGHT(Severity.MEDIUM, "Under way too long", "Do not pay again; look at the node."),
    IN_FLIGHT_WITHOUT_HTLC(
            Severity.MEDIUM,
            "Under way, nothing sent",
            "Let the node finish it, or restart the payment's tracking."),
    EXPIRED_BUT_PAID(Severity.MEDIUM, "Paid after expiry", "Decide: honour or refund."),
    EXPECTED_NOT_ARRIVED(Severity.INFORMATION, "Expired unpaid", "For information."),
    DUPLICATE_POSTING(Severity.HIGH, "Booked twice", "Reverse the surplus."),
    DUPLICATE_PAYMENT_SAME_ORDER(
            Severity.HIGH, "Order paid twice", "Refund, or set it against another order."),
    REPAID_INVOICE(Severity.HIGH, "Paid again on the same hash", "Book it, or refund it."),
    AMBIGUOUS_MATCH(
            Severity.MEDIUM,
            "Entry without reference, to be confirmed",
            "Confirm what is meant, or name the reference."),
    REUSED_ENTRY_ID(
            Severity.HIGH, "Entry number used again", "Send the second under a new number."),
    WRONG_NODE(
            Severity.MEDIUM,
            "Booked under the wrong node",
            "Rebook under the node where it settled."),
    FORWARD_FEE_NOT_BOOKED(
            Severity.LOW, "Forward's fee not booked", "Book it, alone or with its day's sum."),
    HOLD_ACCEPTED_TOO_LONG(
            Severity.HIGH, "Held too long", "Settle or cancel it before its deadline."),
    PARTIAL_SET(
            Severity.MEDIUM,
            "Parts came, the rest did not",
            "Nothing was received; ask the payer to pay again."),
    ONCHAIN_TX_NOT_BOOKED(
            Severity.MEDIUM, "On-chain transaction not booked", "Book it, its fee apart."),
    OPEN_UNBOOKED(
            Severity.MEDIUM,
            "Channel opening not booked",
            "Book the capacity, and what was pushed."),
    CLOSE_UNBOOKED(
            Severity.HIGH,
            "Channel close not booked",
            "Book what came back to the wallet, and what the close cost."),
    REPLACED(
            Severity.MEDIUM,
            "Booked transaction was replaced",
            "Reverse it, and book the one that confirmed."),
    CLOSE_FEE_UNKNOWN(
            Severity.MEDIUM,
            "Cost of a close not known",
            "Look at the node's wallet: a transaction of the close is missing there."),
    LIMBO_PAST_MATURITY(
            Severity.HIGH,
            "Output ripe, but not swept",
            "Look at the node: it should have swept it."),
    HTLC_ONCHAIN_UNRESOLVED(
            Severity.HIGH,
            "HTLC on chain past its expiry",
            "Look at the node: neither side has taken it."),
    ANCHOR_LOST(Severity.LOW, "Anchor lost", "Accept it as a cost of the close."),
    BREACH(
            Severity.CRITICAL,
            "Channel closed with a revoked state",
            "Look at the node at once; see what the penalty brought or cost."),
    SWEEP_UNLINKED(
            Severity.MEDIUM,
            "Sweep of no known close",
            "See which channel it came from; book it there."),
    REORG_REVERSAL(
            Severity.HIGH,
            "Booked transaction left the chain",
            "Reverse it, unless it comes again."),
    OPEN_FAILED(Severity.LOW, "Opening given up, but booked", "Reverse the entries."),
    TERMINAL_CONTRADICTION(
            Severity.MEDIUM,
            "Two ends of one receipt or payment",
            "Look at the node: it told of two ends."),
    HISTORY_REWRITTEN(
            Severity.CRITICAL,
            "Told once more, and otherwise",
            "Compare with the node and its backups; what was booked may be wrong."),
    CHANNEL_DRIFT(
            Severity.HIGH,
            "Channel differs from the ledger",
            "See `prove`; look for what the ledger lacks, or holds twice, in that time."),
    NODE_DRIFT(
            Severity.CRITICAL,
            "Channels differ from the ledger",
            "See `prove`; look for what the ledger lacks, or holds twice, in that time."),
    WALLET_DRIFT(
            Severity.CRITICAL,
            "Wallet differs from the ledger",
            "See `prove`; look for a transaction that the ledger lacks, or that the wallet dropped."),
    CLEARING_UNEXPLAINED(
            Severity.CRITICAL,
            "Clearing is not what the items leave",
            "Stop, keep the database as it is, and tell those who keep Tallystick: a posting or an item was changed or lost."),
    TRIAL_BALANCE_OFF(
            Severity.CRITICAL,
            "Debits do not equal credits",
            "Stop, keep the database as it is, and tell those who keep Tallystick: a balance was changed or lost."),
    STATEMENT_DOES_NOT_FOOT(
            Severity.CRITICAL,
            "Accounts are not what was posted to them",
            "Stop, keep the database as it is, and tell those who keep Tallystick: a balance or a transfer was changed or lost."),
    LOG_BROKEN(
            Severity.CRITICAL,
            "Ledger chain broken",
            "Stop, keep the database as it is, run `verify` with a head that was published, and call an auditor: batches were changed or lost."),
    RECORD_QUARANTINED(
            Severity.HIGH,
            "Record set aside",
            "See `quarantine list`; once it can be read, `quarantine redrive`."),
    SCHEMA_UNKNOWN(
            Severity.HIGH,
            "Says what this version does not know",
            "Update Tallystick, then `quarantine redrive`."),
    GAP_UNPROVEN(
            Severity.MEDIUM,
            "Numbers missing at a node",
            "The next sweep looks for them; a rescan ends it."),
    STREAM_STALLED(
            Severity.HIGH,
            "Nothing read of a stream",
            "Look at the node, and at the ingestor's log; what is reported is provisional."),
    NODE_UNREACHABLE(
            Severity.HIGH,
            "Node not heard of",
            "Look at the node and the ingestor; what is reported is provisional."),
    POSTED_INTO_CLOSED_DAY(
            Severity.HIGH,
            "Booked into a signed day",
            "Reverse it and date it today, or restate the day."),
    UNAPPROVED_ADJUSTMENT(
            Severity.HIGH,
            "Adjustment not approved",
            "Let another person approve it, or decide otherwise."),
    IGNORED_EXPIRED(
            Severity.MEDIUM, "Set aside, and the time is over", "Settle it, or set it aside anew."),
    RULE_CHANGED_AFTER_DECISION(
            Severity.MEDIUM,
            "Decided under rules that have changed",
            "See whether the decision still holds, and decide again."),
    REPORT_LATE(
            Severity.MEDIUM,
            "Report late",
            "See in the log what it waits for, or issue it: `report run`.");

    private final Severity severity;
    private final String label;
    private final String advice;

    Code(Severity severity, String label, String advice) {
        this.severity = severity;
        this.label = label;
        this.advice = advice;
    }

    public Severity severity() {
        return severity;
    }

    /// For people, for example "Settled, not booked".
    public String label() {
        return label;
    }

    /// What to do about it.
    public String advice() {
        return advice;
    }

    /// True when it is listed apart and never counted as a mismatch.
    public boolean isInformation() {
        return severity == Severity.INFORMATION;
    }
}
