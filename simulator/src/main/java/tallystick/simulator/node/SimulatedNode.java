package tallystick.simulator.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.lnrpc.GetStateResponse;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.routerrpc.TrackPaymentRequest;
import tallystick.proto.routerrpc.TrackPaymentsRequest;
import tallystick.simulator.node.Wallet.Coin;
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.NodeCalls;
import tallystick.simulator.server.NodeServer;
import tallystick.simulator.server.Rpc;

/// A lnd that lives from a seed. It listens on loopback, with TLS and a macaroon, and says what lnd would say. Nothing in
/// it moves by itself: its time is the world's, which goes on with each step. The same seed and the same calls of these
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

    private static final long START_MILLIS = 150;
    private static final int STEPS_TO_END = 400;
    private static final long FLUSH_SECONDS = 16;
    private static final long FILL_SEED = 0x510e527fade682d1L;
    private static final long MSAT = 1000;
    private static final long SPARE_SATS = 1_000_000;
    private static final int OPENING_BLOCKS = 3;
    private static final Duration EXPIRED = Duration.ofDays(2);

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final World world;

    @GuardedBy("lock")
    private final RandomLife life;

    @GuardedBy("lock")
    private final Answers answers;

    private final Script script;
    private final NodeServer server;

    /// Lists that were asked for and are not answered yet.
    @GuardedBy("lock")
    private final List<Exchange> unanswered = new ArrayList<>();

    @GuardedBy("lock")
    private WalletState state = WalletState.SERVER_ACTIVE;

    @GuardedBy("lock")
    private boolean isListening;

    /// Peers come back only a moment after the node has started.
    @GuardedBy("lock")
    private boolean isJustStarted;

    @GuardedBy("lock")
    private final Map<String, Boolean> endedMeanwhile = new LinkedHashMap<>();

    /// Brings a node up, with its first channels open.
    public static SimulatedNode start(NodePlan plan) {
        var node = new SimulatedNode(plan);
        node.listen();
        return node;
    }

    /// A node that lives, though nobody can call it.
    static SimulatedNode withoutPort(NodePlan plan) {
        var node = new SimulatedNode(plan);
        node.locked(() -> node.isListening = true);
        return node;
    }

    private SimulatedNode(NodePlan plan) {
        world = new World(plan);
        script = new Script(world, lock);
        life = new RandomLife(world, script);
        answers = new Answers(world);
        life.settleIn(plan.channels());
        server =
                NodeServer.create(
                        plan.alias(),
                        plan.directory(),
                        plan.machineClock().instant(),
                        new Calls(),
                        null);
    }

    private void listen() {
        lock.lock();
        try {
            server.start();
            isListening = true;
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    private <T> T locked(Supplier<T> work) {
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

    /// The world's own time, from 2026-01-01T00:00:00Z on. The node's clock can differ from it.
    public InstantSource clock() {
        return world.clock;
    }

    /// How many calls have reached it, also those that it refused.
    public int callsSoFar() {
        return server.callsSoFar();
    }

    public WalletState state() {
        return locked(() -> state);
    }

    public Traps traps() {
        return locked(() -> world.traps());
    }

    public void traps(Traps set) {
        locked(() -> world.traps(set));
    }

    /// To make particular things happen.
    public Script script() {
        return script;
    }

    // --- life

    /// One happening, told to those who follow. While the node is down, the world goes on without it; what ended meanwhile
    /// it learns after its next start.
    public void step() {
        boolean hasGoneDown =
                locked(
                        () -> {
                            boolean goesDown = false;
                            if (state != WalletState.SERVER_ACTIVE || !isListening) {
                                stepWithoutNode();
                            } else if (isJustStarted) {
                                peersComeBack();
                            } else if (world.springs(Trap.RESTARTS)) {
                                goDown(world.trapDice.coin());
                                goesDown = true;
                            } else {
                                life.step();
                            }
                            return goesDown;
                        });
        if (hasGoneDown) {
            server.stop(GOODBYE); // Not with the lock held: those who are cut off may want it.
        }
    }

    @GuardedBy("lock")
    private void stepWithoutNode() {
        if (isListening && isStarting()) {
            advanceStart();
            return;
        }
        life.stepWithoutNode();
        for (SimPayment payment : List.copyOf(world.payments.underWay())) {
            if (world.dice.below(10) == 0) {
                endedMeanwhile.putIfAbsent(payment.hash, world.dice.coin());
            }
        }
        if (world.has(Trap.RESTARTS)) {
            if (isListening) {
                unlock();
            } else {
                startUp(world.has(Trap.WALLET_LOCKED));
            }
        }
    }

    @GuardedBy("lock")
    private void peersComeBack() {
        isJustStarted = false;
        world.pass(START_MILLIS);
        world.channels.open().forEach(world.channels::tellActive);
        var ended = Map.copyOf(endedMeanwhile);
        endedMeanwhile.keySet().stream()
                .sorted()
                .forEach(hash -> script.endPayment(hash, ended.getOrDefault(hash, Boolean.FALSE)));
        endedMeanwhile.clear();
        world.invoices.expire();
    }

    /// What becomes of a payment under way while the node is down. It learns of it with the first step after its start.
    public void endPaymentMeanwhile(String hash, boolean isSettled) {
        locked(() -> endedMeanwhile.put(hash, isSettled));
    }

    /// A long history at once: so many settled invoices and so many payments that succeeded, over a channel of their own,
    /// told to nobody. They cost next to no memory.
    public void fill(int invoices, int payments) {
        locked(() -> fill(invoices, payments, world.dice.positive()));
    }

    @GuardedBy("lock")
    private void fill(int invoices, int payments, long seed) {
        long received = 0;
        for (int i = 0; i < invoices; i++) {
            received += FilledInvoices.msat(seed, i);
        }
        long sent = 0;
        for (int i = 0; i < payments; i++) {
            long msat = FilledPayments.msat(seed, i);
            sent += msat + FilledPayments.feeMsat(msat);
        }
        long ours = sent / MSAT + SPARE_SATS;
        Peer peer = world.peers.getFirst();
        SimChannel channel =
                world.channels.openByPeer(peer, (ours + received / MSAT + SPARE_SATS) * 2, ours);
        script.mine(OPENING_BLOCKS);
        if (invoices > 0) {
            world.invoices.fill(
                    new FilledInvoices(
                            new FilledInvoices.Common(
                                    seed,
                                    invoices,
                                    world.nodeNanos(),
                                    channel.chanId,
                                    channel.nextIncoming,
                                    world.invoices.lastSettle() + 1,
                                    world.chain.height()),
                            world.invoices.lastAdd() + 1));
        }
        if (payments > 0) {
            world.payments.fill(
                    new FilledPayments(
                            new FilledPayments.Common(
                                    seed ^ FILL_SEED,
                                    payments,
                                    world.nodeNanos(),
                                    channel.chanId,
                                    world.payments.lastAttempt() + 1,
                                    world.chain.height(),
                                    peer.pubkey(),
                                    world.newPubkey()),
                            world.payments.lastIndex() + 1));
        }
        channel.ours += received - sent;
        channel.theirs += sent - received;
        channel.receivedMsat += received;
        channel.sentMsat += sent;
        channel.nextIncoming += invoices;
        channel.nextOutgoing += payments;
        channel.updates += 2L * invoices + 2L * payments;
        world.clock.advance(
                Duration.ofNanos(FilledInvoices.nanos(Math.max(invoices, payments) + 1)));
    }

    /// So many open invoices at once, told to nobody. They cost next to no memory.
    public void fillOpen(int invoices) {
        locked(
                () ->
                        world.invoices.fill(
                                new FilledInvoices(
                                        new FilledInvoices.Common(
                                                world.dice.positive(),
                                                invoices,
                                                world.nodeNanos(),
                                                0,
                                                0,
                                                0,
                                                world.chain.height()),
                                        world.invoices.lastAdd() + 1)));
    }

    /// Ends everything that can end: what is held, in flight, hidden, leased, unconfirmed, closing or unpaid. The node is up
    /// afterwards.
    public void settleAll() {
        locked(
                () -> {
                    comeUp();
                    while (world.payments.hasHidden()) {
                        world.payments.showHidden();
                    }
                    world.invoices.incomplete().forEach(world.invoices::giveBackParts);
                    world.invoices.accepted().forEach(world.invoices::settle);
                    script.endForwards(true);
                    List.copyOf(world.payments.underWay())
                            .forEach(payment -> script.endPayment(payment.hash, true));
                    List.copyOf(world.chain.wallet().leased())
                            .forEach(world.chain.wallet()::release);
                    endOnChain();
                    script.pass(EXPIRED);
                    world.invoices.cancelFilled();
                    world.clock.advance(Duration.ofSeconds(FLUSH_SECONDS));
                });
    }

    @GuardedBy("lock")
    private void comeUp() {
        if (!isListening) {
            startUp(false);
        }
        while (state != WalletState.SERVER_ACTIVE) {
            if (state == WalletState.LOCKED) {
                unlock();
            } else {
                advanceStart();
            }
        }
        if (isJustStarted) {
            peersComeBack();
        }
    }

    @GuardedBy("lock")
    private void endOnChain() {
        for (int i = 0; i < STEPS_TO_END && isMoving(); i++) {
            world.pass(START_MILLIS);
            world.chain.mine();
            if (world.chain.wallet().free().isEmpty()) {
                world.chain.deposit(SPARE_SATS); // Something has to pay for the steps of HTLCs.
            }
        }
        if (isMoving()) {
            throw new IllegalStateException(
                    "chain: %d closing (expected: none after %d blocks)"
                            .formatted(world.closings.all().size(), STEPS_TO_END));
        }
    }

    @GuardedBy("lock")
    private boolean isMoving() {
        return world.chain.hasWaiting()
                || !world.channels.pending().isEmpty()
                || !world.closings.all().isEmpty();
    }

    // --- faults

    /// lnd's own shutdown: its streams end, each in its way, then the port refuses.
    public void stop() {
        locked(() -> goDown(false));
        server.stop(GOODBYE);
    }

    /// Gone at once.
    public void kill() {
        locked(() -> goDown(true));
        server.close();
    }

    @GuardedBy("lock")
    private void goDown(boolean isKilled) {
        isListening = false;
        state = WalletState.WAITING_TO_START;
        unanswered.clear();
        if (isKilled || world.has(Trap.NO_GOODBYE)) {
            world.channels.open().forEach(channel -> channel.isActive = false);
            world.feeds.cut();
        } else {
            world.channels.open().forEach(world.channels::tellInactive);
            world.feeds.sayGoodbye();
        }
        world.changed(Truth.Kind.NODE, world.pubkey, isKilled ? "KILLED" : "STOPPED");
    }

    /// Starts it again, up to the locked wallet or all the way. With the trap of slow starts each step goes one state
    /// further. What ended while it was down it learns with the first step afterwards.
    public void startUp(boolean isLocked) {
        locked(
                () -> {
                    if (isListening) {
                        throw new IllegalStateException(
                                "start of %s: it is up (expected: down)".formatted(alias()));
                    }
                    world.payments.started();
                    state = WalletState.WAITING_TO_START;
                    server.start();
                    isListening = true;
                    become(isLocked ? WalletState.LOCKED : WalletState.UNLOCKED);
                    runOnUnlessSlow();
                });
    }

    public void unlock() {
        locked(
                () -> {
                    if (state == WalletState.LOCKED) {
                        become(WalletState.UNLOCKED);
                        runOnUnlessSlow();
                    }
                });
    }

    @GuardedBy("lock")
    private void runOnUnlessSlow() {
        while (isStarting() && !world.has(Trap.SLOW_START)) {
            advanceStart();
        }
    }

    @GuardedBy("lock")
    private boolean isStarting() {
        return state == WalletState.UNLOCKED || state == WalletState.RPC_ACTIVE;
    }

    @GuardedBy("lock")
    private void advanceStart() {
        if (state == WalletState.UNLOCKED) {
            become(WalletState.RPC_ACTIVE);
        } else {
            become(WalletState.SERVER_ACTIVE);
            isJustStarted = true;
            long now = world.nodeSeconds();
            world.channels.open().forEach(channel -> channel.watchedSince = now);
        }
    }

    @GuardedBy("lock")
    private void become(WalletState next) {
        state = next;
        world.feeds.state(next);
        world.changed(Truth.Kind.NODE, world.pubkey, next.name());
    }

    /// The network breaks: all streams and unanswered calls with it. The node lives on.
    public void cutStreams() {
        locked(
                () -> {
                    world.feeds.cut();
                    unanswered.forEach(
                            each ->
                                    each.abort(
                                            Status.UNAVAILABLE.withDescription(
                                                    "connection reset by peer")));
                    unanswered.clear();
                });
    }

    // --- history that changes

    /// The native SQL store takes over: add indexes and payment indexes without gaps, new settle indexes from 1 again.
    public void migrateToSql() {
        locked(
                () -> {
                    world.invoices.migrateToSql();
                    world.payments.migrateToSql();
                    world.changed(Truth.Kind.NODE, world.pubkey, "MIGRATED");
                });
    }

    /// The node comes back from its seed: the same identity, no history, all indexes from 1 again. Its channels are closed
    /// by their peers; the wallet is found again on the chain.
    public void restoreFromSeed() {
        locked(
                () -> {
                    List<SimChannel> lost = script.usable();
                    lost.forEach(
                            channel -> channel.htlcs.forEach(htlc -> returnHome(channel, htlc)));
                    lost.forEach(channel -> channel.htlcs.clear());
                    world.invoices.forget();
                    world.payments.forget();
                    world.channels.forget();
                    world.closings.forgetHtlcs();
                    world.facts.forget();
                    endedMeanwhile.clear();
                    lost.forEach(channel -> world.closings.force(channel, false));
                    world.changed(Truth.Kind.NODE, world.pubkey, "RESTORED");
                });
    }

    private static void returnHome(SimChannel channel, SimHtlc htlc) {
        if (htlc.isIncoming()) {
            channel.theirs += htlc.msat();
        } else {
            channel.ours += htlc.msat();
        }
    }

    public void deleteCanceledInvoices() {
        locked(world.invoices::deleteCanceled);
    }

    public void deleteFailedPayments() {
        locked(world.payments::deleteFailed);
    }

    /// All that have ended.
    public void deleteAllPayments() {
        locked(world.payments::deleteAll);
    }

    /// The last blocks are replaced by others.
    public void reorg(int depth) {
        locked(() -> world.chain.reorganize(depth));
    }

    // --- truth

    public Truth truth() {
        return locked(this::gatherTruth);
    }

    @GuardedBy("lock")
    private Truth gatherTruth() {
        var invoices = new LinkedHashMap<String, Invoice>();
        world.invoices
                .shelf()
                .all()
                .forEachRemaining(each -> invoices.put(each.key(), world.invoices.message(each)));
        var payments = new LinkedHashMap<String, Payment>();
        world.payments
                .shelf()
                .all()
                .forEachRemaining(each -> payments.put(each.hash, world.payments.message(each)));
        var channels = new LinkedHashMap<String, Channel>();
        world.channels
                .open()
                .forEach(each -> channels.put(each.point(), world.channels.message(each)));
        List<ForwardingEvent> forwards =
                world.channels.forwards().stream().map(ChannelDesk.Told::event).toList();
        var transactions = new LinkedHashMap<String, Transaction>();
        world.chain
                .wallet()
                .listed()
                .forEach(each -> transactions.put(each.txid, world.chain.message(each)));
        return new Truth(
                invoices,
                payments,
                channels,
                world.channels.closed(),
                forwards,
                transactions,
                world.facts.deletedInvoices,
                world.facts.deletedPayments,
                world.invoices.sets(),
                world.facts.changes(),
                world.facts::wasSent);
    }

    /// What a list call would answer now.
    ByteString answer(String rpc, ByteString request) throws StatusException {
        lock.lock();
        try {
            return answers.answer(rpc, request);
        } finally {
            lock.unlock();
        }
    }

    /// A digest of everything that was told so far, in its order.
    long told() {
        return locked(world.feeds::told);
    }

    List<Coin> coins() {
        return locked(() -> world.chain.wallet().coins());
    }

    @Override
    public void close() {
        locked(
                () -> {
                    isListening = false;
                    world.feeds.cut();
                });
        server.close();
    }

    // --- calls

    private final class Calls implements NodeCalls {
        @Override
        public Optional<Status> refusal(String rpc) {
            return locked(() -> refusalNow(rpc));
        }

        @Override
        public void open(Exchange exchange) {
            lock.lock();
            try {
                opened(exchange);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void canceledByClient(Exchange exchange) {
            locked(
                    () -> {
                        world.feeds.leave(exchange);
                        unanswered.remove(exchange);
                    });
        }
    }

    /// lnd has texts for these, and no codes.
    @GuardedBy("lock")
    private Optional<Status> refusalNow(String rpc) {
        if (!isListening) {
            return Optional.of(Status.UNAVAILABLE.withDescription("failed to connect"));
        }
        if (Rpc.needsNoMacaroon(rpc)) {
            return Optional.empty();
        }
        return switch (state) {
            case RPC_ACTIVE, SERVER_ACTIVE, UNRECOGNIZED -> Optional.empty();
            case WAITING_TO_START -> refused("waiting to start, RPC services not available");
            case NON_EXISTING ->
                    refused("wallet not created, create one to enable full RPC access");
            case LOCKED -> refused("wallet locked, unlock it to enable full RPC access");
            case UNLOCKED ->
                    refused(
                            "the RPC server is in the process of starting up, but not yet ready to"
                                    + " accept calls");
        };
    }

    private static Optional<Status> refused(String text) {
        return Optional.of(Status.UNKNOWN.withDescription(text));
    }

    @GuardedBy("lock")
    private void opened(Exchange exchange) {
        Optional<Status> refusal = refusalNow(exchange.rpc());
        if (refusal.isPresent()) {
            exchange.close(refusal.get());
            return;
        }
        try {
            switch (exchange.rpc()) {
                case Rpc.SUBSCRIBE_STATE -> world.feeds.followState(exchange, state);
                case Rpc.GET_STATE ->
                        exchange.reply(
                                GetStateResponse.newBuilder()
                                        .setState(state)
                                        .build()
                                        .toByteString());
                case Rpc.SUBSCRIBE_INVOICES -> followInvoices(exchange);
                case Rpc.TRACK_PAYMENTS -> followPayments(exchange);
                case Rpc.TRACK_PAYMENT_V2 -> followPayment(exchange);
                case Rpc.SUBSCRIBE_CHANNEL_EVENTS -> world.feeds.followChannels(exchange);
                case Rpc.SUBSCRIBE_TRANSACTIONS -> world.feeds.followTransactions(exchange);
                default -> answerList(exchange);
            }
        } catch (StatusException e) {
            exchange.close(e.getStatus());
        }
    }

    @GuardedBy("lock")
    private void followInvoices(Exchange exchange) throws StatusException {
        InvoiceSubscription from = Answers.parse(InvoiceSubscription.parser(), exchange.request());
        world.feeds.followInvoices(exchange, from, world.invoices.backlog(from));
    }

    @GuardedBy("lock")
    private void followPayments(Exchange exchange) throws StatusException {
        boolean isWithoutUnderWay =
                Answers.parse(TrackPaymentsRequest.parser(), exchange.request())
                        .getNoInflightUpdates();
        List<Payment> underWay =
                world.payments.underWay().stream().map(world.payments::message).toList();
        world.feeds.followPayments(exchange, isWithoutUnderWay, underWay.reversed());
    }

    @GuardedBy("lock")
    private void followPayment(Exchange exchange) throws StatusException {
        TrackPaymentRequest request =
                Answers.parse(TrackPaymentRequest.parser(), exchange.request());
        SimPayment payment =
                world.payments
                        .byHash(Bytes.hex(request.getPaymentHash()))
                        .orElseThrow(
                                () ->
                                        Status.NOT_FOUND
                                                .withDescription("payment isn't initiated")
                                                .asException());
        world.feeds.followPayment(
                exchange,
                world.payments.message(payment),
                payment.isOver(),
                request.getNoInflightUpdates());
    }

    @GuardedBy("lock")
    private void answerList(Exchange exchange) throws StatusException {
        boolean isList = exchange.rpc().startsWith("/lnrpc.Lightning/List");
        if (isList && world.has(Trap.SILENT_LISTS)) {
            unanswered.add(exchange);
        } else if (isList && world.has(Trap.SLOW_LISTS)) {
            unanswered.add(exchange);
            CompletableFuture.delayedExecutor(
                            world.traps().measure(Trap.SLOW_LISTS), TimeUnit.MILLISECONDS)
                    .execute(() -> answerLate(exchange));
        } else {
            answerNow(exchange);
        }
    }

    private void answerLate(Exchange exchange) {
        lock.lock();
        try {
            if (unanswered.remove(exchange)) {
                answerNow(exchange);
            }
        } catch (StatusException e) {
            exchange.close(e.getStatus());
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void answerNow(Exchange exchange) throws StatusException {
        exchange.reply(world.noted(answers.answer(exchange.rpc(), exchange.request())));
    }
}
