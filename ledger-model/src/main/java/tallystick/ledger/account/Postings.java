package tallystick.ledger.account;

import static tallystick.ledger.account.Account.CLEARING;
import static tallystick.ledger.account.Account.OPENING;
import static tallystick.ledger.account.Account.ROUNDING;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opener;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Opening;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;

/// What an item should have posted, leg by leg. Pure: the same item always gives the same legs.
///
/// A leg's name tells the movement that it stands for, so that the difference to what was posted before is found leg by leg.
public final class Postings {
    /// The leg that moves what was in a channel when it ended.
    public static final String LIMBO = "limbo";

    /// The leg of what an account was opened with.
    private static final String OPENED = "opened";

    private static final int NAME_LENGTH = 18;

    private Postings() {}

    /// @param roundingMsat the residue that a rounding rule accepts; 0 for none
    public static SortedMap<String, Transfer> of(Item item, long roundingMsat) {
        return of(item, roundingMsat, Opening.NONE);
    }

    /// @param opening the moment from which the ledger counts: what lies before posts nothing
    public static SortedMap<String, Transfer> of(Item whole, long roundingMsat, Opening opening) {
        SortedMap<String, Transfer> legs = new TreeMap<>();
        Item item = opening.counted(whole);
        item.receipts().forEach((node, receipt) -> addReceipt(legs, node, receipt));
        item.payments().forEach((node, payment) -> addPayment(legs, node, payment));
        // What belongs to no node moves nothing.
        node(item)
                .ifPresent(
                        node ->
                                item.facts()
                                        .ifPresent(
                                                facts ->
                                                        addFacts(
                                                                legs, node, item, facts, opening)));
        if (opening.isBefore(whole, item)) {
            // What a group took over from it, such as a day's entry that covers it too.
            add(legs, "opening", OPENING, CLEARING, -whole.allocatedMsat());
        }
        addBooks(legs, NetBooks.of(item.entries()));
        if (roundingMsat > 0) {
            legs.put("rounding", new Transfer(CLEARING, ROUNDING, Msat.of(roundingMsat)));
        } else if (roundingMsat < 0) {
            legs.put("rounding", new Transfer(ROUNDING, CLEARING, Msat.of(-roundingMsat)));
        }
        return legs;
    }

    /// What the legs of `of` put on clearing, without making them. Unit: msat.
    ///
    /// @param books the item's
    /// @param roundingMsat as for `of`
    public static long ownResidueMsat(Item item, NetBooks books, long roundingMsat) {
        long sum = -roundingMsat;
        for (Receipt receipt : item.receipts().values()) {
            if (receipt.isSettled()) {
                sum = Math.addExact(sum, receipt.received().value());
            }
        }
        for (Payment payment : item.payments().values()) {
            sum = Math.subtractExact(sum, leftMsat(payment));
        }
        for (BookEntry entry : books.net()) {
            sum = Math.subtractExact(sum, entry.incomeMsat());
        }
        return sum;
    }

    /// What left by a payment, fee included: of its settled attempts where there are any.
    private static long leftMsat(Payment payment) {
        OptionalLong settled = payment.settledMsat(attempt -> attempt.total().value());
        if (settled.isPresent() || !payment.isSucceeded()) {
            return settled.orElse(0);
        }
        return Math.addExact(payment.amount().value(), payment.fee().value());
    }

    /// What an item leaves on clearing: its own legs, and what it took over from other items. Unit: msat.
    ///
    /// @param legs as `of` gave them
    public static long residueMsat(Item item, Map<String, Transfer> legs) {
        return Math.addExact(residueMsat(legs), item.allocatedMsat());
    }

    /// The sum of what the legs put on clearing, credits less debits. Unit: msat.
    public static long residueMsat(Map<String, Transfer> legs) {
        long sum = 0;
        for (Transfer transfer : legs.values()) {
            sum = Math.addExact(sum, transfer.residueMsat());
        }
        return sum;
    }

