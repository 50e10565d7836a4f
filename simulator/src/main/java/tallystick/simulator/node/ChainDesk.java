package tallystick.simulator.node;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tallystick.proto.lnrpc.Transaction;
import tallystick.simulator.node.SimTransaction.Input;
import tallystick.simulator.node.SimTransaction.Output;
import tallystick.simulator.node.SimTransaction.Sight;
import tallystick.simulator.node.Wallet.Coin;

/// The chain as the node sees it: blocks, what waits to get into one, and the wallet. Belongs to the node's lock.
final class ChainDesk {
    private static final int FIRST_HEIGHT = 400;
    private static final long SEND_FEE = 765;
    private static final long CONSOLIDATION_FEE_PER_COIN = 310;
    private static final long CHILD_FEE = 2225;
    private static final long CHILD_FEE_BETTER = 10_012;
    private static final long MINERS_REST = 5_000_000_000L;
    private static final String EXTERNAL = "external";

    /// lnd's label of what it sweeps.
    static final String SWEEP = "0:sweep";

    private final World world;
    private final Wallet wallet = new Wallet();
    private final List<SimTransaction> mempool = new ArrayList<>();
    private final TreeMap<Integer, List<SimTransaction>> blocks = new TreeMap<>();
    private final Map<Integer, String> hashes = new LinkedHashMap<>();
    private int height = FIRST_HEIGHT;

    /// The last block that the wallet has taken.
    private int walletHeight = FIRST_HEIGHT;

    private String blockHash;
    private long blockTime;

    ChainDesk(World world) {
        this.world = world;
        blockHash = Bytes.hex(world.dice.hash());
        blockTime = world.clock.instant().getEpochSecond();
    }

    int height() {
        return height;
    }

    String blockHash() {
        return blockHash;
    }

    long blockTime() {
        return blockTime;
    }

    Wallet wallet() {
        return wallet;
    }

    /// Its place in its block; 0 is the miner's.
    int position(SimTransaction transaction) {
        return blocks.getOrDefault(transaction.height, List.of()).indexOf(transaction) + 1;
    }

    boolean hasWaiting() {
        return !mempool.isEmpty();
    }

    /// Whether the wallet has all blocks.
    boolean isSynced() {
        return walletHeight == height;
    }

    void walletCatchesUp() {
        walletHeight = height;
    }

    /// What the wallet lists: nothing of the blocks that it lacks.
    List<SimTransaction> listed() {
        return wallet.listed().stream()
                .filter(each -> isSynced() || each.height <= walletHeight)
                .toList();
    }

    // --- transactions

    /// @param streamedLabel what lnd calls it in the moment of its first message
    void broadcast(SimTransaction transaction, String streamedLabel) {
        mempool.add(transaction);
        wallet.add(transaction);
        if (transaction.sight != Sight.UNSEEN) {
            world.feeds.transaction(message(transaction, streamedLabel));
            world.changed(Truth.Kind.TRANSACTION, transaction.txid, "UNCONFIRMED");
        }
    }

    Transaction message(SimTransaction transaction) {
        return message(transaction, transaction.label);
    }

    private Transaction message(SimTransaction transaction, String label) {
        return transaction.message(height, label, world.withUnknownField());
    }

    SimTransaction deposit(long sats) {
        var transaction =
                newTransaction(
                        List.of(new Input(Bytes.hex(world.dice.hash()) + ":0", false, 0)),
                        shuffled(Output.ours(sats), Output.theirs(MINERS_REST - sats)),
                        "");
        broadcast(transaction, "");
        return transaction;
    }

    /// Empty when the wallet has not enough.
    Optional<SimTransaction> send(long sats) {
        return inputs(sats + SEND_FEE)
                .map(
                        inputs -> {
                            var transaction =
                                    newTransaction(
                                            inputs,
                                            outputs(inputs, Output.theirs(sats), SEND_FEE),
                                            EXTERNAL);
                            broadcast(transaction, EXTERNAL);
                            return transaction;
                        });
    }

    /// Empty when there is nothing to put together.
    Optional<SimTransaction> consolidate() {
        List<Coin> coins = wallet.free();
        long sum = coins.stream().mapToLong(Coin::sats).sum();
        long fee = CONSOLIDATION_FEE_PER_COIN * coins.size();
        if (coins.size() < 2 || sum <= fee + SimChannel.DUST) {
            return Optional.empty();
        }
        var transaction =
                newTransaction(
                        coins.stream().map(Coin::spent).toList(),
                        List.of(Output.ours(sum - fee)),
                        EXTERNAL);
        broadcast(transaction, "");
        return Optional.of(transaction);
    }

    /// A child pays for its unconfirmed parent, and a better one takes its place. Empty when there is no parent. Sweeps are
    /// none, since they can be replaced themselves.
    Optional<SimTransaction> childPays() {
        Optional<Coin> parent =
                wallet.coins().stream()
                        .filter(coin -> !coin.isConfirmed() && coin.sats() > 2 * CHILD_FEE_BETTER)
                        .filter(coin -> !wallet.label(coin).equals(SWEEP))
                        .findFirst();
        return parent.map(
                coin -> {
                    childOf(coin, CHILD_FEE);
                    return childOf(coin, CHILD_FEE_BETTER);
                });
    }

