package tallystick.reconcile;

import static java.util.stream.Collectors.joining;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.write.HistoryRepository;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TextRepository;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Reference;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.MatchGroups;

/// What people wrote under a reference, and whether it can be erased: only where nothing rests on it, since a ledger that was
/// decided by a text could not be computed again without it. Reads only; a decision of kind ERASE does it. Any thread.
public final class TextErasure {
    private static final String RESOLVED = "RESOLVED";

    /// In which nothing waits for a text that would settle it.
    private static final Set<String> AT_REST = Set.of("IDLE", "AGREED", "AGREED_BY_RULE", RESOLVED);

    private final Transactions transactions;
    private final EvidenceReader reader;
    private final ItemRepository items = new ItemRepository();
    private final HistoryRepository history = new HistoryRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final TextRepository texts = new TextRepository();

    public TextErasure(DataSource dataSource, TopicSettings topics) {
        this.transactions = new Transactions(dataSource);
        this.reader = new EvidenceReader(Reconciler.reconciled(topics));
    }

    /// What can be erased.
    ///
    /// @param subject names the item in decisions to erase; 64 hex digits
    /// @param records how many pieces of evidence hold texts
    /// @param mismatches how many, past ones too, name the order, and go on naming it: the register is never changed
    public record Found(ItemKey key, String subject, int records, long mismatches) {}

    /// The items that are booked under an order.
    public List<ItemKey> bookedUnder(String order) {
        return transactions.read(connection -> texts.bookedUnder(connection, order)).stream()
                .map(ItemKey::parse)
                .toList();
    }

    /// @throws IllegalArgumentException when nothing can be erased under the key, with the reason
    public Found find(ItemKey key) {
        return transactions.read(connection -> find(connection, key));
    }

    private Found find(Connection connection, ItemKey key) throws SQLException {
        byte[] bytes = Digests.itemKey(key);
        ItemRepository.NamedBody row =
                items.loadNamed(connection, List.of(bytes)).stream()
                        .findFirst()
                        .orElseThrow(() -> refused(key, "nothing is known of it", "a reference"));
        ItemCodec.Body body = ItemCodec.decode(key, row.stored().body());
        requireAtRest(key, row, body);
        requireNothingStands(connection, key, bytes, body);
        int records = 0;
        for (Applied one : history.evidence(connection, List.of(bytes))) {
            if (one.hasTexts()) {
                records++;
            } else if (reader.hasTexts(one)) {
                throw refused(
                        key,
                        "%s-%d@%d was written by a version that sealed texts with the rest"
                                .formatted(one.topic(), one.partition(), one.offset()),
                        "evidence of this version");
            }
        }
        records += texts.archived(connection, bytes);
        if (records == 0) {
            throw refused(key, "nobody wrote anything in its evidence", "a memo or an order");
        }
        return new Found(
                key, Digests.hex(bytes), records, texts.mismatchesWithOrder(connection, bytes));
    }

    /// What would be decided otherwise without its texts, is not.
    private static void requireAtRest(
            ItemKey key, ItemRepository.NamedBody row, ItemCodec.Body body) {
        Item item = body.item();
        if (item.isErased()) {
            Decision decision =
                    item.decisions().values().stream()
                            .filter(one -> one.kind() == Decision.Kind.ERASE)
                            .min(Decision.DECIDED)
                            .orElseThrow();
            throw refused(
                    key,
                    "%s erased it at %s".formatted(decision.person(), decision.decidedAt()),
                    "what is not erased yet");
        }
        if (key.reference() instanceof Reference.Order) {
            throw refused(key, "the order is its name", "an item with another reference");
        }
        if (!AT_REST.contains(row.stored().state())) {
            throw refused(
                    key,
                    "it is " + row.stored().state(),
                    "an item that agrees or is resolved; others may be settled by what people wrote");
        }
        List<String> matched =
                item.allocations().keySet().stream().filter(MatchGroups::isKey).toList();
        if (!matched.isEmpty()) {
            throw refused(
                    key,
                    "it was matched by " + String.join(", ", matched),
                    "an item that rests on no text; its postings name it and stay");
        }
        if (item.entries().values().stream().anyMatch(one -> !one.reused().isEmpty())) {
            throw refused(
                    key,
                    "the number of an entry was used again",
                    "entries that do not differ, perhaps in a text");
        }
    }

    private void requireNothingStands(
            Connection connection, ItemKey key, byte[] bytes, ItemCodec.Body body)
            throws SQLException {
        List<String> owners = new ArrayList<>(body.effects().groups());
        owners.add(Digests.hex(bytes));
        String standing =
                register.standingByOwner(connection, owners).stream()
                        .filter(one -> !one.state().equals(RESOLVED) || one.order() != null)
                        .map(one -> one.code() + " of " + one.reference())
                        .collect(joining(", "));
        if (!standing.isEmpty()) {
            throw refused(key, standing + " stands", "no mismatch that tells of it");
        }
    }

    private static IllegalArgumentException refused(ItemKey key, String found, String expected) {
        return new IllegalArgumentException(
                "%s: %s (expected: %s)".formatted(key.text(), found, expected));
    }
}
