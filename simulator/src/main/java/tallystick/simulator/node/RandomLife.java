package tallystick.simulator.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import tallystick.simulator.node.SimHtlc.Purpose;
import tallystick.simulator.node.SimInvoice.Kind;
import tallystick.simulator.node.Wallet.Coin;

/// Chooses what happens next, among all that can happen. Belongs to the node's lock.
final class RandomLife {
    private static final long MSAT = 1000;
    private static final long MIN_MSAT = 400_000;
    private static final long MAX_MSAT = 90_000_000;
    private static final long CHANNEL_MIN = 1_500_000;
    private static final long CHANNEL_MAX = 6_000_000;
    private static final long COIN_MIN = 1_000_000;
    private static final long COIN_MAX = 9_000_000;
    private static final long FEE_PARTS = 1000;
    private static final int BLOCK_CHANCES = 3000;
    private static final int LONG_PAUSE_SECONDS = 7200;
    private static final int FEW_CHANNELS = 4;
    private static final int MANY_CHANNELS = 14;
    private static final int OVERPAID_PERCENT = 10;
    private static final int IN_PARTS_PERCENT = 15;
    private static final int REROUTED_PERCENT = 10;
    private static final int RICH_SATS = 60_000_000;
    private static final int DEEPEST = 3;
    private static final int DAY_SECONDS = 86_400;
    private static final int HOUR_SECONDS = 3600;
    private static final String LETTERS = "ord-";

    private final World world;
    private final Script script;
    private final Dice dice;
    private int orders;

    RandomLife(World world, Script script) {
        this.world = world;
        this.script = script;
        dice = world.dice;
    }

    /// What a node has before anything else happens.
    void settleIn(int channels) {
        for (int i = 0; i < channels; i++) {
            script.deposit(dice.between(COIN_MAX / 2, COIN_MAX));
        }
        script.mine(1);
        for (int i = 0; i < channels; i++) {
            long capacity = dice.between(CHANNEL_MAX / 2, CHANNEL_MAX);
            world.pass(1);
            script.openChannel(i % 2 == 0, capacity, capacity / 2 + dice.below(1000));
        }
        script.mine(1);
        world.pass(1);
        script.mine(2);
    }

    /// One happening. Where what was chosen cannot happen now, an invoice is added.
    void step() {
        world.goOn();
        world.invoices.expire();
        if (world.payments.hasHidden() && dice.coin()) {
            world.payments.showHidden();
        }
        for (SimInvoice waiting : world.invoices.incomplete()) {
            if (dice.coin()) {
                world.invoices.giveBackParts(waiting);
            }
        }
        boolean isLackingChannels = script.usable().size() < FEW_CHANNELS;
        Happening next = world.plan.habits().next(dice);
        if (isLackingChannels && world.channels.pending().size() < FEW_CHANNELS) {
            next = Happening.OPEN_BY_PEER;
        } else if (isLackingChannels && dice.coin()) {
            next = Happening.BLOCK;
        }
        if (!happens(next)) {
            addInvoice(Kind.PLAIN, someMsat());
        }
    }

    /// While the node is down: the world goes on without it.
    void stepWithoutNode() {
        world.goOn();
        if (dice.below(BLOCK_CHANCES) < BLOCK_CHANCES / 4) {
            world.chain.mine();
        }
    }

