package tallystick.serve.web.item;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tallystick.db.query.ItemReader;
import tallystick.db.query.MismatchReader;
import tallystick.ledger.ItemKey;
import tallystick.ledger.mismatch.Verdict;
import tallystick.proto.v1.Role;
import tallystick.report.figures.Standing;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.Frame;
import tallystick.serve.web.page.LedgerPages;
import tallystick.serve.web.page.Tab;

/// Looks for items, and shows each of them. Any thread.
public final class ItemPages {
    private static final String PATH = "/items";

    private static final int PAGE = 25;

    /// Of each list that comes with an item.
    private static final int DETAILS_MAX = 200;

    private static final Pattern KEY = Pattern.compile("[0-9a-f]{64}");

    private final LedgerPages pages;
    private final ItemReader items = new ItemReader();
    private final MismatchReader mismatches = new MismatchReader();

    public ItemPages(LedgerPages pages) {
        this.pages = pages;
    }

    /// What the template of the search prints.
    ///
    /// @param words as they were typed
    /// @param rows by key
    /// @param count on all pages
    /// @param next address of the page after this one; empty on the last
    public record Found(
            String words,
            List<ItemReader.Head> rows,
            long count,
            boolean isFirst,
            Optional<String> next) {
        public String first() {
            return ItemPages.search(words);
        }

        /// How an item stands, with the sign.
        public String state(ItemReader.Head one) {
            return ItemPages.state(one.state());
        }
    }

    public void addTo(Routes routes) {
        routes.get(PATH, Role.ROLE_AUDITOR, this::search);
        routes.get(PATH + "/of", Role.ROLE_AUDITOR, this::one);
    }

    /// Where an item is.
    ///
    /// @param key as its text has it, with the node where the reference exists once per node
    public static String path(String key) {
        return PATH + "/of?key=" + URLEncoder.encode(key, UTF_8);
    }

    /// Where items are looked for.
    public static String search(String words) {
        return page(words, "");
    }

    private static String page(String words, String after) {
        return "%s?q=%s%s"
                .formatted(
                        PATH,
                        URLEncoder.encode(words, UTF_8),
                        after.isEmpty() ? "" : "&after=" + after);
    }

    static String state(String stored) {
        Standing standing = Standing.of(Verdict.State.valueOf(stored));
        return standing.sign() + " " + standing.label();
    }

    private Answer search(Visit visit) {
        String words = visit.query().text("q");
        String asked = visit.query().text("after");
        String after = KEY.matcher(asked).matches() ? asked : "";
        return pages.page(
                visit,
                Tab.ITEMS,
                "Items",
                "items",
                (connection, frame) -> found(connection, frame, words, after));
    }

    private Found found(Connection connection, Frame frame, String words, String after)
            throws SQLException {
        if (words.isEmpty()) {
            return new Found(words, List.of(), 0, true, Optional.empty());
        }
        ItemSearch search = ItemSearch.of(words, frame.nodes().keySet());
        ItemReader.Page found =
                items.search(
                        connection,
                        search.keys(),
                        search.order(),
                        search.part(),
                        HexFormat.of().parseHex(after),
                        PAGE + 1);
        List<ItemReader.Head> page = found.items().subList(0, Math.min(PAGE, found.items().size()));
        return new Found(
                words,
                page,
                found.count(),
                after.isEmpty(),
                found.items().size() > PAGE
                        ? Optional.of(page(words, HexFormat.of().formatHex(page.getLast().key())))
                        : Optional.empty());
    }

    private Answer one(Visit visit) {
        ItemKey key = key(visit.query().text("key"));
        return pages.page(
                visit, Tab.ITEMS, "Item", "item", (connection, _) -> view(connection, key));
    }

    private ItemView view(Connection connection, ItemKey key) throws SQLException {
        ItemReader.Head head =
                items.head(connection, key).orElseThrow(() -> WebProblem.notFound("such item"));
        int limit = DETAILS_MAX + 1;
        List<ItemReader.Transfer> transfers = items.transfers(connection, head.key(), limit);
        List<ItemReader.Evidence> evidence = items.evidence(connection, head.key(), limit);
        List<MismatchReader.Row> about = mismatches.ofItem(connection, head.key(), limit);
        return new ItemView(
                head,
                cut(transfers),
                cut(evidence),
                cut(about),
                transfers.size() > DETAILS_MAX
                        || evidence.size() > DETAILS_MAX
                        || about.size() > DETAILS_MAX);
    }

    private static <T> List<T> cut(List<T> found) {
        return found.subList(0, Math.min(DETAILS_MAX, found.size()));
    }

    private static ItemKey key(String text) {
        try {
            return ItemKey.parse(text);
        } catch (IllegalArgumentException _) {
            throw WebProblem.notFound("such item");
        }
    }
}
