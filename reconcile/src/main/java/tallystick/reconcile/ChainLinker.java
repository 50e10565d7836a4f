package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.write.ChainRepository;
import tallystick.db.write.ChainRepository.End;
import tallystick.db.write.ChainRepository.Outpoint;
import tallystick.db.write.ChainRepository.Spend;
import tallystick.db.write.GroupRepository;
import tallystick.kafka.RecordKeys;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.chain.ChainGraph;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.Opening;

/// Finds out, before the items of a batch are decided, what its transactions and channels have to do with others of their
/// node, and takes those others into the batch. All of a node's lie in one partition number, so one worker holds them all.
final class ChainLinker {
    private static final Logger log = LoggerFactory.getLogger(ChainLinker.class);

    /// What is found must be whole, as links follow from all of it: no end of a channel takes so many transactions; where more hang
    /// together, that is said, and the rest is not looked at.
    private static final int RELATED_MAX = 10_000;

    private static final String REPLACED = "replaced/";

    private final ItemLoader loader;
    private final int partitions;
    private final Opening opening;
    private final ChainRepository chain = new ChainRepository();

    /// @param opening the moment from which the ledger counts
    ChainLinker(ItemLoader loader, int partitions, Opening opening) {
        this.loader = loader;
        this.opening = opening;
        this.partitions = partitions;
    }

    /// True for allocations that no group decides: the items of a batch are linked before they are decided.
    static boolean decidesAllocation(String group) {
        return group.startsWith(REPLACED);
    }

    /// Residue that goes from a transaction to the one that it replaced.
    record Move(ByteString from, ByteString to, int partition, String group, long msat) {}

    /// What was found, beside what the items themselves hold now.
    ///
    /// @param moves residue that is to be moved between items
    /// @param ended groups of channels that have ended, to be decided
    record Found(List<Move> moves, Collection<GroupRepository.Dirty> ended) {
        static final Found NOTHING = new Found(List.of(), List.of());
    }

    Found link(Connection connection, Work work) throws SQLException {
        SortedMap<NodeId, SortedSet<ItemKey>> touched = touched(work);
        if (touched.isEmpty()) {
            return Found.NOTHING;
        }
        note(connection, work, touched);
        List<Move> moves = new ArrayList<>();
        SortedMap<String, GroupRepository.Dirty> ended = new TreeMap<>();
        for (Map.Entry<NodeId, SortedSet<ItemKey>> one : touched.entrySet()) {
            Related related = new Related(connection, work, one.getKey());
            one.getValue().forEach(related::start);
            related.follow();
            related.apply(moves, ended);
        }
        return new Found(moves, ended.values());
    }

    /// Transactions and channels of which the batch says something.
    private static SortedMap<NodeId, SortedSet<ItemKey>> touched(Work work) {
        SortedMap<NodeId, SortedSet<ItemKey>> touched = new TreeMap<>();
        for (ByteString bytes : work.evidence.keySet()) {
            ItemKey key = work.item(bytes).item().key();
            if (key.reference() instanceof Reference.Tx
                    || key.reference() instanceof Reference.Channel) {
                touched.computeIfAbsent(key.node().orElseThrow(), _ -> new TreeSet<>()).add(key);
            }
        }
        return touched;
    }

    private void note(
            Connection connection, Work work, SortedMap<NodeId, SortedSet<ItemKey>> touched)
            throws SQLException {
        Set<Spend> spends = new HashSet<>();
        Set<End> ends = new HashSet<>();
        touched.forEach(
                (node, keys) ->
                        keys.forEach(
                                key -> {
                                    Item item = item(work, key);
                                    transaction(item)
                                            .ifPresent(tx -> spends.addAll(spends(node, key, tx)));
                                    channel(item)
                                            .ifPresent(one -> ends.addAll(ends(node, key, one)));
                                }));
        chain.add(connection, spends, ends);
    }

    private static List<Spend> spends(NodeId node, ItemKey key, ChainTx tx) {
        List<Spend> result = new ArrayList<>();
        tx.inputs()
                .forEach(
                        (text, isOurs) -> {
                            Outpoint outpoint = outpoint(text);
                            result.add(
                                    new Spend(
                                            node.pubkey(),
                                            outpoint.txid(),
                                            outpoint.index(),
                                            txid(key),
                                            isOurs));
                        });
        return result;
    }

