package tallystick.ledger.day;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.mismatch.Verdict.PairVerdict;

/// What an item adds to business days. Pure: it follows from the item, how it stands and what it has posted alone, so that
/// what a batch changes is what its items add after it less what they added before.
public final class DayFacts {
    /// A day of any zone begins with a quarter hour of UTC.
    public static final int SLOT_SECONDS = 900;

    private static final String NODE = "node:";
    private static final String WALLET = "wallet";
    private static final String OPENING_FEE = "open fee";
    private static final int KEY_END = NODE.length() + 66;

    private final Item item;
    private final DayTotals totals;
    private final long sign;
    private final Moments moments;
    private final long openingFeeMsat;

    private DayFacts(Item item, Moments moments, long openingFeeMsat, DayTotals totals, long sign) {
        this.item = item;
        this.moments = moments;
        this.openingFeeMsat = openingFeeMsat;
        this.totals = totals;
        this.sign = sign;
    }

    /// How an item stands.
    ///
    /// @param state a name of `Verdict.State`
    /// @param pairs each (node, reference) with entries
    public record Stand(String state, List<PairVerdict> pairs) {
        public Stand {
            pairs = List.copyOf(pairs);
        }
    }

    /// Adds what the item says.
    ///
    /// @param legs what it has posted
    /// @param residueMsat what it leaves on clearing
    /// @param opened the moment from which the ledger counts
    /// @param sign 1 to add, -1 to take back
    public static void add(
            Item item,
            Stand stand,
            Map<String, Transfer> legs,
            long residueMsat,
            Optional<Instant> opened,
            DayTotals totals,
            int sign) {
        DayFacts facts =
                new DayFacts(
                        item, new Moments(item, opened), openingFeeMsat(item, legs), totals, sign);
        facts.addStand(stand, residueMsat);
        legs.forEach(facts::addLeg);
        facts.addUnderWay();
    }

    private void addStand(Stand stand, long residueMsat) {
        int slot = slot(moments.ofItem());
        for (PairVerdict pair : stand.pairs()) {
            add(
                    slot,
                    pair.node(),
                    Subject.REFERENCE,
                    pair.state().name(),
                    "",
                    1,
                    pair.bookedMsat());
        }
        if (residueMsat != 0) {
            add(slot, "", Subject.RESIDUE, stand.state(), "", 1, residueMsat);
        }
    }

    private void addLeg(String leg, Transfer transfer) {
        int slot = slot(moments.ofLeg(leg));
        if (leg.equals(WALLET) && openingFeeMsat != 0) {
            // Told apart from what the channels took, which is no cost.
            Account wallet = Account.wallet(item.key().node().orElseThrow());
            long whole =
                    transfer.debit().equals(wallet)
                            ? transfer.amount().value()
                            : -transfer.amount().value();
            addNode(slot, OPENING_FEE, wallet.name(), -openingFeeMsat);
            addNode(slot, "open", wallet.name(), whole + openingFeeMsat);
            return;
        }
        addSide(slot, leg, transfer.debit(), transfer.amount().value());
        addSide(slot, leg, transfer.credit(), -transfer.amount().value());
    }

    private void addSide(int slot, String leg, Account account, long msat) {
        if (account.equals(Account.CLEARING)) {
            return;
        }
        String name = account.name();
        if (name.startsWith(NODE)) {
            addNode(slot, movement(leg, name.substring(KEY_END + 1), msat), name, msat);
        } else {
            add(slot, "", Subject.ACCOUNT, first(leg), name, 1, msat);
        }
    }

    private void addNode(int slot, String kind, String account, long msat) {
        add(slot, node(account), Subject.MOVEMENT, kind, account.substring(KEY_END + 1), 1, msat);
    }

    /// The key of an account's node; mostly one that the item has at hand, and whose hash is known.
    private String node(String account) {
        for (NodeId one : item.receipts().keySet()) {
            if (account.startsWith(one.pubkey(), NODE.length())) {
                return one.pubkey();
            }
        }
        for (NodeId one : item.payments().keySet()) {
            if (account.startsWith(one.pubkey(), NODE.length())) {
                return one.pubkey();
            }
        }
        return account.substring(NODE.length(), KEY_END);
    }

    /// What a transaction that opened channels took beyond their capacity, as `ledger.node_transaction` counts it.
    private static long openingFeeMsat(Item item, Map<String, Transfer> legs) {
        Transfer wallet = legs.get(WALLET);
        if (wallet == null || legs.keySet().stream().noneMatch(leg -> leg.startsWith("open/"))) {
            return 0;
        }
        long sum = 0;
        for (Map.Entry<String, Transfer> leg : legs.entrySet()) {
            // Wraps rather than fails where amounts are told that together cannot be: a batch must
            // not hang on them.
            sum += leg.getKey().startsWith("book/") ? 0 : own(leg.getValue());
        }
        return item.key().node().isEmpty() ? 0 : -sum;
    }

