package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.ChainRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.kafka.RecordKeys;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Postings;
import tallystick.ledger.item.Channel;
import tallystick.ledger.mismatch.RuleSet;

/// Moves what was in channels that have ended to limbo, and tells the channel's item how much it was. What was in a channel is
/// what its account holds: receipts and payments under other keys, in any partition number, put it there, and may do so still.
final class EndedChannels {
    private static final String PREFIX = "close/";

    private final RuleSet rules;
    private final List<Integer> partitions;
    private final Awaited awaited;
    private final Accounts.Known accounts;
    private final CoverageBook coverageBook = new CoverageBook();
    private final ChainRepository chain = new ChainRepository();
    private final GroupRepository groups = new GroupRepository();
    private final BatchRepository batches = new BatchRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final PositionRepository positions = new PositionRepository();
    private final TransferRepository transfers = new TransferRepository();
    private final ItemLoader loader = new ItemLoader(new ItemRepository());

    EndedChannels(
            RuleSet rules, List<Integer> partitions, Awaited awaited, Accounts.Known accounts) {
        this.rules = rules;
        this.partitions = partitions;
        this.awaited = awaited;
        this.accounts = accounts;
    }

    /// The group that stands for one channel's end.
    static String group(NodeId node, String point) {
        return PREFIX + node + '/' + point;
    }

    static boolean isOne(String group) {
        return group.startsWith(PREFIX);
    }

    /// To be decided at once.
    static GroupRepository.Dirty dirty(String group) {
        return new GroupRepository.Dirty(group, Instant.EPOCH, null, null);
    }

    private static ItemKey key(String group) {
        int slash = group.lastIndexOf('/');
        return ItemKey.of(
                new NodeId(group.substring(PREFIX.length(), slash)),
                Reference.Channel.ofPoint(group.substring(slash + 1)));
    }

    private int partition(ItemKey key) {
        return RecordKeys.partition(RecordKeys.of(key), partitions.size());
    }

    /// Decides those of the given groups that are dirty and held by nobody. Returns how many there were.
    int decide(Connection connection, Collection<String> due, Instant now) throws SQLException {
        Set<Integer> held = new TreeSet<>();
        due.forEach(group -> held.add(partition(key(group))));
        positions.lock(connection, held);
        List<String> taken = groups.take(connection, due);
        if (taken.isEmpty()) {
            return 0;
        }
        // Read before the balances: what it covers is then in them.
        coverageBook.load(connection, partitions);
        Work work = new Work(batches.nextBatchId(connection), "group", now, held);
        Settlement settlement =
                new Settlement(rules, work.batchId, now, register, accounts, awaited);
        Map<String, ItemKey> keys = new TreeMap<>();
        taken.forEach(group -> keys.put(group, key(group)));
        loader.loadNamed(connection, work, keys.values());
        List<GroupRepository.Dirty> later = new ArrayList<>();
        for (Map.Entry<String, ItemKey> one : keys.entrySet()) {
            decide(connection, work, settlement, one.getKey(), one.getValue())
                    .ifPresent(later::add);
        }
        settlement.complete(connection, work);
        var _ = settlement.write(connection, work);
        groups.markDirty(connection, later);
        if (!settlement.isEmpty()) {
            batches.append(connection, work.batchId, work.cause, now, 0);
        }
        return taken.size();
    }

    /// Returns when it is to be decided again, though nothing came: once all is read up to the end of the close.
    private Optional<GroupRepository.Dirty> decide(
            Connection connection, Work work, Settlement settlement, String group, ItemKey key)
            throws SQLException {
        ByteString bytes = ByteString.copyFrom(Digests.itemKey(key));
        Work.Loaded loaded = work.item(bytes);
        if (!(loaded.item().facts().orElse(null) instanceof Channel channel)
                || !channel.isEnded()) {
            return Optional.empty();
        }
        NodeId node = key.node().orElseThrow();
        String point = ((Reference.Channel) key.reference()).point();
        Set<Long> watched = accounts(connection, node, point, channel);
        chain.watch(connection, watched, group);
        long held = Math.addExact(chain.balance(connection, watched), moved(loaded, watched));
        boolean isRead =
                coverageBook
                        .everywhere(partitions)
                        .movementsUntil(node)
                        .filter(until -> !until.isBefore(channel.resolvedAt()))
                        .isPresent();
        boolean isWhole = channel.isResolved() && isRead;
        Channel told =
                channel.with(
                        new Channel.Links(
                                channel.links().returns(),
                                Optional.of(
                                        new Channel.Claim(
                                                held,
                                                isWhole
                                                        ? Optional.of(channel.resolvedAt())
                                                        : Optional.empty())),
                                channel.links().opened()));
        if (!told.equals(channel)) {
            loaded = loaded.with(loaded.item().replacing(told));
            work.put(bytes, loaded);
            int partition = partition(key);
            settlement.decide(bytes, loaded, partition, coverageBook.of(partition), work);
        }
        return channel.isResolved() && !isRead
                ? Optional.of(
                        new GroupRepository.Dirty(
                                group, Instant.EPOCH, node.pubkey(), channel.resolvedAt()))
                : Optional.empty();
    }

    /// What of it was moved to limbo before. Unit: msat.
    private static long moved(Work.Loaded loaded, Set<Long> channelAccounts) {
        return loaded.effects().legs().stream()
                .filter(leg -> leg.name().equals(Postings.LIMBO))
                .mapToLong(
                        leg ->
                                channelAccounts.contains(leg.creditId())
                                        ? leg.amountMsat()
                                        : -leg.amountMsat())
                .sum();
    }

    /// The accounts under which something may be posted to the channel, now or later.
    private Set<Long> accounts(Connection connection, NodeId node, String point, Channel channel)
            throws SQLException {
        Set<String> names = new TreeSet<>();
        names.add(Account.channel(node, point).name());
        Set<Long> chanIds = new HashSet<>(channel.chanIds());
        chanIds.addAll(chain.chanIds(connection, node.pubkey(), point));
        chanIds.forEach(id -> names.add(Account.channel(node, id).name()));
        Map<String, Long> ids = new TreeMap<>(transfers.accountIds(connection, names));
        names.removeAll(ids.keySet());
        if (!names.isEmpty()) {
            ids.putAll(transfers.makeAccounts(connection, names));
        }
        return new HashSet<>(ids.values());
    }
}
