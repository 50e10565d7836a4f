package tallystick.reconcile.model;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.StandingEntry;
import tallystick.ledger.mismatch.Outcome;

/// What the ledger's accounts must hold, as sums over all items: nothing is stored, nothing is subtracted from before.
/// Debits are positive. Unit: msat.
final class NaiveBooks {
    private NaiveBooks() {}

    /// What is left of an item's entries once reversals have taken theirs.
    static List<BookEntry> net(Item item) {
        List<BookEntry> all = item.entries().values().stream().map(StandingEntry::entry).toList();
        return all.stream()
                .filter(entry -> entry.kind() != EntryKind.REVERSAL)
                .filter(entry -> !isTakenBack(entry, all, new HashSet<>()))
                .toList();
    }

    private static boolean isTakenBack(
            BookEntry entry, Collection<BookEntry> all, Set<String> asking) {
        if (!asking.add(entry.source() + "/" + entry.entryId())) {
            return false;
        }
        for (BookEntry other : all) {
            if (other.kind() == EntryKind.REVERSAL
                    && other.source().equals(entry.source())
                    && other.reverses().orElseThrow().equals(entry.entryId())
                    && other.amount().equals(entry.amount())
                    && !isTakenBack(other, all, new HashSet<>(asking))) {
                return true;
            }
        }
        return false;
    }

    /// @param roundingMsat what the rules let go as rounding
    static Map<String, Long> balances(Item item, long roundingMsat) {
        Map<String, Long> sums = new TreeMap<>();
        item.receipts().forEach((node, receipt) -> addReceipt(sums, node, receipt));
        item.payments().forEach((node, payment) -> addPayment(sums, node, payment));
        item.facts().ifPresent(facts -> addFacts(sums, item, facts));
        for (BookEntry entry : net(item)) {
            switch (entry.kind().effect()) {
                case MONEY_IN ->
                        move(sums, "clearing", "books:" + entry.account(), entry.amount().value());
                case MONEY_OUT ->
                        move(sums, "books:" + entry.account(), "clearing", entry.amount().value());
                case NONE, OPPOSITE -> {
                    // Moves nothing.
                }
            }
        }
        move(sums, "clearing", "rounding", roundingMsat);
        sums.values().removeIf(sum -> sum == 0);
        return sums;
    }

    /// What people moved from clearing.
    static Map<String, Long> adjustments(Outcome outcome) {
        Map<String, Long> sums = new TreeMap<>();
        for (Outcome.Judged one : outcome.findings()) {
            one.by()
                    .filter(_ -> one.standing() == Outcome.Standing.RESOLVED)
                    .ifPresent(
                            by ->
                                    move(
                                            sums,
                                            "clearing",
                                            "books:" + by.account(),
                                            by.adjustmentMsat()));
        }
        sums.values().removeIf(sum -> sum == 0);
        return sums;
    }

    static void add(Map<String, Long> sums, Map<String, Long> more) {
        more.forEach((account, sum) -> sums.merge(account, sum, Math::addExact));
        sums.values().removeIf(sum -> sum == 0);
    }

    private static void addReceipt(Map<String, Long> sums, NodeId node, Receipt receipt) {
        if (!receipt.isSettled()) {
            return;
        }
        long told = 0;
        for (var htlc : receipt.htlcs().entrySet()) {
            if (htlc.getValue().state() == HtlcState.SETTLED) {
                long amount = htlc.getValue().amount().value();
                move(sums, channel(node, htlc.getKey().chanId()), "clearing", amount);
                told += amount;
            }
        }
        move(
                sums,
                "node:" + node + ":channel:unknown",
                "clearing",
                receipt.received().value() - told);
    }

    private static void addPayment(Map<String, Long> sums, NodeId node, Payment payment) {
        boolean isTold = false;
        for (Payment.Attempt attempt : payment.attempts().values()) {
            if (attempt.state() == HtlcState.SETTLED) {
                isTold = true;
                move(sums, "clearing", channel(node, attempt.chanId()), attempt.total().value());
            }
        }
        if (!isTold && payment.isSucceeded()) {
            move(
                    sums,
                    "clearing",
                    "node:" + node + ":channel:unknown",
                    payment.amount().value() + payment.fee().value());
        }
    }

    private static void addFacts(Map<String, Long> sums, Item item, NodeFacts facts) {
        if (facts instanceof NodeFacts.Refused || facts instanceof NodeFacts.Followed) {
            return; // Moves nothing.
        }
        NodeId node = item.key().node().orElseThrow();
        switch (facts) {
            case NodeFacts.Forward one -> {
                String in = channel(node, one.chanIn());
                move(sums, in, channel(node, one.chanOut()), one.amountOut().value());
                move(sums, in, "clearing", one.amountIn().value() - one.amountOut().value());
            }
            case ChainTx one -> {
                move(sums, "node:" + node + ":wallet", "clearing", one.changeSat() * 1_000);
                one.openings()
                        .forEach(
                                (point, capacity) ->
                                        move(
                                                sums,
                                                "node:" + node + ":channel:" + point,
                                                "clearing",
                                                capacity.value()));
            }
            case NodeFacts.Refused _, NodeFacts.Followed _ -> {
                // As above.
            }
            case Channel one -> {
                String account = "node:" + node + ":" + item.key().reference().text();
                if (one.opener() == Channel.Opener.LOCAL) {
                    move(sums, "clearing", account, one.push().value());
                } else if (one.opener() == Channel.Opener.REMOTE) {
                    move(sums, account, "clearing", one.push().value());
                }
            }
        }
    }

    private static String channel(NodeId node, long chanId) {
        return "node:" + node + ":scid:" + Long.toUnsignedString(chanId);
    }

    private static void move(Map<String, Long> sums, String debit, String credit, long amount) {
        sums.merge(debit, amount, Math::addExact);
        sums.merge(credit, -amount, Math::addExact);
    }
}
