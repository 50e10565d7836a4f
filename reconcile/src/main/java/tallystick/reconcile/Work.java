package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.HeightRepository;
import tallystick.db.write.NodeRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.day.DayFacts;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.proto.v1.CoverageRecord;

/// What one transaction gathers before anything is written. Items go by their key in the database.
final class Work {
    final long batchId;

    /// `records` or `due`.
    final String cause;

    final Instant now;
    final Set<Integer> partitions;

    /// How many records were read.
    int records;

    /// What the records say, by item, in the order in which they came.
    final Map<ByteString, List<Pending>> statements = new LinkedHashMap<>();

    /// Those statements that changed their item.
    final Map<ByteString, List<Pending>> evidence = new LinkedHashMap<>();

    /// Items to be decided, in the order of their keys.
    final SortedSet<ByteString> changed = new TreeSet<>(Digests.KEY_ORDER);

    /// Items between which residue is moved.
    final Set<ByteString> moved = new HashSet<>();

    /// Items that are no longer noted as waiting: they were looked up because of it.
    final Set<ByteString> taken = new HashSet<>();

    /// Heights that were seen: no item is noted any more as waiting for one that they reach.
    final List<HeightRepository.Height> seen = new ArrayList<>();

    final List<EvidenceRepository.Quarantined> quarantined = new ArrayList<>();

    /// Records that are tried again.
    final List<EvidenceRepository.Quarantined> redriven = new ArrayList<>();

    /// What coverage tells of nodes themselves, in its order.
    final Map<ItemKey, List<CoverageRecord>> followed = new TreeMap<>();

    /// What is to be said of records that were refused, now or before.
    final Map<ItemKey, NodeFacts.Refused> refused = new TreeMap<>();

    final List<OfGroup> groupDecisions = new ArrayList<>();
    final List<NodeRepository.Alias> aliases = new ArrayList<>();
    final List<NodeRepository.Balance> balances = new ArrayList<>();
    final List<NodeRepository.Transaction> transactions = new ArrayList<>();
    final List<CoverageBook.Arrived> covered = new ArrayList<>();
    private final Map<ByteString, Loaded> items = new HashMap<>();

    Work(long batchId, String cause, Instant now, Collection<Integer> partitions) {
        this.batchId = batchId;
        this.cause = cause;
        this.now = now;
        this.partitions = Set.copyOf(partitions);
    }

    /// A statement that waits to be merged, with the record it came in.
    record Pending(Statement statement, ConsumerRecord<byte[], byte[]> record) {}

    /// What a person decided about a group, with the record it came in.
    record OfGroup(GroupDecision decision, ConsumerRecord<byte[], byte[]> record) {}

    /// An item with what the database holds of it.
    ///
    /// @param effects what was written because of it before
    /// @param version 0 when the database holds nothing
    /// @param place of its row; null when the database holds nothing
    /// @param dueAt as noted before
    /// @param waitsForCoverage as noted before
    /// @param stored as the database holds it, whatever was merged since; empty when it holds nothing
    record Loaded(
            Item item,
            Effects effects,
            int version,
            @Nullable String place,
            Optional<Instant> dueAt,
            Optional<Instant> waitsForCoverage,
            Optional<Stored> stored) {
        static Loaded empty(Item item) {
            return new Loaded(
                    item,
                    Effects.NONE,
                    0,
                    null,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        Loaded with(Item changed) {
            return new Loaded(changed, effects, version, place, dueAt, waitsForCoverage, stored);
        }
    }

    /// An item as the database holds it, and how it stands there.
    record Stored(Item item, DayFacts.Stand stand) {}

    boolean holds(ByteString key) {
        return items.containsKey(key);
    }

    Loaded item(ByteString key) {
        return requireNonNull(items.get(key), "item");
    }

    void put(ByteString key, Loaded loaded) {
        items.put(key, loaded);
    }
}
