package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.OpeningRepository;
import tallystick.db.write.ProofRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Opening;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.proof.NodeAccounts;
import tallystick.ledger.proof.Standstill;
import tallystick.ledger.proof.UnconfirmedTx;
import tallystick.proto.v1.InvoiceRecord;

/// What the ledger holds for a node, now and at moments not long ago: the accounts as they stand, less what moved them since. What
/// counts is when it happened, and not when it became known. One thread.
final class HeldAccounts {
    /// More items than these are not held in memory: after so many, only the accounts as they stand are known.
    static final int ITEMS_MAX = 10_000;

    /// How far the clocks of the ledger and of its nodes may lie apart.
    static final Duration SKEW_MAX = Duration.ofMinutes(1);

    /// Postgres cuts readings' moments to microseconds.
    private static final Duration CUT = Duration.ofNanos(999);

    private final NodeId node;
    private final Opening opening;
    private final NodeAccounts now;
    private final List<UnconfirmedTx> unconfirmed;
    private final Optional<Moved> moved;
    private final Map<Long, String> aliases;
    private final Optional<OpenedAccounts> posted;

    /// By the moment of the reading.
    private final Map<Instant, NodeAccounts> known = new HashMap<>();

    private HeldAccounts(
            NodeId node,
            Opening opening,
            NodeAccounts now,
            List<UnconfirmedTx> unconfirmed,
            Optional<Moved> moved,
            Map<Long, String> aliases) {
        this.node = node;
        this.opening = opening;
        this.now = now;
        this.unconfirmed = List.copyOf(unconfirmed);
        this.moved = moved;
        this.aliases = Map.copyOf(aliases);
        this.posted = moved.map(since -> posted(since.items(), Instant.MAX));
    }

    /// What moved lately.
    ///
    /// @param seenAt of what lnd tells in the very second of a moment that is asked for: when a receipt was first seen settled, and a
    ///     transaction first seen
    private record Moved(List<Item> items, Map<ItemKey, Instant> seenAt) {
        Moved {
            items = List.copyOf(items);
            seenAt = Map.copyOf(seenAt);
        }

        boolean isSeen(Item item, Instant moment) {
            return !seenAt.getOrDefault(item.key(), Instant.MAX).isAfter(moment);
        }

        List<ChainTx> transactions() {
            return items.stream()
                    .map(item -> item.facts().orElse(null))
                    .filter(ChainTx.class::isInstance)
                    .map(ChainTx.class::cast)
                    .toList();
        }
    }

    /// @param connection reads in one snapshot
    /// @param moments that are asked for, in order
    static HeldAccounts read(
            Connection connection, NodeId node, Opening opening, List<Instant> moments)
            throws SQLException {
        ProofRepository proofs = new ProofRepository();
        Optional<List<byte[]>> keys =
                proofs.movedSince(connection, node, moments.getFirst().minus(SKEW_MAX), ITEMS_MAX);
        return new HeldAccounts(
                node,
                opening,
                proofs.accounts(connection, node),
                proofs.unconfirmed(connection, node),
                keys.isEmpty()
                        ? Optional.empty()
                        : Optional.of(moved(connection, node, keys.get(), moments)),
                new OpeningRepository().aliases(connection, node));
    }

    private static Moved moved(
            Connection connection, NodeId node, List<byte[]> keys, List<Instant> moments)
            throws SQLException {
        List<Item> items = new ArrayList<>();
        Map<ByteString, Item> inSecond = new HashMap<>();
        for (var body : new ItemRepository().loadNamed(connection, keys)) {
            ItemKey key = ItemKey.parse(body.keyText());
            Item item = ItemCodec.decode(key, body.stored().body()).item();
            items.add(item);
            if (moments.stream().anyMatch(moment -> isUnclear(item, node, endOf(moment)))) {
                inSecond.put(ByteString.copyFrom(body.stored().key()), item);
            }
        }
        Set<Long> seconds =
                moments.stream().map(Instant::getEpochSecond).collect(Collectors.toSet());
        Map<ItemKey, Instant> seenAt = new HashMap<>();
        List<byte[]> unclear = inSecond.keySet().stream().map(ByteString::toByteArray).toList();
        for (var told : new ProofRepository().told(connection, node, unclear)) {
            Item item = requireNonNull(inSecond.get(ByteString.copyFrom(told.itemKey())));
            if (item.facts().isPresent() || isSettledIn(told.bytes(), seconds)) {
                seenAt.merge(item.key(), told.observedAt(), (a, b) -> a.isBefore(b) ? a : b);
            }
        }
        return new Moved(items, seenAt);
    }

