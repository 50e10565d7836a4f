package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import tallystick.proto.lnrpc.PaymentFailureReason;
import tallystick.proto.lnrpc.Route;
import tallystick.simulator.node.InvoiceDesk.Part;
import tallystick.simulator.node.SimHtlc.Purpose;
import tallystick.simulator.node.SimInvoice.Kind;

/// What can be done to a node, one thing at a time, by those who want something to happen rather than just anything. Keys
/// are those of [Truth]. Any thread.
public final class Script {
    private static final long MSAT = 1000;
    private static final int FINAL_DELTA = 43;
    private static final int DAY_SECONDS = 86_400;
    private static final int LONG_ROUTE = 18;
    private static final int BYTES_PER_ATTEMPT = 2500;

    /// How a channel ends.
    public enum Close {
        COOPERATIVE_BY_US,
        COOPERATIVE_BY_PEER,
        FORCE_BY_US,
        FORCE_BY_PEER
    }

    /// How much comes over which channel, by channel point, in the order of the parts.
    public record Amounts(Map<String, Long> msatByChannel) {
        public Amounts {
            msatByChannel = Collections.unmodifiableMap(new LinkedHashMap<>(msatByChannel));
        }
    }

    private final World world;
    private final ReentrantLock lock;

    Script(World world, ReentrantLock lock) {
        this.world = world;
        this.lock = lock;
    }

