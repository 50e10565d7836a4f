package tallystick.ingest.known;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.record.Digest;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.OpenReference;
import tallystick.proto.v1.PageSum;

/// All that is known to be published of one node.
///
/// A fact that may still change is kept by itself. Final facts are only kept as one sum of digests per page of the list they
/// stand in. Streams keep the sums up to date, so that a list which says what is known already adds up to the same sum, page
/// by page; where it does not, the facts of that page which are not known one by one are published again. So whatever
/// happened to the node's history, known or not, the next complete list puts it right.
///
/// One thread.
public final class KnownFacts {
    private final Map<NodeList, Map<Digest, Open>> open = new EnumMap<>(NodeList.class);
    private final PageSums pages = new PageSums();
    private final Recents recents = new Recents();
    private final Map<Digest, NodeList> changedOpen = new HashMap<>();
    private final Map<NodeList, Listing> active = new EnumMap<>(NodeList.class);
    private int sweep = 1;
    private long sweepAsked;

    public KnownFacts() {
        for (NodeList list : NodeList.values()) {
            open.put(list, new HashMap<>());
        }
    }

    /// A fact that may still change, as a list lacked it.
    ///
    /// @param index where the list had it
    public record Missing(Digest key, ByteString hash, long index) {}

    /// What is known of one fact.
    private record Known(Digest content, long page, long progress, long arrival) {}

    // --- what is told

    /// Takes what a stream said.
    ///
    /// @param arrival counts everything that came from streams
    /// @return whether it is news, to be published
    public boolean streamed(Fact fact, long arrival) {
        Known known = find(fact);
        if (known != null
                && (known.content().equals(fact.content())
                        || fact.standing().progress() < known.progress())) {
            return false;
        }
        if (isBehindAList(fact)) {
            return false;
        }
        record(fact, known, arrival, true);
        return true;
    }

    /// Takes what the node answered to a question about this one fact, or listed among others that are not all of a page.
    ///
    /// @param asked the arrival of the latest message that had come when it was asked
    /// @return whether it is news, to be published
    public boolean read(Fact fact, long asked) {
        keepRecentsSince(asked);
        Known known = find(fact);
        if (known != null) {
            boolean isBehind =
                    fact.standing().progress() < known.progress()
                            || (known.arrival() > asked
                                    && fact.standing().progress() == known.progress());
            if (known.content().equals(fact.content()) || isBehind) {
                seen(fact);
                return false;
            }
        }
        if (isBehindAList(fact)) {
            return false;
        }
        record(fact, known, asked);
        return true;
    }

    /// Whether a transaction is known to have stood otherwise before. What it is called, and by which index it is listed, is
    /// no matter of how it stands.
    public boolean stoodOtherwise(Fact fact) {
        Open last = fact.list() == NodeList.CHAIN ? opened(NodeList.CHAIN).get(fact.key()) : null;
        ChainRecord before = last == null ? null : last.transaction();
        return before != null
                && fact.record().facts() instanceof ChainRecord now
                && !isAlike(before, now);
    }

    private static boolean isAlike(ChainRecord one, ChainRecord other) {
        return one.getIsGone() == other.getIsGone()
                && one.getIsConfirmed() == other.getIsConfirmed()
                && one.getBlockHeight() == other.getBlockHeight()
                && one.getBlockHash().equals(other.getBlockHash())
                && one.getChangeSat() == other.getChangeSat()
                && one.getTime() == other.getTime();
    }

    /// Takes that a transaction is listed no more. It may come back, also to the block that it was in, so that it is gone is
    /// kept for as many blocks as bury one.
    ///
    /// @param chainHeight of the node's chain
    public void transactionGone(Fact fact, int chainHeight) {
        keep(fact, sweepAsked, false);
        requireNonNull(opened(fact.list()).get(fact.key())).goneAt(chainHeight);
    }

    /// The node does not have this fact any more and never will.
    public void gone(Digest key, NodeList list) {
        Open last = opened(list).remove(key);
        if (last != null) {
            pages.subtract(list, last.page(), last.content());
            changedOpen.put(key, list);
        }
    }

    // --- sweeps

