package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.ItemRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.item.Item;

/// Brings items from the database into the work, many with one statement.
final class ItemLoader {
    private final ItemRepository items;

    ItemLoader(ItemRepository items) {
        this.items = items;
    }

    /// The items that the work's records are about; empty ones where the database has none yet.
    void loadStated(Connection connection, Work work) throws SQLException {
        Map<ByteString, ItemKey> keys = new HashMap<>();
        work.statements.forEach(
                (bytes, pending) -> keys.put(bytes, pending.getFirst().statement().key()));
        load(connection, work, keys);
    }

    /// Items that were noted to be decided again, and are noted no more.
    void loadTaken(Connection connection, Work work, Collection<byte[]> keys) throws SQLException {
        keys.forEach(key -> work.taken.add(ByteString.copyFrom(key)));
        loadToDecide(connection, work, keys);
    }

    /// Items that are to be decided though no record came, by their key in the database.
    void loadToDecide(Connection connection, Work work, Collection<byte[]> keys)
            throws SQLException {
        List<byte[]> missing = new ArrayList<>();
        for (byte[] key : keys) {
            ByteString bytes = ByteString.copyFrom(key);
            work.changed.add(bytes);
            if (!work.holds(bytes)) {
                missing.add(key);
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        for (ItemRepository.NamedBody body : items.loadNamed(connection, missing)) {
            work.put(
                    ByteString.copyFrom(body.stored().key()),
                    loaded(ItemKey.parse(body.keyText()), body.stored()));
        }
    }

    /// Items by their key; empty ones where the database has none yet. What the work holds already stays.
    void loadNamed(Connection connection, Work work, Collection<ItemKey> named)
            throws SQLException {
        Map<ByteString, ItemKey> keys = new HashMap<>();
        for (ItemKey key : named) {
            ByteString bytes = ByteString.copyFrom(Digests.itemKey(key));
            if (!work.holds(bytes)) {
                keys.put(bytes, key);
            }
        }
        load(connection, work, keys);
    }

    private void load(Connection connection, Work work, Map<ByteString, ItemKey> keys)
            throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        List<ByteString> ordered = new ArrayList<>(keys.keySet());
        ordered.sort(Digests.KEY_ORDER);
        Map<ByteString, ItemRepository.StoredBody> stored = new HashMap<>();
        items.load(connection, ordered.stream().map(ByteString::toByteArray).toList())
                .forEach(
                        body -> {
                            if (stored.put(ByteString.copyFrom(body.key()), body) != null) {
                                throw new IllegalStateException(
                                        "item %s: two rows (expected: one)"
                                                .formatted(Digests.hex(body.key())));
                            }
                        });
        keys.forEach((bytes, key) -> work.put(bytes, loaded(key, stored.get(bytes))));
    }

    private static Work.Loaded loaded(ItemKey key, ItemRepository.@Nullable StoredBody body) {
        if (body == null) {
            return Work.Loaded.empty(Item.empty(key));
        }
        ItemCodec.Body decoded = ItemCodec.decode(key, body.body());
        return new Work.Loaded(
                decoded.item(),
                decoded.effects(),
                body.version(),
                body.place(),
                body.dueAt(),
                body.waitsForCoverage(),
                Optional.of(new Work.Stored(decoded.item(), ItemRows.stand(key, body))));
    }
}
