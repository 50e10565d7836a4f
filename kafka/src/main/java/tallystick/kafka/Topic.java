package tallystick.kafka;

/// The topics of the contract. Names, keys and clean-up cannot be changed later.
public enum Topic {
    INVOICES("invoices", Layout.KEYED, Cleanup.DELETE_LONG, "tallystick.v1.InvoiceRecord"),
    PAYMENTS("payments", Layout.KEYED, Cleanup.DELETE_LONG, "tallystick.v1.PaymentRecord"),
    FORWARDS("forwards", Layout.KEYED, Cleanup.DELETE, "tallystick.v1.ForwardRecord"),
    CHANNELS("channels", Layout.KEYED, Cleanup.DELETE, "tallystick.v1.ChannelRecord"),
    CHAIN("chain", Layout.KEYED, Cleanup.DELETE, "tallystick.v1.ChainRecord"),
    BALANCES("balances", Layout.KEYED, Cleanup.DELETE, "tallystick.v1.BalanceRecord"),
    BOOKS("books", Layout.KEYED, Cleanup.DELETE, "tallystick.v1.BookEntry"),
    DECISIONS("decisions", Layout.KEYED, Cleanup.DELETE_LONGEST, "tallystick.v1.Decision"),
    COVERAGE("coverage", Layout.EVERY_PARTITION, Cleanup.DELETE, "tallystick.v1.CoverageRecord"),
    BOOKS_INBOX("books-inbox", Layout.FREE, Cleanup.DELETE, "tallystick.v1.BookEntry"),
    MISMATCHES("mismatches", Layout.OUTPUT, Cleanup.DELETE, "tallystick.v1.MismatchChange"),
    MISMATCH_STATE("mismatch-state", Layout.OUTPUT, Cleanup.COMPACT, "tallystick.v1.Mismatch"),
    REPORTS("reports", Layout.OUTPUT, Cleanup.DELETE, "tallystick.v1.ReportIssued"),
    LEDGER_HEADS("ledger-heads", Layout.OUTPUT, Cleanup.NEVER, "tallystick.v1.LedgerHead"),
    QUARANTINE("quarantine", Layout.REFUSED, Cleanup.DELETE, "bytes"),
    INGEST_STATE("ingest-state", Layout.OUTPUT, Cleanup.COMPACT, "tallystick.v1.NodeCursors");

    /// How keys and partitions of a topic relate.
    public enum Layout {
        /// Keyed by what the item is keyed by: all such topics have the same number of partitions, and all records of one
        /// item lie in the same partition number.
        KEYED,
        /// A copy in every partition number, read together with the keyed topics.
        EVERY_PARTITION,
        /// What could not be used, with the key that it came with: read together with the keyed topics, and told.
        REFUSED,
        /// Written by other systems with any key.
        FREE,
        /// Written by Tallystick for others, or for itself.
        OUTPUT
    }

    /// What becomes of old records.
    public enum Cleanup {
        DELETE,
        DELETE_LONG,
        DELETE_LONGEST,
        COMPACT,
        NEVER
    }

    private final String shortName;
    private final Layout layout;
    private final Cleanup cleanup;
    private final String messageType;

    Topic(String shortName, Layout layout, Cleanup cleanup, String messageType) {
        this.shortName = shortName;
        this.layout = layout;
        this.cleanup = cleanup;
        this.messageType = messageType;
    }

    /// For example `tallystick.invoices.v1`, with the prefix `tallystick`.
    public String name(String prefix) {
        return prefix + "." + shortName + ".v1";
    }

    public Layout layout() {
        return layout;
    }

    public Cleanup cleanup() {
        return cleanup;
    }

    /// Full name of the one message type in it.
    public String messageType() {
        return messageType;
    }

    /// True when the reconciler consumes it by partition number.
    public boolean isReconciled() {
        return layout == Layout.KEYED
                || layout == Layout.EVERY_PARTITION
                || layout == Layout.REFUSED;
    }
}