    /// A sweep begins: what it lists is seen, what it does not is missing.
    public void sweepBegan(long asked) {
        sweep++;
        sweepAsked = asked;
        active.clear();
        recents.keepSince(asked);
    }

    /// No list is on its way any more, whether the sweep came to its end or not.
    public void sweepIsOver() {
        active.clear();
        recents.keepSince(Long.MAX_VALUE);
    }

    /// A list whose pages are going to be complete, from the page that holds the given place on.
    public Listing listing(NodeList list, long fromPage) {
        var listing = new Listing(list, fromPage);
        active.put(list, listing);
        return listing;
    }

    /// The pages of one answer, which are complete with it.
    public Listing answer(NodeList list) {
        return new Listing(list, 0);
    }

    /// Open facts that the sweep did not list.
    public List<Missing> missing(NodeList list) {
        List<Missing> missing = new ArrayList<>();
        opened(list)
                .forEach(
                        (key, each) -> {
                            if (isMissing(each)) {
                                missing.add(new Missing(key, each.hash(), each.index()));
                            }
                        });
        return missing;
    }

    /// The transactions among the open facts that the sweep did not list.
    public List<ChainRecord> missingTransactions() {
        return opened(NodeList.CHAIN).values().stream()
                .filter(this::isMissing)
                .map(Open::transaction)
                .flatMap(each -> Optional.ofNullable(each).stream())
                .toList();
    }

    private boolean isMissing(Open each) {
        return each.seenBy() != sweep && !each.isGone();
    }

    /// Transactions that went so many blocks ago will not come back.
    ///
    /// @param chainHeight of the node's chain
    public void forgetGone(int chainHeight) {
        List<Digest> buried = new ArrayList<>();
        opened(NodeList.CHAIN)
                .forEach(
                        (key, each) -> {
                            if (each.isGone()
                                    && each.goneAtHeight()
                                            <= chainHeight - Standing.BURIED_BLOCKS) {
                                buried.add(key);
                            }
                        });
        buried.forEach(key -> gone(key, NodeList.CHAIN));
    }

    /// Channels that left a state are in another one by now.
    public void forgetMissing(NodeList list) {
        missing(list).forEach(each -> gone(each.key(), list));
    }

    // --- what is known

    /// The index under which an open fact was last published; empty when it is not open, and after its list was renumbered.
    public Optional<Long> openIndex(Fact fact) {
        return Optional.ofNullable(opened(fact.list()).get(fact.key()))
                .filter(each -> Standing.isSameFact(each.progress(), fact.standing().progress()))
                .map(Open::index)
                .filter(index -> index != 0);
    }

    public int openCount() {
        return open.values().stream().mapToInt(Map::size).sum();
    }

    /// The node's indexes were renumbered: pages say nothing any more, and open facts are somewhere else.
    public void forgetPlaces() {
        pages.forgetAll();
        recents.clear();
        active.clear();
        for (NodeList list : NodeList.values()) {
            opened(list)
                    .forEach(
                            (key, each) -> {
                                each.forgetPlace();
                                changedOpen.put(key, list);
                            });
        }
    }

    // --- state

    /// Takes back what was kept; without a value it was given up later.
    public void restore(NodeList list, Digest key, @Nullable OpenReference stored) {
        if (stored == null) {
            opened(list).remove(key);
        } else {
            opened(list).put(key, Open.of(stored));
        }
    }

    /// Takes back what was kept; without a value it was given up later.
    public void restore(NodeList list, long number, @Nullable PageSum stored) {
        pages.restore(
                new PageSums.Page(list, number),
                stored == null
                        ? PageSums.NONE
                        : new PageSums.Sum(
                                new Digest(stored.getHigh(), stored.getLow()), stored.getFacts()));
    }

    /// What changed since the last call, for the state topic.
    ///
    /// @param state takes each; without a value what is no longer to be kept
    public void takeChanges(Changes state) {
        changedOpen.forEach(
                (key, list) -> {
                    Open each = opened(list).get(key);
                    state.open(list, key, each == null ? null : each.stored());
                });
        changedOpen.clear();
        for (PageSums.Page page : pages.takeChanged()) {
            PageSums.Sum sum = pages.of(page);
            state.page(
                    page.list(),
                    page.number(),
                    sum.equals(PageSums.NONE) ? null : stored(page.number(), sum));
        }
    }

