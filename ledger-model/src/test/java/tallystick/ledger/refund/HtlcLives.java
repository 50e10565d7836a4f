package tallystick.ledger.refund;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.ledger.Msat;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Close;
import tallystick.ledger.item.Channel.Pending;
import tallystick.ledger.item.Channel.PendingHtlc;
import tallystick.ledger.item.Channel.Resolution;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Payment.Attempt;
import tallystick.ledger.item.PaymentState;

/// A payment's HTLCs as they may live, with what the node would tell of them: settled late, taken back, left on a channel that is
/// closed by force, claimed there by the peer or timed out, with blocks that are taken back by a reorganisation. HTLCs of other
/// payments, some of the same amount, share the channels.
final class HtlcLives {
    /// No reorganisation takes back more than what is held for buried.
    private static final int REORGANISED_MAX = HtlcFate.BURIED_BLOCKS;

    private static final int RECOGNISED_BLOCKS = 2;
    private static final long[] AMOUNTS_SAT = {500, 700, 700, 900};

    private final SplittableRandom random;
    private final List<Line> lines = new ArrayList<>();
    private final List<Htlc> htlcs = new ArrayList<>();
    private int height = 100;
    private long now = 1_000;
    private boolean givenUp;

    HtlcLives(SplittableRandom random) {
        this.random = random;
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            lines.add(new Line(i + 1, random.nextBoolean(), 1 + random.nextInt(4)));
        }
        int noise = random.nextInt(3);
        for (int i = 0; i < noise; i++) {
            htlcs.add(offer(false));
        }
        htlcs.add(offer(true));
    }

    private enum Where {
        OFFERED,
        TAKEN_BACK,
        SETTLED,
        ON_CHAIN,
        /// Too small for an output of the commitment that closed the channel.
        DROPPED,
        CLAIMED,
        TIMED_OUT
    }

    /// A channel.
    private static final class Line {
        final long chanId;
        final boolean isOurCommitment;
        final int delay;
        boolean isBroadcast;
        int closedAt;

        Line(long chanId, boolean isOurCommitment, int delay) {
            this.chanId = chanId;
            this.isOurCommitment = isOurCommitment;
            this.delay = delay;
        }
    }

    private static final class Htlc {
        final boolean isOurs;
        final Line line;
        final long amountSat;
        final int expiry;
        Where where = Where.OFFERED;

        /// Of the transaction that timed it out or claimed it.
        int spentAt;

        /// Of the sweep of what timing out our own commitment's HTLC left; 0 while it is not in a block.
        int sweptAt;

        HtlcState told = HtlcState.IN_FLIGHT;
        Optional<Instant> toldAt = Optional.empty();

        Htlc(boolean isOurs, Line line, long amountSat, int expiry) {
            this.isOurs = isOurs;
            this.line = line;
            this.amountSat = amountSat;
            this.expiry = expiry;
        }

        boolean isUnderWay() {
            return where == Where.OFFERED || where == Where.ON_CHAIN;
        }
    }

    private Htlc offer(boolean isOurs) {
        return new Htlc(
                isOurs,
                lines.get(random.nextInt(lines.size())),
                AMOUNTS_SAT[random.nextInt(AMOUNTS_SAT.length)],
                height + 2 + random.nextInt(6));
    }

    private List<Htlc> ours() {
        return htlcs.stream().filter(htlc -> htlc.isOurs).toList();
    }

    /// One thing happens.
    ///
    /// @param isPeaceful nobody claims and nothing is reorganised any more, so that it comes to an end
    void step(boolean isPeaceful) {
        now++;
        int what = random.nextInt(10);
        if (what < 4 || isPeaceful) {
            mine();
        } else if (what == 4) {
            reorganise(1 + random.nextInt(REORGANISED_MAX));
        } else if (what == 5) {
            lines.get(random.nextInt(lines.size())).isBroadcast = true;
        } else if (what == 6) {
            claim(htlcs.get(random.nextInt(htlcs.size())));
        } else if (what == 7) {
            takeBack(htlcs.get(random.nextInt(htlcs.size())));
        } else if (what == 8 && !givenUp && ours().size() < 4) {
            retry();
        } else if (what == 9) {
            giveUp();
        }
        if (isPeaceful) {
            giveUp();
        }
        nodeLooks();
    }

    private void retry() {
        Htlc next = offer(true);
        if (!next.line.isBroadcast) {
            htlcs.add(next);
        }
    }

    private void giveUp() {
        givenUp |= ours().stream().allMatch(htlc -> htlc.told == HtlcState.FAILED);
    }

    private void mine() {
        height++;
        for (Line line : lines) {
            boolean isExpired =
                    htlcs.stream()
                            .anyMatch(
                                    htlc ->
                                            htlc.line == line
                                                    && htlc.where == Where.OFFERED
                                                    && htlc.expiry <= height);
            line.isBroadcast |= isExpired;
            if (line.isBroadcast && line.closedAt == 0 && random.nextInt(3) > 0) {
                line.closedAt = height;
                htlcs.stream()
                        .filter(htlc -> htlc.line == line && htlc.where == Where.OFFERED)
                        .forEach(
                                htlc ->
                                        htlc.where =
                                                random.nextInt(5) == 0
                                                        ? Where.DROPPED
                                                        : Where.ON_CHAIN);
            }
        }
        htlcs.forEach(this::spend);
    }

    /// What the node's own transactions do in this block.
    private void spend(Htlc htlc) {
        boolean isMined = random.nextInt(3) > 0;
        if (htlc.where == Where.ON_CHAIN && isRecognised(htlc.line) && isMined) {
            if (height > htlc.expiry) {
                htlc.where = Where.TIMED_OUT;
                htlc.spentAt = height;
            }
        } else if (htlc.where == Where.TIMED_OUT
                && htlc.line.isOurCommitment
                && htlc.sweptAt == 0
                && height >= htlc.spentAt + htlc.line.delay
                && isMined) {
            htlc.sweptAt = height;
        }
    }

    private boolean isRecognised(Line line) {
        return line.closedAt > 0 && height >= line.closedAt + RECOGNISED_BLOCKS;
    }

    /// The last blocks are replaced by one more than they were; what was in them is in none.
    private void reorganise(int depth) {
        int kept = height - depth;
        height++;
        for (Htlc htlc : htlcs) {
            if (htlc.sweptAt > kept) {
                htlc.sweptAt = 0;
            }
            boolean isSpent = htlc.where == Where.TIMED_OUT || htlc.where == Where.CLAIMED;
            if (isSpent && htlc.spentAt > kept) {
                htlc.where = Where.ON_CHAIN;
                htlc.spentAt = 0;
            }
        }
    }

    private void claim(Htlc htlc) {
        if (htlc.where == Where.OFFERED && !htlc.line.isBroadcast) {
            htlc.where = Where.SETTLED;
        } else if (htlc.where == Where.ON_CHAIN) {
            htlc.where = Where.CLAIMED;
            htlc.spentAt = height;
        }
    }

    private void takeBack(Htlc htlc) {
        if (htlc.where == Where.OFFERED && !htlc.line.isBroadcast) {
            htlc.where = Where.TAKEN_BACK;
        }
    }

    /// What the node concludes; it never takes that back.
    private void nodeLooks() {
        for (Htlc htlc : htlcs) {
            HtlcState seen =
                    switch (htlc.where) {
                        case OFFERED, ON_CHAIN -> HtlcState.IN_FLIGHT;
                        case TAKEN_BACK, TIMED_OUT -> HtlcState.FAILED;
                        case DROPPED ->
                                isRecognised(htlc.line) ? HtlcState.FAILED : HtlcState.IN_FLIGHT;
                        case SETTLED, CLAIMED -> HtlcState.SETTLED;
                    };
            if (htlc.told == HtlcState.IN_FLIGHT && seen != HtlcState.IN_FLIGHT) {
                htlc.told = seen;
                htlc.toldAt = Optional.of(Instant.ofEpochSecond(now));
            }
        }
    }

    /// The truth: something can still be claimed, was claimed, or may yet be sent.
    boolean isClaimable() {
        return !givenUp
                || ours().stream()
                        .anyMatch(
                                htlc ->
                                        switch (htlc.where) {
                                            case OFFERED, ON_CHAIN, SETTLED, CLAIMED -> true;
                                            case TAKEN_BACK, DROPPED -> false;
                                            case TIMED_OUT ->
                                                    height < htlc.spentAt + HtlcFate.BURIED_BLOCKS;
                                        });
    }

    /// True when an HTLC of another payment was claimed on chain, which cannot be told from one of ours.
    boolean isConfusing() {
        return htlcs.stream().anyMatch(htlc -> !htlc.isOurs && htlc.where == Where.CLAIMED);
    }

    boolean isOver() {
        return htlcs.stream().noneMatch(Htlc::isUnderWay)
                && lines.stream().allMatch(line -> !line.isBroadcast || isResolved(line));
    }

    /// What the node tells of the payment now.
    Payment payment() {
        return payment(false);
    }

    /// What is known of it when the node forgets its failed attempts before they were read.
    Payment paymentWithoutFailures() {
        return payment(true);
    }

    private Payment payment(boolean isForgetful) {
        TreeMap<Long, Attempt> attempts = new TreeMap<>();
        boolean isSettled = false;
        for (Htlc htlc : ours()) {
            isSettled |= htlc.told == HtlcState.SETTLED;
            boolean isForgotten = isForgetful && htlc.told == HtlcState.FAILED;
            attempts.put(
                    (long) attempts.size(),
                    new Attempt(
                            isForgotten ? HtlcState.IN_FLIGHT : htlc.told,
                            htlc.line.chanId,
                            Msat.of(htlc.amountSat * Msat.PER_SAT + 7),
                            Msat.of(7),
                            Instant.EPOCH,
                            isForgotten ? Optional.empty() : htlc.toldAt,
                            htlc.expiry));
        }
        PaymentState state =
                isSettled
                        ? PaymentState.SUCCEEDED
                        : givenUp ? PaymentState.FAILED : PaymentState.IN_FLIGHT;
        return new Payment(
                state, Instant.EPOCH, Msat.of(1), Msat.of(0), Optional.empty(), attempts);
    }

    /// What the node tells of its channels and transactions now.
    NodeChain chain() {
        Map<Long, Channel> channels = new HashMap<>();
        lines.forEach(line -> channels.put(line.chanId, channel(line)));
        Map<String, Integer> confirmedAt = new HashMap<>();
        for (int i = 0; i < htlcs.size(); i++) {
            Htlc htlc = htlcs.get(i);
            int at = htlc.line.isOurCommitment ? htlc.sweptAt : htlc.spentAt;
            if (htlc.where == Where.TIMED_OUT && at > 0) {
                confirmedAt.put("sweep" + i, at);
            }
        }
        return new NodeChain(
                height, Optional.of(Instant.ofEpochSecond(now)), channels, confirmedAt);
    }

    private boolean isResolved(Line line) {
        return isRecognised(line)
                && htlcs.stream()
                        .filter(htlc -> htlc.line == line)
                        .allMatch(
                                htlc ->
                                        !htlc.isUnderWay()
                                                && (htlc.where != Where.TIMED_OUT
                                                        || !line.isOurCommitment
                                                        || htlc.sweptAt > 0));
    }

    private Stage stage(Line line) {
        if (isResolved(line)) {
            return Stage.CLOSED;
        }
        if (isRecognised(line)) {
            return Stage.FORCE_CLOSING;
        }
        // The peer's own commitment is not noticed before it is recognised.
        return line.isBroadcast && line.isOurCommitment ? Stage.CLOSING : Stage.OPEN;
    }

    private Channel channel(Line line) {
        Stage stage = stage(line);
        TreeMap<String, Resolution> resolutions = new TreeMap<>();
        TreeMap<String, PendingHtlc> pending = new TreeMap<>();
        for (int i = 0; i < htlcs.size(); i++) {
            Htlc htlc = htlcs.get(i);
            if (htlc.line == line && stage == Stage.CLOSED) {
                resolve(htlc, i, resolutions);
            } else if (htlc.line == line && stage == Stage.FORCE_CLOSING) {
                leave(htlc, i, pending);
            }
        }
        return new Channel(
                stage,
                Instant.EPOCH,
                Optional.empty(),
                Msat.of(1),
                Msat.of(0),
                true,
                Channel.Opener.LOCAL,
                new TreeSet<>(List.of(line.chanId)),
                new Close(new TreeMap<>(), "", resolutions, new Pending(0, 1, 0, pending)),
                Channel.Links.NONE);
    }

    private static void resolve(Htlc htlc, int number, Map<String, Resolution> resolutions) {
        if (htlc.where == Where.CLAIMED) {
            resolutions.put("out:" + number, outgoing("CLAIMED", htlc, ""));
        } else if (htlc.where == Where.TIMED_OUT) {
            if (htlc.line.isOurCommitment) {
                resolutions.put("out:" + number, outgoing("FIRST_STAGE", htlc, "timeout" + number));
            }
            resolutions.put("second:" + number, outgoing("TIMEOUT", htlc, "sweep" + number));
        }
    }

    private static Resolution outgoing(String outcome, Htlc htlc, String sweepTxid) {
        return new Resolution("OUTGOING_HTLC", outcome, htlc.amountSat, sweepTxid);
    }

    /// A peer's commitment needs no first stage.
    private static void leave(Htlc htlc, int number, Map<String, PendingHtlc> pending) {
        if (htlc.where == Where.ON_CHAIN) {
            int stage = htlc.line.isOurCommitment ? 1 : 2;
            pending.put(
                    "out:" + number, new PendingHtlc(false, htlc.amountSat, htlc.expiry, stage));
        } else if (htlc.where == Where.TIMED_OUT
                && htlc.line.isOurCommitment
                && htlc.sweptAt == 0) {
            pending.put(
                    "second:" + number,
                    new PendingHtlc(false, htlc.amountSat, htlc.spentAt + htlc.line.delay, 2));
        }
    }
}
