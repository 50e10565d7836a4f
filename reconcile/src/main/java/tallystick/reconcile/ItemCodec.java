package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.EntryKey;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.StandingEntry;
import tallystick.ledger.mismatch.Heights.Height;
import tallystick.proto.storage.v1.StoredRareParts;

/// Items with their effects, as they lie in the database (docs/adr/023-compact-item-bodies.md).
///
/// A body is the format's number (one byte, 1), flags that say which of these parts follow, the parts, and the CRC32C of all
/// that (four bytes). A part that repeats begins with a count. What `ItemParts` writes is told there.
///
/// | part | flag | how often | fields |
/// |---|---|---|---|
/// | receipts | 1 | count | node, receipt |
/// | payments | 2 | count | node, payment |
/// | forward | 4 | once | forward |
/// | entries | 8 | count | entry |
/// | allocations | 64 | count | name of the group, flags (1 open, 2 proposal), contributed (signed), residue (signed), proposal |
/// | rare parts | 512 | once | length, `StoredRareParts` |
/// | legs | 16 | count | twice the number of its name, and one more where the amount follows; name, where the number is 0; debit id; credit id; amount |
/// | reported | 128 | count | mismatch id (32 bytes), digest (32 bytes) |
/// | groups | 32 | count | name |
/// | heights | 256 | count | node, height |
/// | salt | 1024 | once | 16 random bytes, where people wrote something |
///
/// Numbers, texts, nodes and times are as `BodyWriter` writes them. The key of the item is not in the body: its node is node
/// 0, and an entry under its reference does not repeat that. A leg's name has a number when it is that of a movement which the
/// item tells of, see `UsualLeg`.
///
/// A new field takes a new flag: bodies without it are read as before, and a version that does not know it refuses the body.
/// Any other change takes a new format.
final class ItemCodec {
    private static final int FORMAT = 1;

    // Most bodies need the first seven only, which take one byte.
    private static final int RECEIPTS = 1;
    private static final int PAYMENTS = 1 << 1;
    private static final int FORWARD = 1 << 2;
    private static final int ENTRIES = 1 << 3;
    private static final int LEGS = 1 << 4;
    private static final int GROUPS = 1 << 5;
    private static final int ALLOCATIONS = 1 << 6;
    private static final int REPORTED = 1 << 7;
    private static final int HEIGHTS = 1 << 8;
    private static final int RARE_PARTS = 1 << 9;
    private static final int SALT = 1 << 10;
    private static final int ALL = (1 << 11) - 1;

    /// Of a body that says nothing which people wrote.
    static final byte[] NO_SALT = {};

    private static final int IS_OPEN = 1;
    private static final int HAS_PROPOSAL = 1 << 1;

    private static final int DIGEST_BYTES = 32;

    private ItemCodec() {}

    /// What the database holds of an item.
    record Body(Item item, Effects effects) {}

    /// @param salt keeps the body's digest from telling whether somebody guesses what people wrote
    static byte[] encode(Item item, Effects effects, byte[] salt) {
        BodyWriter body = new BodyWriter();
        item.key().node().ifPresent(body::know);
        boolean isForward = item.facts().orElse(null) instanceof NodeFacts.Forward;
        boolean isRare = (item.facts().isPresent() && !isForward) || !item.decisions().isEmpty();
        body.number(FORMAT);
        body.number(
                (item.receipts().isEmpty() ? 0 : RECEIPTS)
                        | (item.payments().isEmpty() ? 0 : PAYMENTS)
                        | (isForward ? FORWARD : 0)
                        | (item.entries().isEmpty() ? 0 : ENTRIES)
                        | (item.allocations().isEmpty() ? 0 : ALLOCATIONS)
                        | (isRare ? RARE_PARTS : 0)
                        | (effects.legs().isEmpty() ? 0 : LEGS)
                        | (effects.reported().isEmpty() ? 0 : REPORTED)
                        | (effects.groups().isEmpty() ? 0 : GROUPS)
                        | (effects.heights().isEmpty() ? 0 : HEIGHTS)
                        | (salt.length == 0 ? 0 : SALT));
        writeItem(body, item);
        if (isRare) {
            byte[] rare = RareParts.encode(item).toByteArray();
            body.number(rare.length);
            body.raw(rare);
        }
        writeEffects(body, item, effects);
        body.raw(salt);
        return body.toBytes();
    }

