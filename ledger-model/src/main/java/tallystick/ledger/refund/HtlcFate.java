package tallystick.ledger.refund;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tallystick.ledger.Msat;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.PendingHtlc;
import tallystick.ledger.item.Channel.Resolution;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment.Attempt;

/// What can still become of one attempt's HTLC.
///
/// An HTLC of an open channel is over when the node says that it failed: then it is in neither side's commitment any more. One
/// that was in the commitment that closed its channel can be claimed with the preimage until the transaction that times it out
/// is in a block, even long after its expiry; it is over when that transaction is buried. lnd does not tell which output belongs
/// to which payment, so each output that may be this HTLC's counts as it.
final class HtlcFate {
    /// So many blocks on top of a transaction's own, and no reorganisation is expected to take it back.
    static final int BURIED_BLOCKS = 3;

    /// The first block that may hold a transaction which times an HTLC out comes after the one of its expiry height.
    private static final int AFTER_EXPIRY = 1;

    /// lnd's words, see `ResolutionType` and `ResolutionOutcome`.
    private static final String OUTGOING = "OUTGOING_HTLC";

    private static final String CLAIMED = "CLAIMED";
    private static final String TIMEOUT = "TIMEOUT";

    /// What times out an HTLC of our own commitment; its output comes back to us later, as `TIMEOUT`.
    private static final String FIRST_STAGE = "FIRST_STAGE";

    private final NodeChain chain;

    HtlcFate(NodeChain chain) {
        this.chain = chain;
    }

    /// @param paymentEndedAt when the node says that the payment ended; empty while it has not
    Fate of(Attempt attempt, Optional<Instant> paymentEndedAt) {
        if (attempt.state() == HtlcState.SETTLED) {
            return new Fate.Claimed("settled: the payee claimed it");
        }
        Channel channel = chain.channels().get(attempt.chanId());
        if (channel == null) {
            return open(
                    "its channel is not known (expected: told once the node's channels are read)",
                    expired(attempt));
        }
        return attempt.state() == HtlcState.FAILED
                ? ofFailed(attempt, channel, paymentEndedAt)
                : ofInFlight(attempt, channel);
    }

    private Fate ofFailed(Attempt attempt, Channel channel, Optional<Instant> paymentEndedAt) {
        Optional<Instant> failedAt = attempt.resolvedAt().or(() -> paymentEndedAt);
        if (failedAt.filter(chain::isReadUntil).isEmpty()) {
            return open(
                    "the node's channels to be read past the moment at which it failed",
                    OptionalInt.empty());
        }
        return switch (channel.stage()) {
            case PENDING_OPEN, OPEN, OPEN_FAILED -> new Fate.Failed("failed: taken back off chain");
            case CLOSING, FORCE_CLOSING -> ofClosing(attempt, channel);
            case CLOSED -> ofClosed(attempt, channel, true);
        };
    }

    private Fate ofInFlight(Attempt attempt, Channel channel) {
        return switch (channel.stage()) {
            case PENDING_OPEN, OPEN, OPEN_FAILED ->
                    open(
                            "in flight until block %d; the payee may claim it until it is taken back or timed out"
                                    .formatted(attempt.expiryHeight()),
                            expired(attempt));
            case CLOSING, FORCE_CLOSING -> ofClosing(attempt, channel);
            case CLOSED -> ofClosed(attempt, channel, false);
        };
    }

    /// lnd tells how the outputs ended only once all of them have.
    private Fate ofClosing(Attempt attempt, Channel channel) {
        for (Map.Entry<String, PendingHtlc> one : channel.close().pending().htlcs().entrySet()) {
            PendingHtlc htlc = one.getValue();
            if (mayBe(attempt, htlc)) {
                return open(
                        "the HTLC %s of its closed channel to be timed out and resolved (%d sat, stage %d, block %d)"
                                .formatted(
                                        one.getKey(),
                                        htlc.amountSat(),
                                        htlc.stage(),
                                        htlc.maturityHeight()),
                        OptionalInt.of(
                                Math.max(
                                        expired(attempt).orElse(0),
                                        htlc.maturityHeight() + AFTER_EXPIRY + BURIED_BLOCKS)));
            }
        }
        return open(
                channel.stage() == Stage.CLOSING
                        ? "the close of its channel to be confirmed"
                        : "all outputs of its closed channel to be resolved",
                attempt.state() == HtlcState.FAILED ? next() : expired(attempt));
    }

