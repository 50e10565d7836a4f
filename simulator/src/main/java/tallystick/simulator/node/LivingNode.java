package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.Rpc;

/// A node that is up or down, with those who call it: what [SimulatedNode] does, without the lock that it does it under.
final class LivingNode {
    private static final long START_MILLIS = 150;
    private static final int BLOCKS_TO_END = 400;
    private static final long FLUSH_SECONDS = 16;
    private static final long FILL_SEED = 0x510e527fade682d1L;
    private static final long MSAT = 1000;
    private static final long SPARE_SATS = 1_000_000;
    private static final int OPENING_BLOCKS = 3;
    private static final int ENDS_MEANWHILE_ONE_IN = 10;
    private static final Duration EXPIRED = Duration.ofDays(2);

    private final World world;
    private final Script script;
    private final RandomLife life;
    private final Answers answers;
    private final ReentrantLock lock;
    private final Runnable port;

    /// Lists that were asked for and are not answered yet.
    private final List<Exchange> unanswered = new ArrayList<>();

    private final Map<String, Boolean> endedMeanwhile = new TreeMap<>();
    private WalletState state = WalletState.SERVER_ACTIVE;
    private boolean isListening;

    /// Peers come back only a moment after the node has started.
    private boolean isJustStarted;

    /// @param lock what is answered late is answered under it
    /// @param port begins to listen
    LivingNode(World world, Script script, ReentrantLock lock, Runnable port) {
        this.world = world;
        this.script = script;
        this.lock = lock;
        this.port = port;
        life = new RandomLife(world, script);
        answers = new Answers(world);
        life.settleIn(world.plan.channels());
        if (world.plan.isInRealTime()) {
            world.goOn();
        }
    }

    WalletState state() {
        return state;
    }

    boolean isListening() {
        return isListening;
    }

    /// Calls are taken from now on.
    void listening() {
        isListening = true;
    }

    /// No calls are taken any more.
    void closed() {
        isListening = false;
        world.feeds.cut();
    }

    // --- life

    /// Whether the node has gone down by itself.
    boolean step() {
        if (state != WalletState.SERVER_ACTIVE || !isListening) {
            stepWithoutNode();
        } else if (isJustStarted) {
            peersComeBack();
        } else if (world.springs(Trap.RESTARTS)) {
            goDown(world.trapDice.coin());
            return true;
        } else {
            life.step();
        }
        return false;
    }