    private boolean happens(Happening next) {
        return switch (next) {
            case PAUSE -> pause();
            case INVOICE -> addInvoice(Kind.PLAIN, someMsat());
            case ZERO_VALUE_INVOICE -> addInvoice(Kind.PLAIN, 0);
            case HOLD_INVOICE -> addInvoice(Kind.HOLD, someMsat());
            case AMP_INVOICE -> addInvoice(Kind.AMP, dice.coin() ? 0 : someMsat());
            case INVOICE_PAID -> payInvoice(Kind.PLAIN);
            case PARTS_MISSING -> payPartly();
            case INVOICE_CANCELED -> cancelOne();
            case HOLD_ACCEPTED -> payInvoice(Kind.HOLD);
            case HOLD_SETTLED -> endHold(true);
            case HOLD_CANCELED -> endHold(false);
            case AMP_SET -> payAmp();
            case AMP_SPONTANEOUS -> in(someMsat(), this::spontaneousAmp);
            case KEYSEND -> in(someMsat(), (point, msat) -> script.keysend(msat, point));
            case KEYSEND_AGAIN -> keysendAgain();
            case PAYMENT -> pay();
            case PAYMENT_IN_PARTS -> payInParts();
            case PAYMENT_TO_KEYSEND ->
                    out(someMsat(), (point, msat) -> script.payKeysend(msat, point));
            case PAYMENT_TO_AMP -> out(someMsat(), (point, msat) -> script.payToAmp(msat, point));
            case PAYMENT_FAILS -> out(someMsat(), (point, msat) -> fail(point, msat, dice.coin()));
            case PAYMENT_WITHOUT_ROUTE -> done(script.failPaymentWithoutRoute(someMsat()));
            case PAYMENT_RETRIED -> retry();
            case PAYMENT_STUCK ->
                    out(someMsat(), (point, msat) -> script.beginPayment(msat, fee(msat), point));
            case STUCK_ENDS -> endStuck();
            case SELF_PAYMENT -> paySelf();
            case FORWARD -> forward(true);
            case FORWARD_STUCK -> forward(false);
            case FORWARD_ENDS -> endForward();
            case BLOCK -> mine();
            case DEPOSIT -> deposit();
            case SEND -> world.chain.send(dice.between(COIN_MIN / 10, COIN_MIN)).isPresent();
            case CONSOLIDATION -> world.chain.consolidate().isPresent();
            case CHILD_PAYS -> world.chain.childPays().isPresent();
            case LEASE -> lease();
            case RELEASE -> release();
            case OPEN_BY_US -> open(true);
            case OPEN_BY_PEER -> open(false);
            case COOPERATIVE_CLOSE -> cooperativeClose();
            case LOCAL_FORCE_CLOSE -> forceClose(true);
            case REMOTE_FORCE_CLOSE -> forceClose(false);
            case FEE_UPDATE -> updateFee();
            case REORGANIZATION -> reorganize();
        };
    }

    private static boolean done(String key) {
        return !key.isEmpty();
    }

    private boolean pause() {
        script.pass(Duration.ofSeconds(dice.below(LONG_PAUSE_SECONDS)));
        return true;
    }

    /// Half of them in whole satoshis.
    private long someMsat() {
        long msat = dice.between(MIN_MSAT, dice.coin() ? MAX_MSAT : MAX_MSAT / 20);
        return dice.coin() ? msat : msat / MSAT * MSAT;
    }

    private long fee(long msat) {
        return dice.coin() ? 0 : dice.between(1, Math.max(1, msat / FEE_PARTS));
    }

    // --- choosing channels

    private interface OnChannel {
        void happen(String point, long msat);
    }

    private Optional<SimChannel> some(ToLongFunction<SimChannel> room, long msat) {
        List<SimChannel> able =
                script.usable().stream()
                        .filter(channel -> room.applyAsLong(channel) >= msat)
                        .toList();
        return able.isEmpty() ? Optional.empty() : Optional.of(dice.oneOf(able));
    }

    private boolean in(long msat, OnChannel happening) {
        Optional<SimChannel> channel = some(SimChannel::receivable, msat);
        channel.ifPresent(each -> happening.happen(each.point(), msat));
        return channel.isPresent();
    }

    private boolean out(long msat, OnChannel happening) {
        Optional<SimChannel> channel = some(SimChannel::spendable, msat + msat / FEE_PARTS);
        channel.ifPresent(each -> happening.happen(each.point(), msat));
        return channel.isPresent();
    }

    /// One channel or two, over which this can come in.
    private Optional<String[]> waysIn(long msat, boolean isInParts) {
        Optional<SimChannel> first = some(SimChannel::receivable, msat);
        boolean canBeParted = isInParts && msat >= 4 * MIN_MSAT;
        Optional<SimChannel> second =
                canBeParted ? some(SimChannel::receivable, msat) : Optional.empty();
        return first.map(
                one ->
                        second.map(two -> new String[] {one.point(), two.point()})
                                .orElseGet(() -> new String[] {one.point()}));
    }

    // --- invoices

    private boolean addInvoice(Kind kind, long msat) {
        long expiry = dice.coin() ? DAY_SECONDS : HOUR_SECONDS;
        world.invoices.add(kind, memo(), msat, expiry);
        return true;
    }

    private String memo() {
        orders++;
        String memo = LETTERS + orders;
        int size = world.traps().measure(Trap.HUGE_MESSAGES);
        return size == 0 ? memo : memo + "-".repeat(size);
    }

