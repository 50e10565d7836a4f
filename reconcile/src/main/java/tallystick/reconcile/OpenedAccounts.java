package tallystick.reconcile;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Opening;

/// What the ledger itself has posted to a node's accounts of all that happened up to a moment. Unit: msat.
///
/// @param pushedMsat what of it was pushed to open a channel, by channel point
record OpenedAccounts(
        Map<String, Long> channelsMsat, Map<String, Long> pushedMsat, long walletMsat) {
    OpenedAccounts {
        channelsMsat = Map.copyOf(channelsMsat);
        pushedMsat = Map.copyOf(pushedMsat);
    }

    /// @param items that have posted to the node's accounts
    /// @param points channel points of the node's channels, by short channel id
    static OpenedAccounts of(
            NodeId node,
            Opening opening,
            Collection<Item> items,
            Instant moment,
            Map<Long, String> points) {
        Map<String, Long> balances = new HashMap<>();
        Map<String, Long> pushes = new HashMap<>();
        long wallet = 0;
        for (Item item : items) {
            Item counted = opening.counted(item);
            if (opening.isBefore(item, counted)) {
                continue;
            }
            if (item.facts().orElse(null) instanceof ChainTx tx) {
                wallet = Math.addExact(wallet, walletMsat(tx, moment));
            }
            Item until = Opening.until(counted, moment);
            Postings.of(until, 0)
                    .forEach(
                            (leg, transfer) -> {
                                boolean isPush = leg.equals("push");
                                if (!(item.facts().orElse(null) instanceof Channel) || isPush) {
                                    add(balances, transfer);
                                }
                                if (isPush) {
                                    add(pushes, transfer);
                                }
                            });
        }
        Map<String, Long> channels = new HashMap<>();
        points.forEach(
                (chanId, point) ->
                        channels.merge(
                                point,
                                balances.getOrDefault(Account.channel(node, chanId).name(), 0L),
                                Math::addExact));
        String prefix = Account.channel(node, "").name();
        addByPoint(channels, balances, prefix);
        Map<String, Long> pushed = new HashMap<>();
        addByPoint(pushed, pushes, prefix);
        return new OpenedAccounts(channels, pushed, wallet);
    }

    private static void addByPoint(
            Map<String, Long> points, Map<String, Long> balances, String prefix) {
        balances.forEach(
                (account, balance) -> {
                    if (account.startsWith(prefix)) {
                        points.merge(account.substring(prefix.length()), balance, Math::addExact);
                    }
                });
    }

    /// In the wallet from when it was first seen until it was seen to be gone.
    private static long walletMsat(ChainTx tx, Instant moment) {
        if (!tx.isThereAt(moment)) {
            return 0;
        }
        return tx.looks().entrySet().stream()
                .filter(
                        one ->
                                !one.getKey().time().isAfter(moment)
                                        || !one.getValue().isAfter(moment))
                .map(Map.Entry::getKey)
                .filter(look -> look.standing() != ChainTx.Standing.GONE)
                .reduce((_, later) -> later)
                .map(look -> Math.multiplyExact(look.changeSat(), Msat.PER_SAT))
                .orElse(0L);
    }

    private static void add(Map<String, Long> balances, Transfer transfer) {
        balances.merge(transfer.debit().name(), transfer.amount().value(), Math::addExact);
        balances.merge(transfer.credit().name(), -transfer.amount().value(), Math::addExact);
    }

    /// What moved between, by channel point.
    Map<String, Long> since(OpenedAccounts before) {
        Map<String, Long> result = new HashMap<>(channelsMsat);
        before.channelsMsat.forEach((point, msat) -> result.merge(point, -msat, Math::addExact));
        result.values().removeIf(msat -> msat == 0);
        return result;
    }

    long pushedMsat(String point) {
        return pushedMsat.getOrDefault(point, 0L);
    }

    long channelMsat(String point) {
        return channelsMsat.getOrDefault(point, 0L);
    }
}
