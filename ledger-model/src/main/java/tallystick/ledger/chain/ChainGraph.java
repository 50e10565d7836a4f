package tallystick.ledger.chain;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.ChainTx.Replacement;
import tallystick.ledger.item.ChainTx.Standing;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Return;
import tallystick.ledger.item.Opening;

/// Transactions and channels of one node that have to do with each other. Says what follows from all of them together; pure,
/// and independent of the order in which they became known.
///
/// The transactions of a close (set R of equation E7 in docs/accounting.md): the closing transaction, and every transaction that
/// the node labels as of a close and that spends, as not its own, an output of one of them.
public final class ChainGraph {
    private final SortedMap<String, ChainTx> transactions;
    private final SortedMap<String, Channel> channels;

    /// Outpoints, and what spends them.
    private final Map<String, SortedSet<String>> spenders = new HashMap<>();

    /// By txid, what spends its outputs.
    private final Map<String, SortedSet<String>> children = new HashMap<>();

    /// By txid, the channels whose end it belongs to.
    private final Map<String, SortedSet<String>> ends = new HashMap<>();

    /// @param transactions by txid; all that spend an output of a close that is among them
    /// @param channels by channel point; all that a transaction among them ends
    public ChainGraph(Map<String, ChainTx> transactions, Map<String, Channel> channels) {
        this.transactions = new TreeMap<>(transactions);
        this.channels = new TreeMap<>(channels);
        this.transactions.forEach(
                (txid, tx) ->
                        tx.inputs()
                                .forEach(
                                        (outpoint, isOurs) -> {
                                            add(spenders, outpoint, txid);
                                            if (!isOurs) {
                                                add(children, txidOf(outpoint), txid);
                                            }
                                        }));
        this.channels.forEach(this::follow);
    }

    private static void add(Map<String, SortedSet<String>> map, String key, String value) {
        map.computeIfAbsent(key, _ -> new TreeSet<>()).add(value);
    }

    /// The transaction that made an output.
    public static String txidOf(String outpoint) {
        return outpoint.substring(0, outpoint.lastIndexOf(':'));
    }

    /// Goes from the transactions that close a channel to all that spend their outputs.
    private void follow(String point, Channel channel) {
        Deque<String> next = new ArrayDeque<>(closing(point, channel));
        while (!next.isEmpty()) {
            String txid = next.remove();
            SortedSet<String> of = ends.computeIfAbsent(txid, _ -> new TreeSet<>());
            if (of.add(point)) {
                children.getOrDefault(txid, Collections.emptySortedSet()).stream()
                        .filter(this::isOfClose)
                        .forEach(next::add);
            }
        }
    }

    /// Those that the node named, and those that spend the channel's own output: no other can.
    private Set<String> closing(String point, Channel channel) {
        Set<String> result = new TreeSet<>(channel.close().txids().values());
        result.addAll(spenders.getOrDefault(point, Collections.emptySortedSet()));
        return result;
    }

    private boolean isOfClose(String txid) {
        ChainTx tx = transactions.get(txid);
        return tx != null && tx.isOfClose();
    }

    /// What the transaction has to do with others.
    public ChainTx.Links ofTransaction(String txid) {
        ChainTx tx = transactions.getOrDefault(txid, NOTHING);
        return new ChainTx.Links(returns(txid, tx), failed(tx), replacement(txid, tx));
    }

    private static final ChainTx NOTHING =
            new ChainTx(
                    Collections.emptySortedMap(),
                    Collections.emptySortedMap(),
                    "",
                    Collections.emptySortedMap(),
                    Collections.emptySortedMap(),
                    Collections.emptySortedMap(),
                    ChainTx.Links.NONE);

    /// What of its change belongs to which channel. A sweep may bring home several: then by the value of what it spends of each.
    private SortedMap<String, Long> returns(String txid, ChainTx tx) {
        SortedSet<String> of = ends.getOrDefault(txid, Collections.emptySortedSet());
        if (of.isEmpty() || !tx.isKnown()) {
            return Collections.emptySortedMap();
        }
        SortedMap<String, Long> weights = new TreeMap<>();
        of.forEach(point -> weights.put(point, spentSat(tx, point)));
        if (weights.values().stream().allMatch(weight -> weight == 0)) {
            weights.replaceAll((_, _) -> 1L);
        }
        return shares(tx.changeSat(), weights);
    }

    /// What it spends of the end of a channel, as far as that is known. Unit: sat.
    private long spentSat(ChainTx tx, String point) {
        long sum = 0;
        for (Map.Entry<String, Boolean> input : tx.inputs().entrySet()) {
            String outpoint = input.getKey();
            boolean isOfEnd =
                    ends.getOrDefault(txidOf(outpoint), Collections.emptySortedSet())
                            .contains(point);
            if (!input.getValue() && isOfEnd) {
                sum = Math.addExact(sum, valueSat(outpoint, point));
            }
        }
        return sum;
    }