    /// lnd tells receipts and transactions in whole seconds.
    private static boolean isUnclear(Item item, NodeId node, Instant moment) {
        return isReceivedIn(item, node, moment.getEpochSecond())
                || (item.facts().orElse(null) instanceof ChainTx tx && tx.isUnclearAt(moment));
    }

    private static boolean isReceivedIn(Item item, NodeId node, long second) {
        Receipt receipt = item.receipts().get(node);
        return receipt != null
                && receipt.htlcs().values().stream().anyMatch(htlc -> htlc.resolvedAt() == second);
    }

    private static boolean isSettledIn(byte @Nullable [] invoice, Set<Long> seconds) {
        if (invoice == null) {
            return false; // In an archive.
        }
        try {
            return InvoiceRecord.parseFrom(invoice).getHtlcsList().stream()
                    .anyMatch(htlc -> seconds.contains(htlc.getResolvedAt()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("record: unreadable (expected: decoded before)", e);
        }
    }

    /// Until when what was seen is in a reading: to the end of its microsecond.
    static Instant endOf(Instant reading) {
        return reading.plus(CUT);
    }

    /// Transactions of the node's wallet that are not confirmed now.
    List<UnconfirmedTx> unconfirmed() {
        return unconfirmed;
    }

    /// The accounts as they stand.
    NodeAccounts now() {
        return now;
    }

    /// The accounts as they stood when the node was read. Where too much moved since, as they stand.
    NodeAccounts at(Instant reading) {
        return moved.map(since -> known.computeIfAbsent(reading, _ -> at(endOf(reading), since)))
                .orElse(now);
    }

    private NodeAccounts at(Instant moment, Moved since) {
        Instant before = moment.truncatedTo(ChronoUnit.SECONDS).minusNanos(1);
        List<Item> later = new ArrayList<>();
        List<Item> others = new ArrayList<>();
        for (Item item : since.items()) {
            boolean isLater =
                    isReceivedIn(item, node, moment.getEpochSecond())
                            && !since.isSeen(item, moment);
            (isLater ? later : others).add(item);
        }
        Map<String, Long> moved = posted.orElseThrow().since(posted(others, moment));
        posted(later, before)
                .channelsMsat()
                .forEach((point, msat) -> moved.merge(point, -msat, Math::addExact));
        return now.less(moved, openedAfter(since.items(), moment), ofWallet(since, moment));
    }

    private OpenedAccounts posted(Collection<Item> items, Instant until) {
        return OpenedAccounts.of(node, opening, items, until, aliases);
    }

    private static Set<String> openedAfter(Collection<Item> items, Instant moment) {
        Set<String> result = new HashSet<>();
        for (Item item : items) {
            if (item.facts().orElse(null) instanceof Channel channel
                    && item.key().reference() instanceof Reference.Channel point
                    && channel.openSeenAt().filter(at -> at.isAfter(moment)).isPresent()) {
                result.add(point.point());
            }
        }
        return result;
    }

    private long ofWallet(Moved since, Instant moment) {
        long later = 0;
        for (Item item : since.items()) {
            if (item.facts().orElse(null) instanceof ChainTx tx
                    && !opening.isBefore(item, opening.counted(item))) {
                long then = tx.changeSatAt(moment, since.isSeen(item, moment));
                long sat = Math.subtractExact(tx.changeSat(), then);
                later = Math.addExact(later, Math.multiplyExact(sat, Msat.PER_SAT));
            }
        }
        return later;
    }

    /// What did not move since the node was read; empty when that is not known.
    Optional<Standstill> since(Instant reading) {
        return moved.map(
                since -> {
                    List<ChainTx> changed =
                            since.transactions().stream()
                                    .filter(
                                            tx ->
                                                    tx.isUnconfirmedAt(endOf(reading))
                                                            && tx.standing()
                                                                    != ChainTx.Standing.UNCONFIRMED)
                                    .toList();
                    return new Standstill(
                            reading,
                            at(reading),
                            isTold(changed, since.transactions()),
                            !changed.isEmpty());
                });
    }

    /// False when one that is unconfirmed, or was, spends what another spends: the node counts both, or counted them.
    private boolean isTold(List<ChainTx> changed, List<ChainTx> all) {
        if (unconfirmed.stream()
                .anyMatch(one -> unconfirmed.stream().anyMatch(one::conflictsWith))) {
            return false;
        }
        for (ChainTx tx : changed) {
            Set<String> spent = new HashSet<>();
            all.stream()
                    .filter(other -> !other.equals(tx))
                    .forEach(other -> spent.addAll(other.inputs().keySet()));
            unconfirmed.forEach(other -> spent.addAll(other.outpoints()));
            if (!Collections.disjoint(spent, tx.inputs().keySet())) {
                return false;
            }
        }
        return true;
    }
}
