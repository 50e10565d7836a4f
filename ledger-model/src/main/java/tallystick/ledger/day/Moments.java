package tallystick.ledger.day;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.EntryKey;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.StandingEntry;

/// When an item's movements happened: by the nodes where they know of it, else by the books. Immutable.
public final class Moments {
    private static final int IN = "in/".length();
    private static final int OUT = "out/".length();

    private final Item item;
    private final Optional<Instant> opened;
    private final Instant ofItem;

    /// @param opened the moment from which the ledger counts
    public Moments(Item item, Optional<Instant> opened) {
        this.item = item;
        this.opened = opened;
        this.ofItem = whole(item, opened);
    }

    /// The first of its settlements; else when it began, or was booked first.
    Instant ofItem() {
        return ofItem;
    }

    private static Instant whole(Item item, Optional<Instant> opened) {
        Instant first = Instant.MAX;
        for (Receipt receipt : item.receipts().values()) {
            first = receipt.isSettled() ? earlier(first, settled(receipt)) : first;
        }
        for (Payment payment : item.payments().values()) {
            first = payment.isSucceeded() ? earlier(first, resolved(payment)) : first;
        }
        if (first.equals(Instant.MAX) && item.facts().isPresent()) {
            first = of(item.facts().get(), opened);
        }
        return first.equals(Instant.MAX) ? withoutEnd(item) : first;
    }

    private static Instant withoutEnd(Item item) {
        Instant first = Instant.MAX;
        for (StandingEntry one : item.entries().values()) {
            first = earlier(first, one.entry().bookedAt());
        }
        if (!first.equals(Instant.MAX)) {
            return first;
        }
        for (Receipt receipt : item.receipts().values()) {
            first = earlier(first, settled(receipt));
        }
        for (Payment payment : item.payments().values()) {
            first = earlier(first, resolved(payment));
        }
        return first.equals(Instant.MAX) ? Instant.EPOCH : first;
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }

    private static Instant settled(Receipt receipt) {
        return receipt.settledAt().orElse(receipt.terms().createdAt());
    }

    private static Instant resolved(Payment payment) {
        return payment.resolvedAt().orElse(payment.createdAt());
    }

    private static Instant of(NodeFacts facts, Optional<Instant> opened) {
        return switch (facts) {
            case NodeFacts.Forward forward -> forward.settledAt();
            case NodeFacts.Refused refused -> refused.seenAt();
            case NodeFacts.Followed _ -> opened.orElse(Instant.EPOCH);
            case ChainTx tx -> tx.look().time();
            case Channel channel -> channel.openSeenAt().orElse(channel.stageSeenAt());
        };
    }

    /// When what a leg stands for happened; of a leg that the item does not know, when the item did.
    public Instant ofLeg(String leg) {
        if (leg.startsWith("book/")) {
            return booked(leg);
        }
        if (leg.startsWith("in/")) {
            return received(leg);
        }
        if (leg.startsWith("out/")) {
            return sent(leg);
        }
        if (leg.startsWith("opened")) {
            return opened.orElse(ofItem);
        }
        if ((leg.equals("limbo") || leg.startsWith("cost"))
                && item.facts().orElse(null) instanceof Channel channel) {
            return channel.stageSeenAt();
        }
        return ofItem;
    }

    private Instant booked(String leg) {
        if (item.entries().size() == 1) {
            return item.entries().values().iterator().next().entry().bookedAt();
        }
        for (Map.Entry<EntryKey, StandingEntry> one : item.entries().entrySet()) {
            EntryKey key = one.getKey();
            if (leg.equals("book/" + key.source() + '/' + key.entryId())) {
                return one.getValue().entry().bookedAt();
            }
        }
        return ofItem;
    }

    /// `in/<node>/<channel>/<index>`: each part arrives for itself, also after the first settlement.
    private Instant received(String leg) {
        int afterNode = leg.indexOf('/', IN);
        int afterChannel = afterNode < 0 ? -1 : leg.indexOf('/', afterNode + 1);
        if (afterChannel < 0) {
            return firstSettled();
        }
        Receipt.HtlcKey key =
                new Receipt.HtlcKey(
                        Long.parseUnsignedLong(leg, afterNode + 1, afterChannel, 10),
                        Long.parseUnsignedLong(leg, afterChannel + 1, leg.length(), 10));
        for (Map.Entry<NodeId, Receipt> one : item.receipts().entrySet()) {
            Receipt.Htlc htlc = one.getValue().htlcs().get(key);
            if (htlc != null && htlc.resolvedAt() > 0 && isOf(one.getKey(), leg, IN, afterNode)) {
                return Instant.ofEpochSecond(htlc.resolvedAt());
            }
        }
        return firstSettled();
    }

    private Instant firstSettled() {
        Instant first = Instant.MAX;
        for (Receipt receipt : item.receipts().values()) {
            first = earlier(first, settled(receipt));
        }
        return first.equals(Instant.MAX) ? ofItem : first;
    }

    /// `out/<node>/<attempt>/amount`
    private Instant sent(String leg) {
        int afterNode = leg.indexOf('/', OUT);
        int afterAttempt = leg.indexOf('/', afterNode + 1);
        int end = afterAttempt < 0 ? leg.length() : afterAttempt;
        for (Map.Entry<NodeId, Payment> one : item.payments().entrySet()) {
            if (isOf(one.getKey(), leg, OUT, afterNode)) {
                Payment payment = one.getValue();
                return leg.startsWith("rest", afterNode + 1)
                        ? resolved(payment)
                        : attempt(payment, Long.parseUnsignedLong(leg, afterNode + 1, end, 10));
            }
        }
        return ofItem;
    }

    /// Legs name nodes by the beginning of their keys.
    private static boolean isOf(NodeId node, String leg, int from, int to) {
        return node.pubkey().regionMatches(0, leg, from, to - from);
    }

    private static Instant attempt(Payment payment, long id) {
        Payment.Attempt attempt = payment.attempts().get(id);
        return attempt == null ? resolved(payment) : attempt.resolvedAt().orElse(resolved(payment));
    }
}