    /// Where changes go.
    public interface Changes {
        void open(NodeList list, Digest key, @Nullable OpenReference value);

        void page(NodeList list, long number, @Nullable PageSum value);
    }

    private static PageSum stored(long number, PageSums.Sum sum) {
        return PageSum.newBuilder()
                .setPage(number)
                .setHigh(sum.digest().high())
                .setLow(sum.digest().low())
                .setFacts(sum.facts())
                .build();
    }

    private Map<Digest, Open> opened(NodeList list) {
        Map<Digest, Open> map = open.get(list);
        if (map == null) {
            throw new IllegalStateException("list: %s (expected: a map for each)".formatted(list));
        }
        return map;
    }

    private @Nullable Known find(Fact fact) {
        Recents.Recent recent = recents.find(fact.key());
        if (recent != null) {
            return new Known(recent.content(), recent.page(), recent.progress(), recent.arrival());
        }
        Open each = opened(fact.standing().list()).get(fact.key());
        return each == null
                ? null
                : new Known(each.content(), each.page(), each.progress(), each.arrival());
    }

    private void seen(Fact fact) {
        Open each = opened(fact.standing().list()).get(fact.key());
        if (each != null) {
            each.seen(sweep);
        }
    }

    private void record(Fact fact, @Nullable Known before, long arrival) {
        record(fact, before, arrival, false);
    }

    private void record(Fact fact, @Nullable Known before, long arrival, boolean isStreamed) {
        Standing standing = fact.standing();
        if (before != null) {
            pages.subtract(standing.list(), before.page(), before.content());
        }
        pages.add(standing.list(), standing.page(), fact.content());
        Listing listing = active.get(standing.list());
        if (listing != null) {
            listing.toldMeanwhile(fact, before);
        }
        keep(fact, arrival, isStreamed);
    }

    /// What a stream changes has not been listed by that: only a new fact cannot be missing from a list that is older.
    private void keep(Fact fact, long arrival, boolean isStreamed) {
        NodeList list = fact.list();
        if (fact.standing().isOpen()) {
            Open last = opened(list).get(fact.key());
            int seenBy = isStreamed && last != null && !last.isGone() ? last.seenBy() : sweep;
            opened(list).put(fact.key(), Open.of(fact, arrival, seenBy));
            changedOpen.put(fact.key(), list);
        } else if (opened(list).remove(fact.key()) != null) {
            changedOpen.put(fact.key(), list);
        }
        recents.put(fact, arrival);
    }

    /// A list on its way, page by page. Facts that are not known one by one wait until their page is complete; what is told
    /// of a page meanwhile is counted on neither side.
    public final class Listing {
        private final NodeList list;
        private final long fromPage;
        private final Map<Long, PageOnItsWay> waiting = new LinkedHashMap<>();
        private final Set<Long> done = new HashSet<>();

        private Listing(NodeList list, long fromPage) {
            this.list = list;
            this.fromPage = fromPage;
        }

        /// Takes the next fact of the list.
        ///
        /// @param asked the arrival of the latest message that had come when this part of the list was asked for
        /// @param news gets what is to be published, also of pages that this fact completes
        public void add(Fact fact, long asked, List<Fact> news) {
            long number = fact.standing().page();
            if (number == NodeList.NO_PAGE) {
                if (read(fact, asked)) {
                    news.add(fact);
                }
                return;
            }
            if (list.isInPages() && !waiting.containsKey(number)) {
                completeAll(news);
            }
            PageOnItsWay page = waiting.get(number);
            if (page == null) {
                page = new PageOnItsWay(asked);
                recents.ofPage(list, number, asked, page.told::put);
                waiting.put(number, page);
            }
            keepRecentsSince(asked);
            compare(fact, page, news);
        }

        /// All facts of the pages begun so far have been added.
        public void completeAll(List<Fact> news) {
            waiting.forEach((number, page) -> complete(number, page, news));
            waiting.clear();
        }