    private static void writeItem(BodyWriter body, Item item) {
        writeCount(body, item.receipts().size());
        item.receipts()
                .forEach(
                        (node, receipt) -> {
                            body.node(node);
                            ItemParts.write(body, receipt);
                        });
        writeCount(body, item.payments().size());
        item.payments()
                .forEach(
                        (node, payment) -> {
                            body.node(node);
                            ItemParts.write(body, payment);
                        });
        if (item.facts().orElse(null) instanceof NodeFacts.Forward forward) {
            ItemParts.write(body, forward);
        }
        writeCount(body, item.entries().size());
        item.entries()
                .values()
                .forEach(entry -> ItemParts.write(body, item.key().reference(), entry));
        writeCount(body, item.allocations().size());
        item.allocations().forEach((group, one) -> write(body, group, one));
    }

    private static void write(BodyWriter body, String group, Allocation one) {
        body.text(group);
        body.number((one.isOpen() ? IS_OPEN : 0) | (one.proposal().isPresent() ? HAS_PROPOSAL : 0));
        body.signed(one.contributedMsat());
        body.signed(one.residueMsat());
        one.proposal().ifPresent(body::text);
    }

    private static void writeEffects(BodyWriter body, Item item, Effects effects) {
        if (!effects.legs().isEmpty()) {
            writeLegs(body, UsualLeg.of(item), effects.legs());
        }
        writeCount(body, effects.reported().size());
        for (Effects.Reported one : effects.reported()) {
            body.raw(one.mismatchId().toByteArray());
            body.raw(one.digest().toByteArray());
        }
        writeCount(body, effects.groups().size());
        effects.groups().forEach(body::text);
        writeCount(body, effects.heights().size());
        for (Height one : effects.heights()) {
            body.node(one.node());
            body.number(one.height());
        }
    }

    private static void writeLegs(BodyWriter body, List<UsualLeg> usual, List<Effects.Leg> legs) {
        writeCount(body, legs.size());
        int next = 0;
        for (Effects.Leg leg : legs) {
            int found = UsualLeg.find(usual, leg.name(), next);
            boolean isUsual = found >= 0 && usual.get(found).amountMsat() == leg.amountMsat();
            body.number(2 * (found + 1) + (isUsual ? 0 : 1));
            if (found >= 0) {
                next = found + 1;
            } else {
                body.text(leg.name());
            }
            body.number(leg.debitId());
            body.number(leg.creditId());
            if (!isUsual) {
                body.number(leg.amountMsat());
            }
        }
    }

    /// That there are none, the flags say.
    private static void writeCount(BodyWriter body, int count) {
        if (count > 0) {
            body.number(count);
        }
    }

    /// @throws IllegalStateException when it is not as `encode` wrote it
    static Body decode(ItemKey key, byte[] bytes) {
        try {
            BodyReader body = new BodyReader(bytes, FORMAT);
            key.node().ifPresent(body::know);
            int flags = body.flags(ALL);
            Item item = readItem(body, flags, key);
            Effects effects = readEffects(body, flags, item);
            if ((flags & SALT) != 0) {
                var _ = body.raw(Salts.BYTES);
            }
            body.end();
            return new Body(item, effects);
        } catch (IllegalArgumentException
                | DateTimeException
                | ArithmeticException
                | IndexOutOfBoundsException e) {
            throw new IllegalStateException(
                    "item %s: body with a value that cannot be (expected: what was written)"
                            .formatted(key.text()),
                    e);
        }
    }

