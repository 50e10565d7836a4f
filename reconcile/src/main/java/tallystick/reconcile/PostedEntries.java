package tallystick.reconcile;

import static java.util.stream.Collectors.groupingBy;

import com.google.protobuf.ByteString;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import tallystick.db.report.PostingReader;
import tallystick.db.report.PostingReader.Posting;
import tallystick.db.write.HistoryRepository;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.ItemRepository.NamedBody;
import tallystick.db.write.OpeningRepository;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.ItemKey;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.ledger.day.Moments;
import tallystick.ledger.item.Item;

/// What items had posted at a ledger sequence, as accountants write it: of each item one entry a business day.
///
/// Amounts come from the transfers. The day of each leg is the one that daily reports count it in: by the item as it was known
/// then. Where more became known since, the item is put together again from the evidence up to then. Memory holds one page of
/// items. Any thread.
public final class PostedEntries {
    private static final int ITEMS_MAX = 500;

    private final PostingReader postings = new PostingReader();
    private final ItemRepository items = new ItemRepository();
    private final HistoryRepository history = new HistoryRepository();
    private final OpeningRepository openings = new OpeningRepository();
    private final EvidenceReader evidence;
    private final ZoneId zone;

    /// @param zone in which business days begin and end
    public PostedEntries(TopicSettings topics, ZoneId zone) {
        this(Reconciler.reconciled(topics), zone);
    }

    PostedEntries(Map<String, Topic> topicsByName, ZoneId zone) {
        this.evidence = new EvidenceReader(topicsByName);
        this.zone = zone;
    }

    /// @param sequence the ledger as known then
    /// @param each takes entries, by item
    public void read(Connection connection, long sequence, Consumer<JournalEntry> each)
            throws SQLException {
        Optional<Instant> opened = openings.moment(connection);
        Map<ByteString, List<Posting>> page = new LinkedHashMap<>();
        postings.postings(
                connection,
                sequence,
                posting -> {
                    ByteString key = ByteString.copyFrom(posting.itemKey());
                    if (page.size() == ITEMS_MAX && !page.containsKey(key)) {
                        tell(connection, sequence, opened, page, each);
                        page.clear();
                    }
                    page.computeIfAbsent(key, _ -> new ArrayList<>()).add(posting);
                });
        tell(connection, sequence, opened, page, each);
    }

    private void tell(
            Connection connection,
            long sequence,
            Optional<Instant> opened,
            Map<ByteString, List<Posting>> page,
            Consumer<JournalEntry> each)
            throws SQLException {
        List<byte[]> keys = page.keySet().stream().map(ByteString::toByteArray).toList();
        Set<ByteString> touched = new HashSet<>();
        postings.touchedSince(connection, keys, sequence)
                .forEach(key -> touched.add(ByteString.copyFrom(key)));
        Map<ByteString, List<Applied>> told = told(connection, touched, sequence);
        Map<ByteString, NamedBody> stored = new LinkedHashMap<>();
        items.loadNamed(connection, keys)
                .forEach(body -> stored.put(ByteString.copyFrom(body.stored().key()), body));
        page.forEach(
                (key, posted) -> {
                    NamedBody body = stored.get(key);
                    if (body == null) {
                        throw new IllegalStateException(
                                "item %s: posted, and not there (expected: a row of its own)"
                                        .formatted(Digests.hex(key.toByteArray())));
                    }
                    ItemKey named = ItemKey.parse(body.keyText());
                    Item item =
                            touched.contains(key)
                                    ? evidence.item(named, told.getOrDefault(key, List.of()))
                                    : ItemCodec.decode(named, body.stored().body()).item();
                    entries(item, new Moments(item, opened), posted).forEach(each);
                });
    }

    private Map<ByteString, List<Applied>> told(
            Connection connection, Set<ByteString> keys, long sequence) throws SQLException {
        if (keys.isEmpty()) {
            return Map.of();
        }
        history.requireNotArchived(connection, keys.stream().map(ByteString::toByteArray).toList());
        return history
                .evidence(connection, keys.stream().map(ByteString::toByteArray).toList())
                .stream()
                .filter(one -> one.sequence() <= sequence)
                .collect(groupingBy(one -> ByteString.copyFrom(one.itemKey())));
    }

    private List<JournalEntry> entries(Item item, Moments moments, List<Posting> posted) {
        SortedMap<LocalDate, SortedMap<Account, BigInteger>> days = new TreeMap<>();
        for (Posting one : posted) {
            LocalDate day = moments.ofLeg(one.leg()).atZone(zone).toLocalDate();
            SortedMap<Account, BigInteger> lines = days.computeIfAbsent(day, _ -> new TreeMap<>());
            lines.merge(new Account(one.debit()), one.msat(), BigInteger::add);
            lines.merge(new Account(one.credit()), one.msat().negate(), BigInteger::add);
        }
        List<JournalEntry> result = new ArrayList<>();
        days.forEach(
                (day, accounts) -> {
                    List<JournalEntry.Line> lines = new ArrayList<>();
                    accounts.forEach(
                            (account, msat) -> {
                                if (msat.signum() != 0) {
                                    lines.add(
                                            new JournalEntry.Line(account, msat.longValueExact()));
                                }
                            });
                    if (!lines.isEmpty()) {
                        result.add(
                                new JournalEntry(
                                        day,
                                        item.key().text(),
                                        ItemRows.kind(item.key().reference()),
                                        lines));
                    }
                });
        return result;
    }
}
