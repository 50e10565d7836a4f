package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.NodeCalls;
import tallystick.simulator.server.NodeServer;

/// A lnd that lives from a seed. It listens on loopback, with TLS and a macaroon, and says what lnd would say. Nothing in
/// it moves by itself: its time is the world's, which goes on with each step (or, by its plan, is the machine's). The same seed and the same calls of these
/// methods give the same bytes. Any thread.
///
/// ```java
/// try (SimulatedNode node = SimulatedNode.start(NodePlan.of("alice", 42, directory))) {
///     node.step();
/// }
/// ```
public final class SimulatedNode implements AutoCloseable {
    /// Time for the last messages to leave.
    private static final Duration GOODBYE = Duration.ofMillis(200);

    private final ReentrantLock lock = new ReentrantLock();
    private final World world;
    private final LivingNode living;
    private final Script script;
    private final NodeServer server;
    private final Map<String, Runnable> afterAnswers = new ConcurrentHashMap<>();

    /// Brings a node up, with its first channels open.
    public static SimulatedNode start(NodePlan plan) {
        SimulatedNode node = withoutPort(plan);
        node.server.start();
        return node;
    }

    /// A node that lives, though nobody can call it.
    static SimulatedNode withoutPort(NodePlan plan) {
        var node = new SimulatedNode(plan);
        node.run(node.living::listening);
        return node;
    }

    private SimulatedNode(NodePlan plan) {
        world = new World(plan);
        script = new Script(world, lock);
        living = new LivingNode(world, script, lock, this::openPort);
        server =
                NodeServer.create(
                        plan.alias(),
                        plan.directory(),
                        plan.machineClock().instant(),
                        new Calls(),
                        null);
    }

    private void openPort() {
        server.start();
    }

    private void run(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    private <T> T get(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    // --- address

    public String alias() {
        return world.plan.alias();
    }

    /// Its identity, in hex.
    public String pubkey() {
        return world.pubkey;
    }

    public String host() {
        return NodeServer.HOST;
    }

    /// The same over all restarts.
    public int port() {
        return server.port();
    }

    public Path tlsCertificate() {
        return server.tlsCertificate();
    }

    public Path macaroon() {
        return server.macaroon();
    }

    /// As lnd names it.
    public String network() {
        return Answers.NETWORK;
    }

    /// The world's own time. The node's clock can differ from it.
    public InstantSource clock() {
        return world.clock;
    }

    /// How many calls have reached it, also those that it refused.
    public int callsSoFar() {
        return server.callsSoFar();
    }

    public WalletState state() {
        return get(living::state);
    }

    /// Whether its port takes calls, in whatever state it is.
    public boolean isListening() {
        return get(living::isListening);
    }

    public Traps traps() {
        return get(world::traps);
    }

    public void traps(Traps set) {
        run(() -> world.setTraps(set));
    }

    /// To make particular things happen.
    public Script script() {
        return script;
    }

    /// Has something happen, once, between the next answer to such a call and whatever is asked after it.
    public void afterAnswer(String rpc, Runnable happening) {
        run(() -> afterAnswers.put(rpc, happening));
    }

    // --- life

    /// One happening, told to those who follow. While the node is down, the world goes on without it; what ended meanwhile
    /// it learns after its next start.
    public void step() {
        if (get(living::step)) {
            server.stop(GOODBYE); // Not with the lock held: those who are cut off may want it.
        }
    }

    /// What becomes of a payment under way while the node is down. It learns of it with the first step after its start.
    public void endPaymentMeanwhile(String hash, boolean isSettled) {
        run(() -> living.endPaymentMeanwhile(hash, isSettled));
    }

    /// A long history at once: so many settled invoices and so many payments that succeeded, over a channel of their own,
    /// told to nobody. They cost next to no memory.
    public void fill(int invoices, int payments) {
        run(() -> living.fill(invoices, payments));
    }

    /// So many open invoices at once, told to nobody. They cost next to no memory.
    public void fillOpen(int invoices) {
        run(() -> living.fillOpen(invoices));
    }

    /// Ends everything that can end: what is held, in flight, hidden, leased, unconfirmed, closing or unpaid. The node is up
    /// afterwards.
    public void settleAll() {
        run(living::settleAll);
    }

    // --- faults

    /// lnd's own shutdown: its streams end, each in its way, then the port refuses.
    public void stop() {
        run(() -> living.goDown(false));
        server.stop(GOODBYE);
    }

    /// Gone at once.
    public void kill() {
        run(() -> living.goDown(true));
        // What was cut is to arrive as such: to calls that are under way the server would say that
        // it cancelled them.
        server.stop(GOODBYE);
    }

    /// Starts it again, up to the locked wallet or all the way. With the trap of slow starts each step goes one state
    /// further. What ended while it was down it learns with the first step afterwards.
    public void startUp(boolean isLocked) {
        run(() -> living.startUp(isLocked));
    }

    public void unlock() {
        run(living::unlock);
    }

    /// The network breaks: all streams and unanswered calls with it. The node lives on.
    public void cutStreams() {
        run(living::cutStreams);
    }

    // --- history that changes

    /// The native SQL store takes over: add indexes and payment indexes without gaps, new settle indexes from 1 again.
    public void migrateToSql() {
        run(living::migrateToSql);
    }

    /// The node comes back from its seed: the same identity, no history, all indexes from 1 again. Its channels are closed
    /// by their peers; the wallet is found again on the chain.
    public void restoreFromSeed() {
        run(living::restoreFromSeed);
    }

    public void deleteCanceledInvoices() {
        run(world.invoices::deleteCanceled);
    }

    public void deleteFailedPayments() {
        run(world.payments::deleteFailed);
    }

    /// All that have ended.
    public void deleteAllPayments() {
        run(world.payments::deleteAll);
    }

    /// The last blocks are replaced by others.
    public void reorg(int depth) {
        run(() -> world.chain.reorganize(depth));
    }

    // --- truth

    public Truth truth() {
        return get(living::truth);
    }

    /// What a list call would answer now.
    ByteString answer(String rpc, ByteString request) throws StatusException {
        lock.lock();
        try {
            return living.answer(rpc, request);
        } finally {
            lock.unlock();
        }
    }

    /// What one who followed the invoices from there would hear first.
    List<ByteString> backlog(InvoiceSubscription from) {
        return get(
                () -> {
                    var messages = new ArrayList<ByteString>();
                    world.invoices.backlog(from).forEachRemaining(messages::add);
                    return messages;
                });
    }

    /// Lets somebody hear everything that is told from now on, whether or not anybody follows.
    public void listen(Listener listener) {
        run(() -> world.feeds.listen(listener));
    }

    /// A digest of everything that was told so far, in its order.
    long told() {
        return get(world.feeds::told);
    }

    @Override
    public void close() {
        run(living::closed);
        server.close();
    }

    private final class Calls implements NodeCalls {
        @Override
        public Optional<Status> refusal(String rpc) {
            return get(() -> living.refusal(rpc));
        }

        @Override
        public void open(Exchange exchange) {
            run(
                    () -> {
                        living.open(exchange);
                        Runnable then = afterAnswers.remove(exchange.rpc());
                        if (then != null) {
                            then.run();
                        }
                    });
        }

        @Override
        public void canceledByClient(Exchange exchange) {
            run(() -> living.canceledByClient(exchange));
        }
    }
}