    private static Item readItem(BodyReader body, int flags, ItemKey key) {
        SortedMap<NodeId, Receipt> receipts = mapOf(flags, RECEIPTS);
        for (int i = count(body, flags, RECEIPTS); i > 0; i--) {
            receipts.put(body.node(), ItemParts.receipt(body));
        }
        SortedMap<NodeId, Payment> payments = mapOf(flags, PAYMENTS);
        for (int i = count(body, flags, PAYMENTS); i > 0; i--) {
            payments.put(body.node(), ItemParts.payment(body));
        }
        Optional<NodeFacts> facts =
                (flags & FORWARD) == 0 ? Optional.empty() : Optional.of(ItemParts.forward(body));
        SortedMap<EntryKey, StandingEntry> entries = mapOf(flags, ENTRIES);
        for (int i = count(body, flags, ENTRIES); i > 0; i--) {
            StandingEntry standing = ItemParts.entry(body, key.reference());
            entries.put(
                    new EntryKey(standing.entry().source(), standing.entry().entryId()), standing);
        }
        SortedMap<String, Allocation> allocations = mapOf(flags, ALLOCATIONS);
        for (int i = count(body, flags, ALLOCATIONS); i > 0; i--) {
            allocations.put(body.text(), allocation(body));
        }
        SortedMap<String, Decision> decisions = mapOf(flags, RARE_PARTS);
        if ((flags & RARE_PARTS) != 0) {
            StoredRareParts rare = RareParts.parse(body.raw(body.count()));
            facts = facts.or(() -> RareParts.facts(rare));
            decisions.putAll(RareParts.decisions(rare));
        }
        return new Item(key, receipts, payments, facts, entries, decisions, allocations);
    }

    private static Allocation allocation(BodyReader body) {
        int flags = body.flags(IS_OPEN | HAS_PROPOSAL);
        return new Allocation(
                body.signed(),
                body.signed(),
                (flags & IS_OPEN) != 0,
                (flags & HAS_PROPOSAL) == 0 ? Optional.empty() : Optional.of(body.text()));
    }

    private static Effects readEffects(BodyReader body, int flags, Item item) {
        List<Effects.Leg> legs = (flags & LEGS) == 0 ? List.of() : legs(body, UsualLeg.of(item));
        List<Effects.Reported> reported = listOf(flags, REPORTED);
        for (int i = count(body, flags, REPORTED); i > 0; i--) {
            reported.add(new Effects.Reported(digest(body), digest(body)));
        }
        List<String> groups = listOf(flags, GROUPS);
        for (int i = count(body, flags, GROUPS); i > 0; i--) {
            groups.add(body.text());
        }
        List<Height> heights = listOf(flags, HEIGHTS);
        for (int i = count(body, flags, HEIGHTS); i > 0; i--) {
            heights.add(new Height(body.node(), (int) body.number()));
        }
        return new Effects(legs, reported, groups, heights);
    }

    private static List<Effects.Leg> legs(BodyReader body, List<UsualLeg> usual) {
        List<Effects.Leg> legs = new ArrayList<>();
        for (int i = body.count(); i > 0; i--) {
            long number = body.number();
            int index = Math.toIntExact(number >>> 1) - 1;
            UsualLeg leg = index < 0 ? new UsualLeg(body.text(), 0) : usual.get(index);
            legs.add(
                    new Effects.Leg(
                            leg.name(),
                            body.number(),
                            body.number(),
                            (number & 1) == 0 ? leg.amountMsat() : body.number()));
        }
        return legs;
    }

    private static ByteString digest(BodyReader body) {
        return ByteString.copyFrom(body.raw(DIGEST_BYTES));
    }

    /// Most parts that there may be are not there.
    private static <K extends Comparable<K>, V> SortedMap<K, V> mapOf(int flags, int part) {
        return (flags & part) == 0 ? Collections.emptySortedMap() : new TreeMap<>();
    }

    private static <T> List<T> listOf(int flags, int part) {
        return (flags & part) == 0 ? List.of() : new ArrayList<>();
    }

    private static int count(BodyReader body, int flags, int part) {
        return (flags & part) == 0 ? 0 : body.count();
    }
}
