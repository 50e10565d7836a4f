package tallystick.simulator.node;

/// What lnd does that a follower does not expect, each one a switch. Some need a measure: how often, how long, how big. In
/// brackets: the part of lnd, and the subject there.
///
/// Always on, since lnd has no switch for them either: index 1 cannot be replayed (a cursor of 0 asks for nothing, and
/// cursors are exclusive); canceled and accepted invoices are passed over in the backlog; a cursor that is too high mutes
/// the stream; hold invoices are never heard of when they are accepted or canceled (SubscribeInvoices); payments that ended
/// while nobody listened are not told again (TrackPayments and ListPayments).
public enum Trap {
    /// An event of the invoice stream is not sent, since another subscriber left at that moment (SubscribeInvoices, "never
    /// sent"). Measure: percent.
    MISSED_DISPATCH(20),
    /// The native SQL store: settled invoices come in the order of their ids, sets of AMP invoices after them, and such a
    /// set takes a settle index for each of its parts (SubscribeInvoices, "SQL store ordering" and "AMP").
    SQL_STORE(1),
    /// A payment with a higher index is seen before one with a lower (TrackPayments and ListPayments, "index visibility"). Measure: percent.
    INDEX_OUT_OF_ORDER(30),
    /// What payments end in is told twice (TrackPayments and ListPayments, "updates seen more than once"). Measure: percent.
    TERMINAL_TWICE(30),
    /// Streams of a node that shuts down end as UNAVAILABLE instead of in lnd's different ways (connection, "shutdown").
    NO_GOODBYE(1),
    /// Lists answer late (TrackPayments and ListPayments, "cost"). Measure: milliseconds.
    SLOW_LISTS(200),
    /// Lists do not answer at all (TrackPayments and ListPayments, "cost").
    SILENT_LISTS(1),
    /// New invoices have huge memos and new payments long routes, so that a page of a list grows beyond 4 MiB (connection,
    /// "sizes"). Measure: bytes of a memo.
    HUGE_MESSAGES(60_000),
    /// Enumerations have numbers that nobody knows yet (versions). Measure: percent of the messages that can have one.
    UNKNOWN_ENUMS(20),
    /// Messages have fields that nobody knows yet (versions).
    UNKNOWN_FIELDS(1),
    /// The node is stopped or killed now and then and comes up again with the next step (connection). Measure: percent of
    /// the steps.
    RESTARTS(2),
    /// When the node starts by itself, its wallet is locked until the step after (connection, "errors").
    WALLET_LOCKED(1),
    /// A start takes a step for each state, instead of passing all of them at once (connection, "gate").
    SLOW_START(1),
    /// The node's clock is off (identity and times, "times"). Measure: seconds, also negative.
    CLOCK_SKEW(-90),
    /// ForwardingHistory knows a forward only some seconds after it happened (ForwardingHistory, "a concurrent flush").
    /// Measure: percent of the forwards.
    LATE_FORWARDS(50),
    /// A failed payment is not kept with its attempts once another of its attempts succeeds (TrackPayments and ListPayments,
    /// `keep-failed-payment-attempts`).
    FORGOTTEN_ATTEMPTS(1),
    /// The wallet falls behind the chain: the node says that it is not synced, names the chain's height, and lists no
    /// transaction of the blocks that the wallet lacks, not even as unconfirmed, until it has caught up with a later block.
    /// Its balance is not behind. (Wallet, "not synced".) Measure: percent of the blocks that the wallet does not take.
    UNSYNCED(40);

    private final int usual;

    Trap(int usual) {
        this.usual = usual;
    }

    /// The measure that is taken when none is named.
    public int usual() {
        return usual;
    }
}