    private static long own(Transfer transfer) {
        long msat = transfer.amount().value();
        long in = transfer.debit().name().startsWith(NODE) ? msat : 0;
        return transfer.credit().name().startsWith(NODE) ? in - msat : in;
    }

    /// In the words of `ledger.channel_result`.
    private String movement(String leg, String place, long msat) {
        return switch (first(leg)) {
            case "in" -> isRebalance() ? "rebalanced in" : "received";
            case "out" ->
                    leg.endsWith("/fee")
                            ? isRebalance() ? "rebalancing fee" : "fee"
                            : isRebalance() ? "rebalanced out" : "sent";
            case "forward" ->
                    leg.endsWith("/fee") ? "income" : msat > 0 ? "forwarded in" : "forwarded out";
            case WALLET -> msat > 0 ? "wallet in" : "wallet out";
            case "push" -> msat > 0 ? "push in" : "push out";
            case "limbo" -> place.startsWith("limbo") ? "closing in" : "closing out";
            case "opened" -> "opened with";
            default -> first(leg); // `open`, `return`, `cost`
        };
    }

    /// A payment to ourselves, or to another node of the fleet.
    private boolean isRebalance() {
        if (item.payments().isEmpty() || item.receipts().isEmpty()) {
            return false; // As nearly all.
        }
        return item.payments().values().stream().anyMatch(Payment::isSucceeded)
                && item.receipts().values().stream().anyMatch(Receipt::isSettled);
    }

    private static String first(String leg) {
        int slash = leg.indexOf('/');
        return slash < 0 ? leg : leg.substring(0, slash);
    }

    private void addUnderWay() {
        String reference = item.key().text();
        item.receipts()
                .forEach(
                        (node, receipt) ->
                                receipt.htlcs()
                                        .values()
                                        .forEach(
                                                htlc ->
                                                        addReceiving(
                                                                node.pubkey(),
                                                                reference,
                                                                receipt,
                                                                htlc)));
        item.payments()
                .forEach(
                        (node, payment) ->
                                payment.attempts()
                                        .values()
                                        .forEach(one -> addSending(node.pubkey(), reference, one)));
    }

    private void addReceiving(String node, String reference, Receipt receipt, Receipt.Htlc htlc) {
        boolean isOver =
                htlc.state() != HtlcState.IN_FLIGHT || receipt.state() == ReceiptState.CANCELED;
        Instant begin =
                htlc.acceptedAt() == 0
                        ? receipt.terms().createdAt()
                        : Instant.ofEpochSecond(htlc.acceptedAt());
        Optional<Instant> end =
                isOver
                        ? Optional.of(
                                htlc.resolvedAt() == 0
                                        ? begin
                                        : Instant.ofEpochSecond(htlc.resolvedAt()))
                        : Optional.empty();
        addSpan(node, reference, htlc.expiryHeight(), begin, end, htlc.amount().value());
    }

    private void addSending(String node, String reference, Payment.Attempt attempt) {
        boolean isOver = attempt.state() != HtlcState.IN_FLIGHT;
        Optional<Instant> end =
                isOver
                        ? Optional.of(attempt.resolvedAt().orElse(attempt.sentAt()))
                        : Optional.empty();
        addSpan(
                node,
                reference,
                attempt.expiryHeight(),
                attempt.sentAt(),
                end,
                -attempt.total().value());
    }

    /// What begins and ends within a quarter hour was under way at no day's end, and leaves no line.
    private void addSpan(
            String node,
            String reference,
            int height,
            Instant begin,
            Optional<Instant> end,
            long msat) {
        int from = slot(begin);
        int to = end.map(DayFacts::slot).orElse(Integer.MAX_VALUE);
        if (to <= from) {
            return;
        }
        String place = Integer.toString(height);
        add(from, node, Subject.UNDER_WAY, reference, place, 1, msat);
        if (end.isPresent()) {
            add(to, node, Subject.UNDER_WAY, reference, place, -1, -msat);
        }
    }

    private void add(
            int slot,
            String node,
            Subject subject,
            String name,
            String place,
            long count,
            long msat) {
        totals.add(new DayTotals.Line(slot, node, subject, name, place), sign * count, sign * msat);
    }

    /// The quarter hour that a moment lies in.
    public static int slot(Instant moment) {
        return Math.clamp(
                Math.floorDiv(moment.getEpochSecond(), SLOT_SECONDS),
                Integer.MIN_VALUE,
                Integer.MAX_VALUE - 1);
    }
}