    private SimTransaction childOf(Coin coin, long fee) {
        var child =
                newTransaction(
                        List.of(coin.spent()), List.of(Output.ours(coin.sats() - fee)), SWEEP);
        broadcast(child, "");
        return child;
    }

    /// The transaction that opens a channel of ours. Its coins stay leased until it is confirmed. Empty when the wallet has
    /// not enough.
    Optional<SimTransaction> fund(String txid, long capacity, long fee) {
        return inputs(capacity + fee)
                .map(
                        inputs -> {
                            var funding =
                                    new SimTransaction(
                                            txid,
                                            inputs,
                                            outputs(inputs, Output.script(capacity), fee),
                                            Sight.SEEN,
                                            "0:openchannel",
                                            world.nodeSeconds());
                            inputs.forEach(input -> wallet.lease(input.outpoint()));
                            broadcast(funding, "");
                            return funding;
                        });
    }

    SimTransaction newTransaction(List<Input> inputs, List<Output> outputs, String label) {
        return new SimTransaction(
                Bytes.hex(world.dice.hash()),
                inputs,
                outputs,
                Sight.SEEN,
                label,
                world.nodeSeconds());
    }

    private Optional<List<Input>> inputs(long needed) {
        var inputs = new ArrayList<Input>();
        long sum = 0;
        for (Coin coin : wallet.free()) {
            if (sum >= needed + SimChannel.DUST) {
                break;
            }
            inputs.add(coin.spent());
            sum += coin.sats();
        }
        return sum >= needed + SimChannel.DUST ? Optional.of(inputs) : Optional.empty();
    }

    private List<Output> outputs(List<Input> inputs, Output paid, long fee) {
        long change = inputs.stream().mapToLong(Input::sats).sum() - paid.sats() - fee;
        return shuffled(paid, Output.ours(change));
    }

    private List<Output> shuffled(Output first, Output second) {
        return world.dice.coin() ? List.of(first, second) : List.of(second, first);
    }

    /// Takes the smallest free coin, so that what it pays does not matter. Empty when there is none.
    Optional<Coin> coinForFee(long fee) {
        return wallet.free().stream()
                .filter(coin -> coin.sats() > fee + SimChannel.DUST)
                .findFirst();
    }

    // --- blocks

    void mine() {
        height++;
        blockHash = Bytes.hex(world.dice.hash());
        blockTime = world.clock.instant().getEpochSecond();
        List<SimTransaction> taken = takeFromMempool();
        blocks.put(height, taken);
        hashes.put(height, blockHash);
        taken.forEach(this::confirm);
        if (!world.springs(Trap.UNSYNCED)) {
            walletCatchesUp();
        }
        world.closings.onBlock();
        world.channels.onBlock();
    }

    /// Of two that spend the same, the later one pays more.
    private List<SimTransaction> takeFromMempool() {
        var taken = new ArrayList<SimTransaction>();
        for (SimTransaction each : List.copyOf(mempool)) {
            boolean isReplaced =
                    mempool.subList(mempool.indexOf(each) + 1, mempool.size()).stream()
                            .anyMatch(each::conflictsWith);
            if (isReplaced) {
                wallet.forget(each);
                world.changed(Truth.Kind.TRANSACTION, each.txid, "REPLACED");
            } else {
                taken.add(each);
            }
            mempool.remove(each);
        }
        return taken;
    }

    private void confirm(SimTransaction transaction) {
        transaction.height = height;
        transaction.blockHash = blockHash;
        transaction.blockTime = blockTime;
        transaction.inputs.forEach(input -> wallet.release(input.outpoint()));
        if (transaction.sight == Sight.SEEN) {
            world.feeds.transaction(message(transaction));
            world.changed(Truth.Kind.TRANSACTION, transaction.txid, "CONFIRMED " + blockHash);
        }
    }

    /// The last blocks are replaced by others, one more than before. Transactions go where they were, save deposits and
    /// sends, which are put off to the last block.
    void reorganize(int depth) {
        int from = Math.max(FIRST_HEIGHT, height - depth) + 1;
        var late = new ArrayList<SimTransaction>();
        for (int at = from; at <= height; at++) {
            blockHash = Bytes.hex(world.dice.hash());
            hashes.put(at, blockHash);
            var kept = new ArrayList<SimTransaction>();
            for (SimTransaction each : blocks.getOrDefault(at, List.of())) {
                if (canBePutOff(each)) {
                    late.add(each);
                } else {
                    kept.add(each);
                }
            }
            blocks.put(at, kept);
        }
        late.forEach(
                each -> {
                    each.height = 0;
                    world.changed(Truth.Kind.TRANSACTION, each.txid, "UNCONFIRMED");
                });
        mempool.addAll(0, late);
        tellAgain(from);
        mine();
    }

    private boolean canBePutOff(SimTransaction transaction) {
        return transaction.sight == Sight.SEEN
                && (transaction.label.isEmpty() || transaction.label.equals(EXTERNAL))
                && !wallet.isSpent(transaction);
    }

    private void tellAgain(int from) {
        for (int at = from; at <= height; at++) {
            for (SimTransaction each : blocks.getOrDefault(at, List.of())) {
                each.blockHash = hashes.getOrDefault(at, "");
                if (each.sight == Sight.SEEN) {
                    world.feeds.transaction(message(each));
                    world.changed(Truth.Kind.TRANSACTION, each.txid, "CONFIRMED " + each.blockHash);
                }
            }
        }
    }
}