    private Fate ofClosed(Attempt attempt, Channel channel, boolean isToldFailed) {
        Map<String, Resolution> resolutions = channel.close().resolutions();
        boolean isTimedOut = false;
        for (Map.Entry<String, Resolution> one : resolutions.entrySet()) {
            Resolution resolution = one.getValue();
            if (!resolution.type().equals(OUTGOING) || resolution.outcome().equals(FIRST_STAGE)) {
                continue;
            }
            boolean isSame = resolution.amountSat() == sat(attempt);
            boolean mayBe = resolution.amountSat() <= sat(attempt);
            if (resolution.outcome().equals(CLAIMED) && (isToldFailed ? isSame : mayBe)) {
                return new Fate.Claimed(
                        "the peer claimed an HTLC of %d sat on chain, %s: it may be this one"
                                .formatted(resolution.amountSat(), one.getKey()));
            }
            if (!resolution.outcome().equals(CLAIMED) && mayBe) {
                Optional<Fate> unburied = unburied(resolution);
                if (unburied.isPresent()) {
                    return unburied.get();
                }
                isTimedOut |= isSame && resolution.outcome().equals(TIMEOUT);
            }
        }
        if (isTimedOut) {
            return new Fate.Failed("timed out on chain, %d blocks deep".formatted(BURIED_BLOCKS));
        }
        return isToldFailed
                ? new Fate.Failed("failed: it was not in the commitment that closed its channel")
                : open("the node to say how it ended: its channel is closed", next());
    }

    /// Not what is certainly another: an HTLC pays no more than was sent, and the first stage of ours ends at its expiry.
    private static boolean mayBe(Attempt attempt, PendingHtlc htlc) {
        boolean isOther = htlc.stage() == 1 && htlc.maturityHeight() != attempt.expiryHeight();
        return !htlc.isIncoming() && htlc.amountSat() <= sat(attempt) && !isOther;
    }

    /// What is left to wait for when an output was not claimed by the peer.
    private Optional<Fate> unburied(Resolution resolution) {
        String txid = resolution.sweepTxid();
        Integer at = chain.confirmedAt().get(txid);
        if (at == null) {
            return Optional.of(
                    open(
                            "transaction %s, which times it out, to be confirmed and %d blocks deep"
                                    .formatted(txid.isEmpty() ? "(not told)" : txid, BURIED_BLOCKS),
                            OptionalInt.of(chain.height() + AFTER_EXPIRY + BURIED_BLOCKS)));
        }
        int deep = at + BURIED_BLOCKS;
        return chain.height() >= deep
                ? Optional.empty()
                : Optional.of(
                        open(
                                "transaction %s, which times it out, to be %d blocks deep: block %d"
                                        .formatted(txid, BURIED_BLOCKS, deep),
                                OptionalInt.of(deep)));
    }

    /// When it can be timed out and buried at the earliest, and not before the next block: up to this one nothing was seen of it.
    private OptionalInt expired(Attempt attempt) {
        return OptionalInt.of(
                Math.max(
                        attempt.expiryHeight() + AFTER_EXPIRY + BURIED_BLOCKS, chain.height() + 1));
    }

    private OptionalInt next() {
        return OptionalInt.of(chain.height() + 1);
    }

    private static long sat(Attempt attempt) {
        return attempt.total().value() / Msat.PER_SAT;
    }

    private static Fate open(String waitsFor, OptionalInt notBefore) {
        return new Fate.Open(waitsFor, notBefore);
    }
}