    private static List<End> ends(NodeId node, ItemKey key, Channel channel) {
        return channel.close().txids().values().stream()
                .distinct()
                .map(txid -> new End(node.pubkey(), txid, point(key)))
                .toList();
    }

    private static Outpoint outpoint(String text) {
        int colon = text.lastIndexOf(':');
        return new Outpoint(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)));
    }

    private static Item item(Work work, ItemKey key) {
        return work.item(bytes(key)).item();
    }

    private static ByteString bytes(ItemKey key) {
        return ByteString.copyFrom(Digests.itemKey(key));
    }

    private static Optional<ChainTx> transaction(Item item) {
        return item.facts().filter(ChainTx.class::isInstance).map(ChainTx.class::cast);
    }

    private static Optional<Channel> channel(Item item) {
        return item.facts().filter(Channel.class::isInstance).map(Channel.class::cast);
    }

    private static String txid(ItemKey key) {
        return ((Reference.Tx) key.reference()).txid();
    }

    private static String point(ItemKey key) {
        return ((Reference.Channel) key.reference()).point();
    }

    /// Transactions and channels of one node that have to do with each other. One use.
    private final class Related {
        private final Connection connection;
        private final Work work;
        private final NodeId node;
        private final SortedSet<String> txids = new TreeSet<>();
        private final SortedSet<String> points = new TreeSet<>();
        private final Set<String> followed = new HashSet<>();

        Related(Connection connection, Work work, NodeId node) {
            this.connection = connection;
            this.work = work;
            this.node = node;
        }

        void start(ItemKey key) {
            if (key.reference() instanceof Reference.Tx) {
                txids.add(txid(key));
            } else {
                points.add(point(key));
            }
        }

        private ItemKey tx(String txid) {
            return ItemKey.of(node, new Reference.Tx(txid));
        }

        private ItemKey channelKey(String point) {
            return ItemKey.of(node, Reference.Channel.ofPoint(point));
        }

        /// Goes on until nothing more hangs together with what is known.
        void follow() throws SQLException {
            while (txids.size() + points.size() <= RELATED_MAX) {
                List<String> newTxids = txids.stream().filter(followed::add).toList();
                List<String> newPoints = points.stream().filter(followed::add).toList();
                if (newTxids.isEmpty() && newPoints.isEmpty()) {
                    return;
                }
                List<ItemKey> keys = new ArrayList<>();
                newTxids.forEach(txid -> keys.add(tx(txid)));
                newPoints.forEach(point -> keys.add(channelKey(point)));
                loader.loadNamed(connection, work, keys);
                followTransactions(newTxids);
                followChannels(newPoints);
            }
            log.atError()
                    .addKeyValue("node", node)
                    .addKeyValue("limit", RELATED_MAX)
                    .log("too many transactions hang together; the rest is not looked at");
        }

        /// Up to what a transaction spends, as far as that may be the end of a channel; down to what spends it; and aside to what
        /// spends the same.
        private void followTransactions(List<String> some) throws SQLException {
            Set<String> above = new HashSet<>(some);
            Set<String> below = new HashSet<>();
            Set<Outpoint> beside = new HashSet<>();
            for (String txid : some) {
                Optional<ChainTx> known = transaction(item(work, tx(txid)));
                if (known.isEmpty()) {
                    below.add(
                            txid); // The wallet need not see the transaction that closes a channel.
                    continue;
                }
                ChainTx tx = known.get();
                points.addAll(tx.openings().keySet());
                tx.inputs()
                        .forEach(
                                (text, isOurs) -> {
                                    beside.add(outpoint(text));
                                    if (!isOurs) {
                                        points.add(text); // Perhaps; most are of no channel.
                                    }
                                });
                if (tx.isOfClose()) {
                    below.add(txid);
                    above.addAll(ChainGraph.foreignParents(tx));
                    txids.addAll(ChainGraph.foreignParents(tx));
                }
            }
            points.addAll(chain.endedBy(connection, node.pubkey(), above));
            txids.addAll(chain.spenders(connection, node.pubkey(), below));
            txids.addAll(chain.spendersOf(connection, node.pubkey(), beside));
        }

        private void followChannels(List<String> some) throws SQLException {
            Set<Outpoint> spent = new HashSet<>();
            Set<String> closing = new HashSet<>();
            for (String point : some) {
                channel(item(work, channelKey(point)))
                        .ifPresent(
                                channel -> {
                                    spent.add(outpoint(point));
                                    closing.addAll(channel.close().txids().values());
                                    txids.add(outpoint(point).txid());
                                });
            }
            closing.addAll(chain.spendersOf(connection, node.pubkey(), spent));
            txids.addAll(closing);
            txids.addAll(chain.spenders(connection, node.pubkey(), closing));
        }

        void apply(List<Move> moves, SortedMap<String, GroupRepository.Dirty> ended) {
            SortedMap<String, ChainTx> transactions = new TreeMap<>();
            SortedMap<String, Channel> channels = new TreeMap<>();
            txids.forEach(
                    txid ->
                            transaction(item(work, tx(txid)))
                                    .ifPresent(one -> transactions.put(txid, one)));
            points.forEach(
                    point ->
                            channel(item(work, channelKey(point)))
                                    .ifPresent(one -> channels.put(point, one)));
            ChainGraph graph = new ChainGraph(transactions, channels);
            transactions.forEach(
                    (txid, one) -> {
                        ChainTx linked = one.with(graph.ofTransaction(txid));
                        if (!linked.equals(one)) {
                            change(tx(txid), item(work, tx(txid)).replacing(linked));
                        }
                    });
            channels.forEach(
                    (point, one) -> {
                        Channel linked =
                                one.with(
                                        new Channel.Links(
                                                graph.returns(point, opening),
                                                one.links().claim(),
                                                one.links().opened()));
                        ItemKey key = channelKey(point);
                        if (!linked.equals(one)) {
                            change(key, item(work, key).replacing(linked));
                        }
                        if (linked.isEnded() && work.changed.contains(bytes(key))) {
                            String group = EndedChannels.group(node, point);
                            ended.put(group, EndedChannels.dirty(group));
                        }
                    });
            transactions.keySet().forEach(txid -> takeOver(graph, txid, moves));
        }

        private void change(ItemKey key, Item changed) {
            ByteString bytes = bytes(key);
            work.put(bytes, work.item(bytes).with(changed));
            work.changed.add(bytes);
        }

        /// A replacement that nobody booked is told of with the transaction that it replaced, if that one is booked: its residue goes
        /// there.
        private void takeOver(ChainGraph graph, String txid, List<Move> moves) {
            Item item = item(work, tx(txid));
            long moved = transaction(item).map(ChainTx::movedMsat).orElse(0L);
            Optional<String> replaced =
                    moved == 0 || isBooked(item)
                            ? Optional.empty()
                            : graph.replacedBy(txid).stream()
                                    .filter(one -> isBooked(item(work, tx(one))))
                                    .findFirst();
            Set<String> before = new TreeSet<>();
            item.allocations().keySet().stream()
                    .filter(group -> group.startsWith(REPLACED))
                    .filter(group -> !group.equals(REPLACED + txid))
                    .forEach(group -> before.add(group.substring(REPLACED.length())));
            replaced.ifPresent(before::add);
            for (String other : before) {
                long should = replaced.filter(other::equals).isPresent() ? moved : 0;
                give(txid, other, should, moves);
            }
        }

        private void give(String from, String to, long should, List<Move> moves) {
            String group = REPLACED + to;
            Item giver = item(work, tx(from));
            Allocation present = giver.allocations().get(group);
            long more = Math.addExact(should, present == null ? 0 : present.residueMsat());
            if (more == 0) {
                return;
            }
            change(
                    tx(from),
                    giver.withAllocation(
                            group,
                            should == 0
                                    ? Optional.empty()
                                    : Optional.of(new Allocation(should, -should, false))));
            Item taker = item(work, tx(to));
            change(
                    tx(to),
                    taker.withAllocation(
                            group,
                            should == 0
                                    ? Optional.empty()
                                    : Optional.of(new Allocation(should, should, true))));
            work.moved.add(bytes(tx(from)));
            work.moved.add(bytes(tx(to)));
            moves.add(
                    new Move(
                            bytes(tx(from)),
                            bytes(tx(to)),
                            RecordKeys.partition(RecordKeys.of(node), partitions),
                            group,
                            more));
        }

        private static boolean isBooked(Item item) {
            return NetBooks.of(item.entries()).net().stream()
                    .anyMatch(entry -> entry.kind().movesValue());
        }
    }
}