    private boolean payInvoice(Kind kind) {
        Optional<SimInvoice> invoice = world.invoices.anyOpen(kind);
        if (invoice.isEmpty()) {
            return false;
        }
        long asked = invoice.get().valueMsat;
        long msat = asked == 0 ? someMsat() : asked;
        if (asked > 0 && dice.isWithin(OVERPAID_PERCENT)) {
            msat += dice.between(1, asked / 2);
        }
        long paid = msat;
        Optional<String[]> ways = waysIn(paid, dice.isWithin(IN_PARTS_PERCENT));
        ways.ifPresent(points -> script.payInvoice(invoice.get().key(), paid, points));
        return ways.isPresent();
    }

    private boolean payPartly() {
        Optional<SimInvoice> invoice =
                world.invoices.anyOpen(Kind.PLAIN).filter(each -> each.valueMsat >= 2 * MIN_MSAT);
        return invoice.isPresent()
                && in(
                        invoice.get().valueMsat / 2,
                        (point, msat) ->
                                script.payInvoicePartly(
                                        invoice.get().key(), msat, invoice.get().valueMsat, point));
    }

    private boolean cancelOne() {
        Optional<SimInvoice> invoice = world.invoices.anyOpen(dice.coin() ? Kind.PLAIN : Kind.HOLD);
        invoice.ifPresent(world.invoices::cancel);
        return invoice.isPresent();
    }

    private boolean endHold(boolean isSettled) {
        List<SimInvoice> accepted = world.invoices.accepted();
        if (accepted.isEmpty()) {
            return false;
        }
        SimInvoice invoice = dice.oneOf(accepted);
        if (isSettled) {
            world.invoices.settle(invoice);
        } else {
            world.invoices.cancel(invoice);
        }
        return true;
    }

    private boolean payAmp() {
        Optional<SimInvoice> invoice = world.invoices.anyOpen(Kind.AMP);
        if (invoice.isEmpty()) {
            return false;
        }
        long msat = invoice.get().valueMsat == 0 ? someMsat() : invoice.get().valueMsat;
        Optional<String[]> ways = waysIn(msat, dice.coin());
        ways.ifPresent(points -> script.payAmp(invoice.get().key(), msat, points));
        return ways.isPresent();
    }

    private void spontaneousAmp(String point, long msat) {
        script.spontaneousAmp(msat, point);
    }

    private boolean keysendAgain() {
        List<SimInvoice> keysends = world.invoices.settledKeysends();
        if (keysends.isEmpty()) {
            return false;
        }
        SimInvoice invoice = dice.oneOf(keysends);
        long msat = invoice.valueMsat + dice.between(0, MIN_MSAT);
        return in(msat, (point, paid) -> script.keysendAgain(invoice.key(), paid, point));
    }

    // --- payments

    private boolean pay() {
        long msat = someMsat();
        if (world.springs(Trap.INDEX_OUT_OF_ORDER)) {
            return out(msat, (point, paid) -> script.beginHiddenPayment(paid, point));
        }
        return out(msat, this::payOver);
    }

    private void payOver(String point, long msat) {
        String hash = script.beginPayment(msat, fee(msat), point);
        if (dice.isWithin(REROUTED_PERCENT)) {
            out(msat + msat / FEE_PARTS, (other, _) -> script.rerouteOnePart(hash, other));
        }
        script.endPayment(hash, true);
    }

    private boolean payInParts() {
        long msat = someMsat() + 2 * MIN_MSAT;
        Optional<SimChannel> first = some(SimChannel::spendable, msat);
        Optional<SimChannel> second = some(SimChannel::spendable, 2 * msat);
        if (first.isEmpty() || second.isEmpty()) {
            return false;
        }
        return done(script.pay(msat, fee(msat), first.get().point(), second.get().point()));
    }

    private void fail(String point, long msat, boolean isOnTheWay) {
        if (isOnTheWay) {
            script.failPayment(msat, point);
        } else {
            script.endPayment(script.beginPayment(msat, fee(msat), point), false);
        }
    }

    private boolean retry() {
        List<SimPayment> failed = world.payments.failed();
        if (failed.isEmpty()) {
            return false;
        }
        SimPayment payment = dice.oneOf(failed);
        return out(
                payment.valueMsat,
                (point, _) -> {
                    script.retryPayment(payment.hash, point);
                    script.endPayment(payment.hash, dice.coin());
                });
    }