        /// The list is at its end: what is counted in later pages does not exist any more.
        public void end(List<Fact> news) {
            completeAll(news);
            active.remove(list);
            for (PageSums.Page page : pages.from(list, fromPage)) {
                if (!done.contains(page.number())) {
                    Map<Digest, Digest> told = new HashMap<>();
                    recents.ofPage(list, page.number(), sweepAsked, told::put);
                    pages.set(page, PageSums.Sum.of(told.values()));
                }
            }
        }

        private void compare(Fact fact, PageOnItsWay page, List<Fact> news) {
            seen(fact);
            // A list that grows while it is read can hold a fact twice.
            page.withdraw(fact.key());
            Known known = find(fact);
            if (known == null) {
                page.unknown.put(fact.key(), fact);
                page.count(fact.key(), fact.content());
            } else if (page.told.containsKey(fact.key())) {
                if (fact.standing().progress() > known.progress()) {
                    record(fact, known, known.arrival());
                    news.add(fact);
                }
            } else if (fact.standing().progress() < known.progress()) {
                page.count(fact.key(), known.content());
            } else {
                boolean isNews = !known.content().equals(fact.content());
                if (isNews
                        || known.page() != fact.standing().page()
                        || isOpen(fact) != fact.standing().isOpen()) {
                    record(fact, known, page.asked);
                    page.told.remove(fact.key());
                }
                page.count(fact.key(), fact.content());
                if (isNews) {
                    news.add(fact);
                }
            }
        }

        private void complete(long number, PageOnItsWay page, List<Fact> news) {
            PageSums.Sum listed =
                    PageSums.Sum.of(page.counted.values())
                            .plus(PageSums.Sum.of(page.told.values()));
            var counted = new PageSums.Page(list, number);
            boolean isNews = !pages.of(counted).equals(listed);
            for (Fact fact : page.unknown.values()) {
                if (isNews || fact.standing().isOpen()) {
                    keep(fact, page.asked, false);
                }
                if (isNews) {
                    news.add(fact);
                }
            }
            pages.set(counted, listed);
            done.add(number);
        }

        /// A fact is known anew from somewhere else: what the list said of it before counts for nothing.
        private void toldMeanwhile(Fact fact, @Nullable Known before) {
            PageOnItsWay last = before == null ? null : waiting.get(before.page());
            if (last != null) {
                last.withdraw(fact.key());
                last.told.remove(fact.key());
            }
            PageOnItsWay page = waiting.get(fact.standing().page());
            if (page != null) {
                page.withdraw(fact.key());
                page.told.put(fact.key(), fact.content());
            }
        }

        private long oldestAsked() {
            return waiting.values().stream()
                    .mapToLong(page -> page.asked)
                    .min()
                    .orElse(Long.MAX_VALUE);
        }
    }

    private static final class PageOnItsWay {
        final long asked;

        /// What the list says, by key; of what is not known one by one, the fact itself.
        final Map<Digest, Digest> counted = new HashMap<>();

        final Map<Digest, Fact> unknown = new LinkedHashMap<>();

        /// What was told since the list was asked for, by key.
        final Map<Digest, Digest> told = new HashMap<>();

        PageOnItsWay(long asked) {
            this.asked = asked;
        }

        void count(Digest key, Digest content) {
            counted.put(key, content);
        }

        void withdraw(Digest key) {
            counted.remove(key);
            unknown.remove(key);
        }
    }

    /// What came later than a list that is still on its way, or waits for the rest of its page, must not be forgotten.
    private void keepRecentsSince(long asked) {
        long oldest = asked;
        for (Listing listing : active.values()) {
            oldest = Math.min(oldest, listing.oldestAsked());
        }
        recents.keepSince(oldest);
    }

    /// Whether a list has said as much or more of the fact, and waits with it for the rest of its page.
    private boolean isBehindAList(Fact fact) {
        Listing listing = active.get(fact.list());
        PageOnItsWay page = listing == null ? null : listing.waiting.get(fact.standing().page());
        Fact listed = page == null ? null : page.unknown.get(fact.key());
        return listed != null && fact.standing().progress() <= listed.standing().progress();
    }

    /// Whether a fact is known one by one, as it may still change or is gone for now.
    public boolean isOpen(Fact fact) {
        return opened(fact.standing().list()).containsKey(fact.key());
    }
}