    private void stepWithoutNode() {
        if (isListening && isStarting()) {
            advanceStart();
            return;
        }
        life.stepWithoutNode();
        for (SimPayment payment : List.copyOf(world.payments.underWay())) {
            if (world.dice.below(ENDS_MEANWHILE_ONE_IN) == 0) {
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

    private void peersComeBack() {
        isJustStarted = false;
        world.pass(START_MILLIS);
        world.channels.open().forEach(world.channels::tellActive);
        endedMeanwhile.forEach(script::endPayment);
        endedMeanwhile.clear();
        world.invoices.expire();
    }

    void endPaymentMeanwhile(String hash, boolean isSettled) {
        endedMeanwhile.put(hash, isSettled);
    }

    void fill(int invoices, int payments) {
        requireFillable(invoices);
        requireFillable(payments);
        fill(invoices, payments, world.dice.positive());
    }

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

    private static void requireFillable(int count) {
        if (count < 0 || count > HashPlaces.MAX_SIZE) {
            throw new IllegalArgumentException(
                    "fill: %d (expected: 0 to %d)".formatted(count, HashPlaces.MAX_SIZE));
        }
    }

    void fillOpen(int invoices) {
        requireFillable(invoices);
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
                        world.invoices.lastAdd() + 1));
    }

    void settleAll() {
        comeUp();
        while (world.payments.hasHidden()) {
            world.payments.showHidden();
        }
        world.invoices.incomplete().forEach(world.invoices::giveBackParts);
        world.invoices.accepted().forEach(world.invoices::settle);
        script.endForwards(true);
        List.copyOf(world.payments.underWay())
                .forEach(payment -> script.endPayment(payment.hash, true));
        List.copyOf(world.chain.wallet().leased()).forEach(world.chain.wallet()::release);
        endOnChain();
        script.pass(EXPIRED);
        world.invoices.cancelFilled();
        world.clock.advance(Duration.ofSeconds(FLUSH_SECONDS));
    }

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

    private void endOnChain() {
        for (int i = 0; i < BLOCKS_TO_END && isMoving(); i++) {
            world.pass(START_MILLIS);
            world.chain.mine();
            if (world.chain.wallet().free().isEmpty()) {
                world.chain.deposit(SPARE_SATS); // Something has to pay for the steps of HTLCs.
            }
        }
        if (isMoving()) {
            throw new IllegalStateException(
                    "chain: %d closing (expected: none after %d blocks)"
                            .formatted(world.closings.all().size(), BLOCKS_TO_END));
        }
    }

    private boolean isMoving() {
        return world.chain.hasWaiting()
                || !world.channels.pending().isEmpty()
                || !world.closings.all().isEmpty();
    }

    // --- faults

    void goDown(boolean isKilled) {
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

    void startUp(boolean isLocked) {
        if (isListening) {
            throw new IllegalStateException(
                    "start of %s: it is up (expected: down)".formatted(world.plan.alias()));
        }
        world.payments.started();
        state = WalletState.WAITING_TO_START;
        port.run();
        isListening = true;
        become(isLocked ? WalletState.LOCKED : WalletState.UNLOCKED);
        runOnUnlessSlow();
    }

    void unlock() {
        if (state == WalletState.LOCKED) {
            become(WalletState.UNLOCKED);
            runOnUnlessSlow();
        }
    }

    private void runOnUnlessSlow() {
        while (isStarting() && !world.has(Trap.SLOW_START)) {
            advanceStart();
        }
    }

    private boolean isStarting() {
        return state == WalletState.UNLOCKED || state == WalletState.RPC_ACTIVE;
    }

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

    private void become(WalletState next) {
        state = next;
        world.feeds.state(next);
        world.changed(Truth.Kind.NODE, world.pubkey, next.name());
    }

    void cutStreams() {
        world.feeds.cut();
        unanswered.forEach(
                each -> each.abort(Status.UNAVAILABLE.withDescription("connection reset by peer")));
        unanswered.clear();
    }

    // --- history that changes

    void migrateToSql() {
        world.invoices.migrateToSql();
        world.payments.migrateToSql();
        world.changed(Truth.Kind.NODE, world.pubkey, "MIGRATED");
    }

    void restoreFromSeed() {
        List<SimChannel> lost = script.usable();
        lost.forEach(channel -> channel.htlcs.forEach(htlc -> returnHome(channel, htlc)));
        lost.forEach(channel -> channel.htlcs.clear());
        world.invoices.forget();
        world.payments.forget();
        world.channels.forget();
        world.closings.forgetHtlcs();
        world.facts.forget();
        endedMeanwhile.clear();
        lost.forEach(channel -> world.closings.force(channel, false));
        world.changed(Truth.Kind.NODE, world.pubkey, "RESTORED");
    }

    private static void returnHome(SimChannel channel, SimHtlc htlc) {
        if (htlc.isIncoming()) {
            channel.theirs += htlc.msat();
        } else {
            channel.ours += htlc.msat();
        }
    }

    // --- truth

    Truth truth() {
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

    ByteString answer(String rpc, ByteString request) throws StatusException {
        return answers.answer(rpc, request);
    }

    // --- calls

    void canceledByClient(Exchange exchange) {
        world.feeds.leave(exchange);
        unanswered.remove(exchange);
    }

    /// lnd has texts for these, and no codes.
    Optional<Status> refusal(String rpc) {
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

    void open(Exchange exchange) {
        Optional<Status> refusal = refusal(exchange.rpc());
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

    private void followInvoices(Exchange exchange) throws StatusException {
        InvoiceSubscription from = Answers.parse(InvoiceSubscription.parser(), exchange.request());
        world.feeds.followInvoices(exchange, from, world.invoices.backlog(from));
    }

    private void followPayments(Exchange exchange) throws StatusException {
        boolean isWithoutUnderWay =
                Answers.parse(TrackPaymentsRequest.parser(), exchange.request())
                        .getNoInflightUpdates();
        List<Payment> underWay =
                world.payments.underWay().stream().map(world.payments::message).toList();
        world.feeds.followPayments(exchange, isWithoutUnderWay, underWay.reversed());
    }

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

    private void answerNow(Exchange exchange) throws StatusException {
        exchange.reply(world.noted(answers.answer(exchange.rpc(), exchange.request())));
    }
}