    /// Of those that the chain does not decide.
    private boolean endStuck() {
        List<SimPayment> stuck =
                world.payments.underWay().stream().filter(each -> !isOnChain(each)).toList();
        if (stuck.isEmpty()) {
            return false;
        }
        script.endPayment(dice.oneOf(stuck).hash, dice.below(4) > 0);
        return true;
    }

    private boolean isOnChain(SimPayment payment) {
        return world.closings.all().stream()
                .flatMap(closing -> closing.channel.htlcs.stream())
                .anyMatch(
                        htlc ->
                                htlc.purpose() instanceof Purpose.Send(SimPayment of, _)
                                        && of == payment);
    }

    private boolean paySelf() {
        long msat = someMsat();
        Optional<SimChannel> outgoing = some(SimChannel::spendable, 2 * msat);
        Optional<SimChannel> incoming = some(SimChannel::receivable, msat);
        boolean canBe =
                outgoing.isPresent() && incoming.isPresent() && outgoing.get() != incoming.get();
        return canBe
                && done(
                        script.paySelf(
                                msat, fee(msat), outgoing.get().point(), incoming.get().point()));
    }

    // --- forwards

    private boolean forward(boolean ends) {
        long msat = someMsat();
        long fee = fee(msat);
        Optional<SimChannel> incoming = some(SimChannel::receivable, msat + fee);
        Optional<SimChannel> outgoing = some(SimChannel::spendable, msat);
        boolean canBe =
                outgoing.isPresent() && incoming.isPresent() && outgoing.get() != incoming.get();
        if (canBe && ends) {
            script.forward(incoming.get().point(), outgoing.get().point(), msat + fee, msat);
        } else if (canBe) {
            script.beginForward(incoming.get().point(), outgoing.get().point(), msat + fee, msat);
        }
        return canBe;
    }

    private boolean endForward() {
        List<SimForward> underWay = script.forwardsUnderWay();
        if (underWay.isEmpty()) {
            return false;
        }
        world.channels.endForward(dice.oneOf(underWay), dice.coin());
        return true;
    }

    // --- chain

    private boolean mine() {
        world.chain.mine();
        return true;
    }

    private boolean deposit() {
        boolean isRich = world.chain.wallet().balance().getConfirmedBalance() > RICH_SATS;
        if (!isRich) {
            script.deposit(dice.between(COIN_MIN, COIN_MAX));
        }
        return !isRich;
    }

    private boolean lease() {
        List<Coin> free = world.chain.wallet().free();
        if (free.size() < 2) {
            return false;
        }
        world.chain.wallet().lease(dice.oneOf(free).outpoint());
        return true;
    }

    private boolean release() {
        var unspent = new ArrayList<String>();
        world.chain.wallet().coins().stream()
                .map(Coin::outpoint)
                .filter(world.chain.wallet().leased()::contains)
                .forEach(unspent::add);
        unspent.forEach(world.chain.wallet()::release);
        return !unspent.isEmpty();
    }

    private boolean open(boolean isByUs) {
        if (script.usable().size() + world.channels.pending().size() >= MANY_CHANNELS) {
            return false;
        }
        long capacity = dice.between(CHANNEL_MIN, CHANNEL_MAX);
        long push = dice.coin() ? 0 : dice.between(capacity / 4, capacity / 2);
        Peer peer = dice.oneOf(world.peers);
        if (isByUs) {
            return world.channels.openByUs(peer, capacity, push).isPresent();
        }
        world.channels.openByPeer(peer, capacity, push);
        return true;
    }

    private boolean cooperativeClose() {
        List<SimChannel> quiet =
                script.usable().stream().filter(each -> each.htlcs.isEmpty()).toList();
        if (quiet.isEmpty()) {
            return false;
        }
        world.closings.cooperative(dice.oneOf(quiet), dice.coin());
        return true;
    }

    /// Rather one with HTLCs.
    private boolean forceClose(boolean isByUs) {
        List<SimChannel> usable = script.usable();
        List<SimChannel> busy = usable.stream().filter(each -> !each.htlcs.isEmpty()).toList();
        if (usable.isEmpty()) {
            return false;
        }
        world.closings.force(dice.oneOf(busy.isEmpty() ? usable : busy), isByUs);
        return true;
    }

    private boolean updateFee() {
        List<SimChannel> usable = script.usable();
        if (usable.isEmpty()) {
            return false;
        }
        script.updateFee(dice.oneOf(usable).point(), dice.coin());
        return true;
    }

    private boolean reorganize() {
        world.chain.reorganize(1 + dice.below(DEEPEST));
        return true;
    }
}
