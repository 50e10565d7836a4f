package tallystick.reconcile;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.ChainRepository;
import tallystick.db.write.ChainRepository.ChannelOf;
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
        List<Ending> endings = new ArrayList<>();
        keys.forEach((group, key) -> ending(work, group, key).ifPresent(endings::add));
        Map<String, Set<Long>> watched = accounts(connection, endings);
        chain.watch(connection, watched);
        Map<Long, Long> balances = chain.balances(connection, union(watched));
        List<GroupRepository.Dirty> later = new ArrayList<>();
        for (Ending one : endings) {
            Set<Long> own = requireNonNull(watched.get(one.group()));
            long inside =
                    own.stream()
                            .mapToLong(id -> balances.getOrDefault(id, 0L))
                            .reduce(moved(one.loaded(), own), Math::addExact);
            decide(work, settlement, one, inside).ifPresent(later::add);
        }
        settlement.complete(connection, work);
        var _ = settlement.write(connection, work);
        groups.markDirty(connection, later);
        if (!settlement.isEmpty()) {
            batches.append(connection, work.batchId, work.cause, now, 0);
        }
        return taken.size();
    }

    /// A channel that has ended.
    private record Ending(
            String group, ItemKey key, ByteString bytes, Work.Loaded loaded, Channel channel) {
        NodeId node() {
            return key.node().orElseThrow();
        }

        String point() {
            return ((Reference.Channel) key.reference()).point();
        }
    }

    private static Optional<Ending> ending(Work work, String group, ItemKey key) {
        ByteString bytes = ByteString.copyFrom(Digests.itemKey(key));
        Work.Loaded loaded = work.item(bytes);
        return loaded.item()
                .facts()
                .filter(Channel.class::isInstance)
                .map(Channel.class::cast)
                .filter(Channel::isEnded)
                .map(channel -> new Ending(group, key, bytes, loaded, channel));
    }

    /// Returns when it is to be decided again, though nothing came: once all is read up to the end of the close.
    ///
    /// @param inside what was in the channel. Unit: msat
    private Optional<GroupRepository.Dirty> decide(
            Work work, Settlement settlement, Ending ending, long inside) {
        Channel channel = ending.channel();
        NodeId node = ending.node();
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
                                                inside,
                                                isWhole
                                                        ? Optional.of(channel.resolvedAt())
                                                        : Optional.empty())),
                                channel.links().opened()));
        if (!told.equals(channel)) {
            Work.Loaded loaded = ending.loaded().with(ending.loaded().item().replacing(told));
            work.put(ending.bytes(), loaded);
            int partition = partition(ending.key());
            settlement.decide(ending.bytes(), loaded, partition, coverageBook.of(partition), work);
        }
        return channel.isResolved() && !isRead
                ? Optional.of(
                        new GroupRepository.Dirty(
                                ending.group(), Instant.EPOCH, node.pubkey(), channel.resolvedAt()))
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

    /// The accounts under which something may be posted to each channel, now or later, by group.
    private Map<String, Set<Long>> accounts(Connection connection, List<Ending> endings)
            throws SQLException {
        Map<String, Set<String>> names = names(connection, endings);
        Set<String> unknown = union(names);
        Map<String, Long> ids = new HashMap<>(transfers.accountIds(connection, unknown));
        unknown.removeAll(ids.keySet());
        if (!unknown.isEmpty()) {
            ids.putAll(transfers.makeAccounts(connection, unknown));
        }
        Map<String, Set<Long>> result = new TreeMap<>();
        names.forEach(
                (group, own) ->
                        result.put(
                                group,
                                own.stream()
                                        .map(name -> requireNonNull(ids.get(name), name))
                                        .collect(toSet())));
        return result;
    }

    private Map<String, Set<String>> names(Connection connection, List<Ending> endings)
            throws SQLException {
        Map<ChannelOf, Set<Long>> aliases =
                chain.chanIds(connection, endings.stream().map(EndedChannels::channelOf).toList());
        Map<String, Set<String>> result = new TreeMap<>();
        for (Ending one : endings) {
            Set<String> names = new TreeSet<>();
            names.add(Account.channel(one.node(), one.point()).name());
            Stream.of(one.channel().chanIds(), aliases.getOrDefault(channelOf(one), Set.of()))
                    .flatMap(Collection::stream)
                    .forEach(id -> names.add(Account.channel(one.node(), id).name()));
            result.put(one.group(), names);
        }
        return result;
    }

    private static ChannelOf channelOf(Ending ending) {
        return new ChannelOf(ending.node().pubkey(), ending.point());
    }

    private static <T> Set<T> union(Map<String, Set<T>> byGroup) {
        return byGroup.values().stream()
                .flatMap(Collection::stream)
                .collect(toCollection(TreeSet::new));
    }
}