    /// The transfers that lead from what was posted to what should be: a changed leg is taken back and posted anew.
    public static List<Posting> difference(
            Map<String, Transfer> posted, Map<String, Transfer> should) {
        List<Posting> result = new ArrayList<>();
        posted.forEach(
                (leg, transfer) -> {
                    if (!transfer.equals(should.get(leg))) {
                        result.add(new Posting(leg, transfer.reversed()));
                    }
                });
        should.forEach(
                (leg, transfer) -> {
                    if (!transfer.equals(posted.get(leg))) {
                        result.add(new Posting(leg, transfer));
                    }
                });
        return result;
    }

    /// A transfer with the name of its leg.
    public record Posting(String leg, Transfer transfer) {}

    /// Enough of a node's key to tell the nodes of one item apart; the accounts of the leg name it in full.
    private static String name(NodeId node) {
        return node.pubkey().substring(0, NAME_LENGTH);
    }

    private static void addReceipt(SortedMap<String, Transfer> legs, NodeId node, Receipt receipt) {
        if (!receipt.isSettled()) {
            return;
        }
        long rest = receipt.received().value();
        for (Map.Entry<Receipt.HtlcKey, Receipt.Htlc> entry : receipt.htlcs().entrySet()) {
            Receipt.Htlc htlc = entry.getValue();
            if (htlc.state() == HtlcState.SETTLED) {
                Account channel = Account.channel(node, entry.getKey().chanId());
                add(
                        legs,
                        "in/"
                                + name(node)
                                + '/'
                                + Long.toUnsignedString(entry.getKey().chanId())
                                + '/'
                                + Long.toUnsignedString(entry.getKey().index()),
                        channel,
                        CLEARING,
                        htlc.amount().value());
                rest -= htlc.amount().value();
            }
        }
        add(legs, "in/" + name(node) + "/rest", Account.unknownChannel(node), CLEARING, rest);
    }

    private static void addPayment(SortedMap<String, Transfer> legs, NodeId node, Payment payment) {
        long amountRest = payment.isSucceeded() ? payment.amount().value() : 0;
        long feeRest = payment.isSucceeded() ? payment.fee().value() : 0;
        for (Map.Entry<Long, Payment.Attempt> entry : payment.attempts().entrySet()) {
            Payment.Attempt attempt = entry.getValue();
            if (attempt.state() == HtlcState.SETTLED) {
                String leg = "out/" + name(node) + '/' + Long.toUnsignedString(entry.getKey());
                Account channel = Account.channel(node, attempt.chanId());
                long amount = attempt.total().value() - attempt.fee().value();
                add(legs, leg + "/amount", CLEARING, channel, amount);
                add(legs, leg + "/fee", CLEARING, channel, attempt.fee().value());
                amountRest -= amount;
                feeRest -= attempt.fee().value();
            }
        }
        if (payment.attempts().values().stream()
                .noneMatch(attempt -> attempt.state() == HtlcState.SETTLED)) {
            Account channel = Account.unknownChannel(node);
            add(legs, "out/" + name(node) + "/rest/amount", CLEARING, channel, amountRest);
            add(legs, "out/" + name(node) + "/rest/fee", CLEARING, channel, feeRest);
        }
    }

    /// The node whose accounts an item's facts move.
    private static Optional<NodeId> node(Item item) {
        return item.key().reference() instanceof Reference.OfNode(NodeId node)
                ? Optional.of(node)
                : item.key().node();
    }

    private static void addFacts(
            SortedMap<String, Transfer> legs,
            NodeId node,
            Item item,
            NodeFacts facts,
            Opening opening) {
        switch (facts) {
            case NodeFacts.Forward forward -> {
                Account in = Account.channel(node, forward.chanIn());
                Account out = Account.channel(node, forward.chanOut());
                // In and out by the same channel moves nothing between accounts; only the fee
                // stays.
                if (!in.equals(out)) {
                    add(legs, "forward/on", in, out, forward.amountOut().value());
                }
                add(legs, "forward/fee", in, CLEARING, forward.fee().value());
            }
            case ChainTx tx -> addTransaction(legs, node, tx);
            case Channel channel -> addChannel(legs, node, item, channel, opening);
            case NodeFacts.Followed followed ->
                    followed.walletOpenedMsat()
                            .ifPresent(
                                    msat -> add(legs, OPENED, Account.wallet(node), OPENING, msat));
            case NodeFacts.Refused _ -> {
                // Moves nothing until it is applied, and then the item that it is about does.
            }
        }
    }

