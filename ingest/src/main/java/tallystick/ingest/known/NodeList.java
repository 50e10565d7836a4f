package tallystick.ingest.known;

import java.time.Duration;
import java.util.Locale;

/// The lists of a node, as facts are counted by them.
public enum NodeList {
    /// Invoices by their add index.
    INVOICES,
    /// Settled sets of AMP invoices; a page is all sets of one invoice.
    AMP_SETS,
    /// Payments by their index.
    PAYMENTS,
    /// Forwards by their time.
    FORWARDS,
    /// Channels; the closed ones by the height of the close.
    CHANNELS,
    /// Transactions of the wallet; the buried ones by their height.
    CHAIN,
    /// The latest balances.
    BALANCES;

    /// Small, because a page whose sum is off is published again as a whole; large enough that a million facts take ten
    /// thousand sums.
    public static final long INDEXES_PER_PAGE = 100;

    /// About a week.
    static final long BLOCKS_PER_PAGE = 1_008;

    static final Duration FORWARDS_PER_PAGE = Duration.ofMinutes(10);

    /// Of facts that are compared one by one because they are always listed all.
    static final long NO_PAGE = -1;

    /// The page that holds an index; the first index is 1.
    static long pageOfIndex(long index) {
        return Long.divideUnsigned(index == 0 ? 0 : index - 1, INDEXES_PER_PAGE);
    }

    public static long pageOfHeight(long height) {
        return height / BLOCKS_PER_PAGE;
    }

    static long pageOfTime(long epochNanos) {
        return Math.floorDiv(epochNanos, FORWARDS_PER_PAGE.toNanos());
    }

    /// The exclusive lower bound to ask for so that the page of `index` is listed from its beginning.
    public static long indexBeforePage(long index) {
        return pageOfIndex(index) * INDEXES_PER_PAGE;
    }

    /// The first height of the page that holds the given one.
    public static int firstHeightOfPage(int height) {
        return Math.toIntExact(pageOfHeight(Math.max(height, 0)) * BLOCKS_PER_PAGE);
    }

    /// The first second of the page that holds the given time.
    public static long firstSecondOfPage(long epochNanos) {
        return pageOfTime(epochNanos) * FORWARDS_PER_PAGE.toSeconds();
    }

    /// The page that begins with the given second.
    public static long pageOfSecond(long firstSecond) {
        return firstSecond / FORWARDS_PER_PAGE.toSeconds();
    }

    /// Whether the facts of one page stand together in the node's list. Channels are listed in no order.
    boolean isInPages() {
        return this != CHANNELS;
    }

    /// As it stands in keys of the state topic.
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
