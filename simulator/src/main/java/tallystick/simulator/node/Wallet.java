package tallystick.simulator.node;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tallystick.proto.lnrpc.WalletAccountBalance;
import tallystick.proto.lnrpc.WalletBalanceResponse;
import tallystick.simulator.node.SimTransaction.Input;
import tallystick.simulator.node.SimTransaction.Output;
import tallystick.simulator.node.SimTransaction.Sight;

/// The chain wallet: what it was paid, what it spent, what is leased. Belongs to the node's lock.
final class Wallet {
    /// An output of the wallet that nobody has spent.
    record Coin(String outpoint, long sats, boolean isConfirmed) {
        Input spent() {
            return new Input(outpoint, true, sats);
        }
    }

    private final Map<String, SimTransaction> listed = new LinkedHashMap<>();
    private final Set<String> leased = new TreeSet<>();

    void add(SimTransaction transaction) {
        if (transaction.sight != Sight.UNSEEN) {
            listed.put(transaction.txid, transaction);
        }
    }

    /// It was replaced: it is as if it had never been.
    void forget(SimTransaction transaction) {
        listed.remove(transaction.txid);
    }

    /// The order of lnd's list: those with the fewest confirmations first.
    List<SimTransaction> listed() {
        var all = new ArrayList<>(listed.values());
        all.sort(
                Comparator.comparingInt(
                        each ->
                                each.isConfirmed() && each.sight == Sight.SEEN
                                        ? -each.height
                                        : Integer.MIN_VALUE));
        return all;
    }

    /// Of a replaced transaction and its replacement it has both: that is how lnd counts too, while neither is confirmed.
    List<Coin> coins() {
        var spent = new HashSet<String>();
        for (SimTransaction each : listed.values()) {
            each.inputs.forEach(input -> spent.add(input.outpoint()));
        }
        var coins = new ArrayList<Coin>();
        for (SimTransaction each : listed.values()) {
            for (int i = 0; i < each.outputs.size(); i++) {
                Output output = each.outputs.get(i);
                if (output.isOurs() && !spent.contains(each.outpoint(i))) {
                    coins.add(new Coin(each.outpoint(i), output.sats(), each.isConfirmed()));
                }
            }
        }
        return coins;
    }

    /// Of the transaction that made it.
    String label(Coin coin) {
        return listed.values().stream()
                .filter(each -> coin.outpoint().startsWith(each.txid))
                .map(each -> each.label)
                .findFirst()
                .orElse("");
    }

    boolean isSpent(SimTransaction transaction) {
        return listed.values().stream()
                .flatMap(each -> each.inputs.stream())
                .anyMatch(input -> input.outpoint().startsWith(transaction.txid));
    }

    /// Confirmed, and not leased.
    List<Coin> free() {
        return coins().stream()
                .filter(coin -> coin.isConfirmed() && !leased.contains(coin.outpoint()))
                .toList();
    }

    void lease(String outpoint) {
        leased.add(outpoint);
    }

    void release(String outpoint) {
        leased.remove(outpoint);
    }

    Set<String> leased() {
        return leased;
    }

    /// A lease of a coin that was spent is shown until its spending is confirmed, and counted beside it.
    WalletBalanceResponse balance() {
        var values = new HashMap<String, Long>();
        for (SimTransaction each : listed.values()) {
            for (int i = 0; i < each.outputs.size(); i++) {
                values.put(each.outpoint(i), each.outputs.get(i).sats());
            }
        }
        long confirmed = 0;
        long unconfirmed = 0;
        for (Coin coin : coins()) {
            if (!leased.contains(coin.outpoint())) {
                confirmed += coin.isConfirmed() ? coin.sats() : 0;
                unconfirmed += coin.isConfirmed() ? 0 : coin.sats();
            }
        }
        long locked = leased.stream().mapToLong(each -> values.getOrDefault(each, 0L)).sum();
        return WalletBalanceResponse.newBuilder()
                .setTotalBalance(confirmed + unconfirmed)
                .setConfirmedBalance(confirmed)
                .setUnconfirmedBalance(unconfirmed)
                .putAccountBalance(
                        "default",
                        WalletAccountBalance.newBuilder()
                                .setConfirmedBalance(confirmed)
                                .setUnconfirmedBalance(unconfirmed)
                                .build())
                .setLockedBalance(locked)
                .build();
    }
}