    private <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    private void run(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    // --- time and chain

    public void pass(Duration time) {
        run(
                () -> {
                    world.clock.advance(time);
                    world.invoices.expire();
                });
    }

    public void mine(int blocks) {
        run(
                () -> {
                    for (int i = 0; i < blocks; i++) {
                        world.chain.mine();
                    }
                });
    }

    /// The txid, as those of all transactions here.
    public String deposit(long sats) {
        return locked(() -> world.chain.deposit(sats).txid);
    }

    public String send(long sats) {
        return locked(() -> world.chain.send(sats).orElseThrow(() -> poor("send", sats)).txid);
    }

    public String consolidate() {
        return locked(
                () -> world.chain.consolidate().orElseThrow(() -> poor("consolidate", 0)).txid);
    }

    /// An unconfirmed transaction is helped by a child, and the child replaced by a better one.
    public String childPays() {
        return locked(() -> world.chain.childPays().orElseThrow(() -> poor("child", 0)).txid);
    }

    public void lease(String outpoint) {
        run(() -> world.chain.wallet().lease(outpoint));
    }

    public void release(String outpoint) {
        run(() -> world.chain.wallet().release(outpoint));
    }

    private static IllegalStateException poor(String what, long sats) {
        return new IllegalStateException(
                "%s: %d sat (expected: coins that are confirmed and free)".formatted(what, sats));
    }

    // --- channels

    /// Its channel point. It is open three blocks later.
    public String openChannel(boolean isByUs, long capacity, long push) {
        return locked(
                () -> {
                    Peer peer = world.dice.oneOf(world.peers);
                    return isByUs
                            ? world.channels
                                    .openByUs(peer, capacity, push)
                                    .orElseThrow(() -> poor("open", capacity))
                                    .point()
                            : world.channels.openByPeer(peer, capacity, push).point();
                });
    }

    /// Those that can be used, in the order of their opening.
    public List<String> channels() {
        return locked(() -> usable().stream().map(SimChannel::point).toList());
    }

    /// By chance an anchor pays for the commitment, a sweep is replaced, an HTLC is claimed by the peer.
    public void close(String point, Close how) {
        close(point, how, true);
    }

    /// Nothing is left to chance: no anchor pays, no sweep is replaced, HTLCs that we sent time out.
    public void closePlainly(String point, Close how) {
        close(point, how, false);
    }

    private void close(String point, Close how, boolean isByChance) {
        run(
                () -> {
                    SimChannel channel = channel(point);
                    switch (how) {
                        case COOPERATIVE_BY_US -> world.closings.cooperative(channel, true);
                        case COOPERATIVE_BY_PEER -> world.closings.cooperative(channel, false);
                        case FORCE_BY_US -> world.closings.force(channel, true, isByChance);
                        case FORCE_BY_PEER -> world.closings.force(channel, false, isByChance);
                    }
                });
    }

    /// The initiator changes the fee of the commitment.
    public void updateFee(String point, boolean isUp) {
        run(
                () -> {
                    SimChannel channel = channel(point);
                    channel.changeFee(isUp);
                    world.channels.updated(channel);
                });
    }

    List<SimChannel> usable() {
        return world.channels.open().stream()
                .filter(channel -> !world.closings.isClosing(channel))
                .toList();
    }

    private SimChannel channel(String point) {
        return usable().stream()
                .filter(each -> each.point().equals(point))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "channel: %s (expected: an open one)".formatted(point)));
    }

    // --- invoices

    /// @param valueMsat 0 for any amount
    public String addInvoice(String memo, long valueMsat) {
        return add(Kind.PLAIN, memo, valueMsat, DAY_SECONDS);
    }

    public String addInvoice(String memo, long valueMsat, long expirySeconds) {
        return add(Kind.PLAIN, memo, valueMsat, expirySeconds);
    }

    public String addHoldInvoice(String memo, long valueMsat) {
        return add(Kind.HOLD, memo, valueMsat, DAY_SECONDS);
    }

    public String addHoldInvoice(String memo, long valueMsat, long expirySeconds) {
        return add(Kind.HOLD, memo, valueMsat, expirySeconds);
    }

    public String addAmpInvoice(String memo, long valueMsat) {
        return add(Kind.AMP, memo, valueMsat, DAY_SECONDS);
    }

    public String addAmpInvoice(String memo, long valueMsat, long expirySeconds) {
        return add(Kind.AMP, memo, valueMsat, expirySeconds);
    }

    private String add(Kind kind, String memo, long valueMsat, long expirySeconds) {
        return locked(() -> world.invoices.add(kind, memo, valueMsat, expirySeconds).key());
    }

    /// Settles a plain invoice; a hold invoice is accepted.
    ///
    /// @param points one part comes over each
    public void payInvoice(String key, long msat, String... points) {
        run(() -> world.invoices.pay(invoice(key), parts(msat, points)));
    }

    public void payInvoice(String key, Amounts amounts) {
        run(() -> world.invoices.pay(invoice(key), parts(amounts)));
    }

    /// Only a part arrives, and waits.
    public void payInvoicePartly(String key, long msat, long announcedMsat, String point) {
        run(
                () ->
                        world.invoices.payPartly(
                                invoice(key), new Part(channel(point), msat), announcedMsat));
    }

    public void giveBackParts(String key) {
        run(() -> world.invoices.giveBackParts(invoice(key)));
    }

    public void settleHold(String key) {
        run(() -> world.invoices.settle(invoice(key)));
    }

    /// An open invoice, or one that is accepted.
    public void cancelInvoice(String key) {
        run(() -> world.invoices.cancel(invoice(key)));
    }

    public String keysend(long msat, String point) {
        return locked(() -> world.invoices.keysend(new Part(channel(point), msat)).key());
    }

    public void keysendAgain(String key, long msat, String point) {
        run(() -> world.invoices.keysendAgain(invoice(key), new Part(channel(point), msat)));
    }

    /// The set's id.
    public String payAmp(String key, long msat, String... points) {
        return locked(() -> world.invoices.ampSet(invoice(key), parts(msat, points)));
    }

    public String payAmp(String key, Amounts amounts) {
        return locked(() -> world.invoices.ampSet(invoice(key), parts(amounts)));
    }

    public String spontaneousAmp(Amounts amounts) {
        return locked(() -> world.invoices.spontaneousAmp(parts(amounts)).key());
    }

    public String spontaneousAmp(long msat, String... points) {
        return locked(() -> world.invoices.spontaneousAmp(parts(msat, points)).key());
    }

    private SimInvoice invoice(String key) {
        return world.invoices
                .lookUp(Bytes.fromHex(key))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "invoice: %s (expected: a known one)".formatted(key)));
    }

    private List<Part> parts(Amounts amounts) {
        return amounts.msatByChannel().entrySet().stream()
                .map(each -> new Part(channel(each.getKey()), each.getValue()))
                .toList();
    }

    private List<Part> parts(long msat, String... points) {
        var parts = new ArrayList<Part>();
        long rest = msat;
        for (int i = 0; i < points.length; i++) {
            boolean isLast = i == points.length - 1;
            long part = isLast ? rest : msat / points.length / MSAT * MSAT;
            parts.add(new Part(channel(points[i]), part));
            rest -= part;
        }
        return parts;
    }

    // --- payments

    /// Begins a payment and sends all its parts: they stay in flight. Its hash.
    ///
    /// @param feeMsat of all parts together; with one, the payment goes over another node
    public String beginPayment(long msat, long feeMsat, String... points) {
        return locked(
                () -> {
                    ByteString preimage = world.dice.hash();
                    ByteString hash = Bytes.sha256(preimage);
                    return begin(hash, preimage, world.dice.hash(), msat, feeMsat, points);
                });
    }

    private String begin(
            ByteString hash,
            ByteString preimage,
            ByteString address,
            long msat,
            long feeMsat,
            String... points) {
        SimPayment payment =
                world.payments.begin(
                        Bytes.hex(hash), preimage, Requests.of(hash, address, msat), msat);
        world.pass(1);
        attempts(payment, hash, address, msat, feeMsat, points);
        return payment.hash;
    }

    private void attempts(
            SimPayment payment,
            ByteString hash,
            ByteString address,
            long msat,
            long feeMsat,
            String... points) {
        List<Part> parts = parts(msat, points);
        for (int i = 0; i < parts.size(); i++) {
            long fee = i == 0 ? feeMsat : 0;
            Part part = parts.get(i);
            world.payments.attempt(
                    payment,
                    part.channel(),
                    hash,
                    Routes.route(
                            stops(part.channel(), fee > 0),
                            part.msat(),
                            fee,
                            world.chain.height() + FINAL_DELTA,
                            Routes.Destination.invoice(msat, address)));
        }
    }

    private List<Routes.Stop> stops(SimChannel channel, boolean isFar) {
        var peer = new Routes.Stop(channel.peer.pubkey(), channel.chanId);
        return isFar
                ? List.of(peer, new Routes.Stop(world.newPubkey(), world.dice.positive()))
                : List.of(peer);
    }

    public String pay(long msat, long feeMsat, String... points) {
        return locked(
                () -> {
                    String hash = beginPayment(msat, feeMsat, points);
                    endPayment(hash, true);
                    return hash;
                });
    }

    /// The receiver takes the parts that are in flight, or refuses them. Those on a channel that is closing, the chain
    /// decides.
    public void endPayment(String hash, boolean isSettled) {
        run(
                () -> {
                    world.pass(world.dice.between(20, 200));
                    SimPayment payment = payment(hash);
                    for (SimChannel channel : usable()) {
                        for (SimHtlc htlc : List.copyOf(channel.htlcs)) {
                            if (htlc.purpose() instanceof Purpose.Send(SimPayment of, _)
                                    && of == payment) {
                                world.channels.outgoingEnded(channel, htlc, isSettled);
                            }
                        }
                    }
                });
    }

    /// One part fails on its way and is sent again over another channel.
    public void rerouteOnePart(String hash, String point) {
        run(
                () -> {
                    SimPayment payment = payment(hash);
                    for (SimChannel channel : usable()) {
                        for (SimHtlc htlc : List.copyOf(channel.htlcs)) {
                            if (htlc.purpose() instanceof Purpose.Send(SimPayment of, long id)
                                    && of == payment) {
                                Route route = world.payments.route(payment, id);
                                world.payments.attemptFailedOnTheWay(payment, id);
                                world.channels.remove(channel, htlc, false);
                                attempts(
                                        payment,
                                        htlc.hash(),
                                        world.dice.hash(),
                                        route.getTotalAmtMsat() - route.getTotalFeesMsat(),
                                        route.getTotalFeesMsat(),
                                        point);
                                return;
                            }
                        }
                    }
                });
    }

    /// Its first attempt fails on the way, and there is no other.
    public String failPayment(long msat, String point) {
        return locked(
                () -> {
                    ByteString hash = Bytes.sha256(world.dice.hash());
                    String begun = begin(hash, ByteString.EMPTY, world.dice.hash(), msat, 0, point);
                    SimPayment payment = payment(begun);
                    SimChannel channel = channel(point);
                    SimHtlc htlc = channel.htlcs.getLast();
                    world.payments.attemptFailedOnTheWay(
                            payment, payment.attempts.getLast().getAttemptId());
                    world.channels.remove(channel, htlc, false);
                    addLongRoutes(payment, channel, msat);
                    world.payments.fail(payment, PaymentFailureReason.FAILURE_REASON_NO_ROUTE);
                    return begun;
                });
    }

    private void addLongRoutes(SimPayment payment, SimChannel channel, long msat) {
        int attempts = world.traps().measure(Trap.HUGE_MESSAGES) / BYTES_PER_ATTEMPT;
        for (int i = 0; i < attempts; i++) {
            var stops = new ArrayList<Routes.Stop>();
            stops.add(new Routes.Stop(channel.peer.pubkey(), channel.chanId));
            for (int hop = 1; hop < LONG_ROUTE; hop++) {
                stops.add(new Routes.Stop(world.newPubkey(), channel.chanId + hop));
            }
            world.payments.failedAttempt(
                    payment,
                    Routes.route(
                            stops,
                            msat,
                            MSAT,
                            world.chain.height() + FINAL_DELTA,
                            Routes.Destination.invoice(msat, world.dice.hash())));
        }
    }

    public String failPaymentWithoutRoute(long msat) {
        return locked(
                () -> {
                    ByteString hash = Bytes.sha256(world.dice.hash());
                    SimPayment payment =
                            world.payments.begin(
                                    Bytes.hex(hash),
                                    ByteString.EMPTY,
                                    Requests.of(hash, world.dice.hash(), msat),
                                    msat);
                    world.payments.fail(payment, PaymentFailureReason.FAILURE_REASON_NO_ROUTE);
                    return payment.hash;
                });
    }

    /// Tries a failed payment again under its hash. It stays in flight.
    public void retryPayment(String hash, String point) {
        run(
                () -> {
                    SimPayment before = payment(hash);
                    begin(
                            Bytes.fromHex(hash),
                            world.dice.hash(),
                            world.dice.hash(),
                            before.valueMsat,
                            0,
                            point);
                });
    }

    public String payKeysend(long msat, String point) {
        return locked(
                () -> {
                    ByteString preimage = world.dice.hash();
                    ByteString hash = Bytes.sha256(preimage);
                    SimPayment payment = world.payments.begin(Bytes.hex(hash), preimage, "", msat);
                    SimChannel channel = channel(point);
                    world.payments.attempt(
                            payment,
                            channel,
                            hash,
                            Routes.route(
                                    stops(channel, false),
                                    msat,
                                    0,
                                    world.chain.height() + FINAL_DELTA,
                                    Routes.Destination.keysend(msat, preimage)));
                    endPayment(payment.hash, true);
                    return payment.hash;
                });
    }

    /// The payment's hash is the id of the set.
    public String payToAmp(long msat, String... points) {
        return locked(
                () -> {
                    ByteString setId = world.dice.hash();
                    ByteString address = world.dice.hash();
                    SimPayment payment =
                            world.payments.begin(
                                    Bytes.hex(setId),
                                    world.dice.hash(),
                                    Requests.of(setId, address, msat),
                                    msat);
                    for (Part part : parts(msat, points)) {
                        world.payments.attempt(
                                payment,
                                part.channel(),
                                world.dice.hash(),
                                Routes.route(
                                        stops(part.channel(), false),
                                        part.msat(),
                                        0,
                                        world.chain.height() + FINAL_DELTA,
                                        new Routes.Destination(
                                                msat,
                                                address,
                                                ByteString.EMPTY,
                                                setId,
                                                world.dice.hash(),
                                                world.dice.below(Integer.MAX_VALUE))));
                    }
                    endPayment(payment.hash, true);
                    return payment.hash;
                });
    }

    /// An own invoice is paid in a circle: out over one channel, in over another.
    public String paySelf(long msat, long feeMsat, String out, String in) {
        return locked(
                () -> {
                    SimInvoice invoice =
                            world.invoices.add(Kind.PLAIN, "circle", msat, DAY_SECONDS);
                    SimChannel outgoing = channel(out);
                    SimChannel incoming = channel(in);
                    SimPayment payment =
                            world.payments.begin(
                                    invoice.key(),
                                    invoice.preimage,
                                    Requests.of(invoice.hash, invoice.address, msat),
                                    msat);
                    world.payments.attempt(
                            payment,
                            outgoing,
                            invoice.hash,
                            Routes.route(
                                    List.of(
                                            new Routes.Stop(
                                                    outgoing.peer.pubkey(), outgoing.chanId),
                                            new Routes.Stop(world.pubkey, incoming.chanId)),
                                    msat,
                                    feeMsat,
                                    world.chain.height() + FINAL_DELTA,
                                    Routes.Destination.invoice(msat, invoice.address)));
                    world.invoices.pay(invoice, List.of(new Part(incoming, msat)));
                    endPayment(payment.hash, true);
                    return payment.hash;
                });
    }

    /// Takes an index now, and is seen only when it is shown.
    String hidePayment(long msat, Runnable rest) {
        return locked(
                () -> {
                    ByteString preimage = world.dice.hash();
                    ByteString hash = Bytes.sha256(preimage);
                    SimPayment payment =
                            world.payments.reserve(
                                    Bytes.hex(hash),
                                    preimage,
                                    Requests.of(hash, world.dice.hash(), msat),
                                    msat);
                    world.payments.beginHidden(payment, rest);
                    return payment.hash;
                });
    }

    /// A payment that has reserved its index, but is not seen before [#showHiddenPayment]. Its hash.
    public String beginHiddenPayment(long msat, String point) {
        return locked(
                () -> {
                    var hash = new String[1];
                    hash[0] = hidePayment(msat, () -> goOn(hash[0], msat, point));
                    return hash[0];
                });
    }

    private void goOn(String hash, long msat, String point) {
        boolean isThere =
                usable().stream()
                        .anyMatch(each -> each.point().equals(point) && each.spendable() >= msat);
        if (isThere) {
            attempts(payment(hash), Bytes.fromHex(hash), world.dice.hash(), msat, 0, point);
            endPayment(hash, true);
        } else {
            world.payments.fail(payment(hash), PaymentFailureReason.FAILURE_REASON_NO_ROUTE);
        }
    }

    public void showHiddenPayment() {
        run(world.payments::showHidden);
    }

    private SimPayment payment(String hash) {
        return world.payments
                .byHash(hash)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "payment: %s (expected: a known one)".formatted(hash)));
    }

    // --- forwards

    public void forward(String in, String out, long inMsat, long outMsat) {
        run(
                () -> {
                    SimForward forward = begin(in, out, inMsat, outMsat);
                    world.pass(world.dice.between(20, 200));
                    world.channels.endForward(forward, true);
                });
    }

    /// It stays in flight.
    public void beginForward(String in, String out, long inMsat, long outMsat) {
        run(() -> begin(in, out, inMsat, outMsat));
    }

    private SimForward begin(String in, String out, long inMsat, long outMsat) {
        return world.channels.beginForward(channel(in), channel(out), inMsat, outMsat);
    }

    /// All that are under way, on channels that are not closing.
    public void endForwards(boolean isSettled) {
        run(() -> forwardsUnderWay().forEach(each -> world.channels.endForward(each, isSettled)));
    }

    List<SimForward> forwardsUnderWay() {
        var forwards = new ArrayList<SimForward>();
        for (SimChannel channel : usable()) {
            for (SimHtlc htlc : channel.htlcs) {
                if (!htlc.isIncoming()
                        && htlc.purpose() instanceof Purpose.Forward(SimForward forward)) {
                    forwards.add(forward);
                }
            }
        }
        return forwards;
    }
}
