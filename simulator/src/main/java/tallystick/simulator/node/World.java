package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// All that a node is and knows, apart from how it is called. Its parts know each other through it. Belongs to the node's
/// lock.
final class World {
    private static final long SECOND = 1_000_000_000L;
    private static final long PEER_SEED = 0x9e3779b97f4a7c15L;
    private static final int PEERS = 4;
    private static final int PAUSE_MILLIS = 3000;
    private static final int PUBKEY_REST = 32;

    final NodePlan plan;
    final Dice dice;

    /// Throws of their own: so that a trap changes what is told, and not what happens.
    final Dice trapDice;

    final WorldClock clock;
    final Facts facts;
    final Feeds feeds;
    final ChainDesk chain;
    final ChannelDesk channels;
    final Closings closings;
    final InvoiceDesk invoices;
    final PaymentDesk payments;
    final String pubkey;
    final List<Peer> peers = new ArrayList<>();

    private Traps traps;

    World(NodePlan plan) {
        this.plan = plan;
        clock = new WorldClock(plan.start());
        traps = plan.traps();
        dice = new Dice(plan.seed());
        trapDice = new Dice(plan.seed() ^ PEER_SEED);
        facts = new Facts(plan.isRemembering());
        feeds = new Feeds(facts);
        pubkey = newPubkey();
        for (int i = 0; i < PEERS; i++) {
            peers.add(new Peer(newPubkey(), "peer-" + (i + 1)));
        }
        chain = new ChainDesk(this);
        channels = new ChannelDesk(this);
        closings = new Closings(this);
        invoices = new InvoiceDesk(this);
        payments = new PaymentDesk(this);
    }

    String newPubkey() {
        return (dice.coin() ? "02" : "03") + Bytes.hex(dice.bytes(PUBKEY_REST));
    }

    Traps traps() {
        return traps;
    }

    void setTraps(Traps set) {
        traps = set;
        if (!has(Trap.UNSYNCED)) {
            chain.walletCatchesUp();
        }
    }

    boolean has(Trap trap) {
        return traps.has(trap);
    }

    /// Whether a trap that springs now and then does so now.
    boolean springs(Trap trap) {
        return traps.has(trap) && trapDice.isWithin(traps.measure(trap));
    }

    boolean withUnknownField() {
        return traps.has(Trap.UNKNOWN_FIELDS);
    }

    /// What the node's own clock says, which can be off.
    long nodeNanos() {
        return clock.nanos() + traps.measure(Trap.CLOCK_SKEW) * SECOND;
    }

    long nodeSeconds() {
        return nodeNanos() / SECOND;
    }

    /// From one happening to the next.
    void goOn() {
        if (plan.isInRealTime()) {
            clock.advanceTo(plan.machineClock().instant());
        } else {
            pass(dice.between(1, PAUSE_MILLIS));
        }
    }

    void pass(long millis) {
        clock.advance(Duration.ofMillis(millis));
    }

    void changed(Truth.Kind kind, String key, String state) {
        facts.changed(clock.instant(), kind, key, state);
    }

    ByteString noted(ByteString bytes) {
        facts.sent(bytes);
        return bytes;
    }
}