    private long valueSat(String outpoint, String point) {
        Channel channel = channels.get(point);
        Channel.Resolution told =
                channel == null ? null : channel.close().resolutions().get(outpoint);
        if (told != null) {
            return told.amountSat();
        }
        int index = Integer.parseUnsignedInt(outpoint.substring(outpoint.lastIndexOf(':') + 1));
        return transactions
                .getOrDefault(txidOf(outpoint), NOTHING)
                .outputsSat()
                .getOrDefault(index, 0L);
    }

    /// Splits an amount by weights, to the last satoshi: what is left over goes to the heaviest.
    static SortedMap<String, Long> shares(long amount, SortedMap<String, Long> weights) {
        long whole = weights.values().stream().mapToLong(Long::longValue).sum();
        SortedMap<String, Long> result = new TreeMap<>();
        long left = amount;
        for (Map.Entry<String, Long> one : weights.entrySet()) {
            // Both may be large: the product of two sums of money needs not fit.
            long share =
                    BigInteger.valueOf(amount)
                            .multiply(BigInteger.valueOf(one.getValue()))
                            .divide(BigInteger.valueOf(whole))
                            .longValueExact();
            result.put(one.getKey(), share);
            left -= share;
        }
        String heaviest =
                weights.entrySet().stream()
                        .max(
                                Map.Entry.<String, Long>comparingByValue()
                                        .thenComparing(Map.Entry.comparingByKey()))
                        .orElseThrow()
                        .getKey();
        result.merge(heaviest, left, Math::addExact);
        return result;
    }

    private SortedSet<String> failed(ChainTx tx) {
        SortedSet<String> failed = new TreeSet<>();
        for (String point : tx.openings().keySet()) {
            Channel channel = channels.get(point);
            if (channel != null && channel.stage() == Channel.Stage.OPEN_FAILED) {
                failed.add(point);
            }
        }
        return failed;
    }

    private Optional<Replacement> replacement(String txid, ChainTx tx) {
        if (tx.isConfirmed()) {
            return Optional.empty();
        }
        return rivals(txid, tx)
                .filter(rival -> requireNonNull(transactions.get(rival)).isConfirmed())
                .map(
                        rival ->
                                new Replacement(
                                        rival,
                                        requireNonNull(transactions.get(rival)).look().time()))
                .min(comparing(Replacement::at).thenComparing(Replacement::txid));
    }

    /// Those that spend a coin that it spends, too.
    private Stream<String> rivals(String txid, ChainTx tx) {
        return tx.inputs().keySet().stream()
                .flatMap(outpoint -> requireNonNull(spenders.get(outpoint)).stream())
                .filter(other -> !other.equals(txid))
                .distinct();
    }

    /// The transactions whose place a confirmed one took, by txid.
    public List<String> replacedBy(String txid) {
        ChainTx tx = transactions.getOrDefault(txid, NOTHING);
        return rivals(txid, tx)
                .filter(
                        rival ->
                                replacement(rival, transactions.getOrDefault(rival, NOTHING))
                                        .filter(by -> by.txid().equals(txid))
                                        .isPresent())
                .sorted()
                .toList();
    }

    /// The transactions that bring home what was in the channel, where all that ever happened counts.
    public SortedMap<String, Return> returns(String point) {
        return returns(point, Opening.NONE);
    }

    /// The transactions that bring home what was in the channel.
    ///
    /// @param opening the moment from which the ledger counts
    public SortedMap<String, Return> returns(String point, Opening opening) {
        SortedMap<String, Return> result = new TreeMap<>();
        ends.forEach(
                (txid, of) -> {
                    ChainTx tx = transactions.get(txid);
                    boolean counts =
                            tx != null
                                    && of.contains(point)
                                    && tx.isKnown()
                                    && tx.standing() != Standing.GONE;
                    // What changes nothing in the wallet is listed without ever being confirmed.
                    if (tx != null && counts && (tx.changeSat() != 0 || tx.isConfirmed())) {
                        result.put(
                                txid,
                                new Return(
                                        returns(txid, tx).getOrDefault(point, 0L),
                                        tx.isConfirmed(),
                                        tx.look().time(),
                                        !opening.isBefore(tx)));
                    }
                });
        return result;
    }

    /// All that a transaction spends which is not the wallet's own, as txids.
    public static Set<String> foreignParents(ChainTx tx) {
        Set<String> parents = new HashSet<>();
        tx.inputs()
                .forEach(
                        (outpoint, isOurs) -> {
                            if (!isOurs) {
                                parents.add(txidOf(outpoint));
                            }
                        });
        return parents;
    }
}