    /// What the wallet gains or loses; what of it opened channels; what of it came home from closed ones.
    private static void addTransaction(SortedMap<String, Transfer> legs, NodeId node, ChainTx tx) {
        add(legs, "wallet", Account.wallet(node), CLEARING, msat(tx.changeSat()));
        tx.openings()
                .forEach(
                        (point, capacity) -> {
                            if (!tx.links().failed().contains(point)) {
                                add(
                                        legs,
                                        "open/" + point,
                                        Account.channel(node, point),
                                        CLEARING,
                                        capacity.value());
                            }
                        });
        tx.links()
                .returnsSat()
                .forEach(
                        (point, sat) ->
                                add(
                                        legs,
                                        "return/" + point,
                                        CLEARING,
                                        Account.limbo(node, point),
                                        msat(sat)));
    }

    /// What was pushed at the opening; at the end, all of the claim goes to limbo, and what does not come home from there is the
    /// cost of the close.
    private static void addChannel(
            SortedMap<String, Transfer> legs,
            NodeId node,
            Item item,
            Channel channel,
            Opening opening) {
        if (!(item.key().reference() instanceof Reference.Channel reference)
                || channel.stage() == Channel.Stage.OPEN_FAILED) {
            return;
        }
        Account account = Account.channel(node, reference.point());
        long push = channel.push().value();
        if (channel.opener() == Opener.LOCAL) {
            add(legs, "push", CLEARING, account, push);
        } else if (channel.opener() == Opener.REMOTE) {
            add(legs, "push", account, CLEARING, push);
        }
        if (channel.isEnded()) {
            Account limbo = Account.limbo(node, reference.point());
            channel.links()
                    .claim()
                    .ifPresent(claim -> add(legs, LIMBO, limbo, account, claim.msat()));
            if (opening.isEndedBefore(channel)) {
                // What comes home was in limbo when the ledger began.
                long back = msat(channel.links().countedSat());
                long claim = channel.links().claim().map(Channel.Claim::msat).orElse(0L);
                add(legs, OPENED, limbo, OPENING, Math.subtractExact(back, claim));
            } else if (channel.isResolved() && channel.costMsat().isPresent()) {
                long open = Opening.openMsat(item, channel);
                long cost = channel.costMsat().getAsLong();
                add(legs, "cost", CLEARING, limbo, Math.subtractExact(cost, open));
                add(legs, "cost/open", OPENING, limbo, open);
            }
        }
        if (channel.links().opened().isPresent()) {
            long opened = channel.links().opened().get().msat();
            add(legs, OPENED + "/channel", account, OPENING, opened);
        }
    }

    private static long msat(long sat) {
        return Math.multiplyExact(sat, Msat.PER_SAT);
    }

    private static void addBooks(SortedMap<String, Transfer> legs, NetBooks books) {
        for (BookEntry entry : books.all()) {
            Optional<BookEntry> reversed = books.reversedBy(entry);
            BookEntry effective = reversed.orElse(entry);
            String leg = "book/" + entry.source() + '/' + entry.entryId();
            // A reversal that waits for its entry has not moved anything yet.
            long income = effective.incomeMsat();
            Account account = Account.books(effective.account());
            add(legs, leg, CLEARING, account, reversed.isEmpty() ? income : -income);
        }
    }

    /// A negative amount goes the other way; nothing is posted for zero.
    private static void add(
            SortedMap<String, Transfer> legs,
            String leg,
            Account debit,
            Account credit,
            long amountMsat) {
        if (amountMsat > 0) {
            legs.put(leg, new Transfer(debit, credit, Msat.of(amountMsat)));
        } else if (amountMsat < 0) {
            legs.put(leg, new Transfer(credit, debit, Msat.of(-amountMsat)));
        }
    }
}
