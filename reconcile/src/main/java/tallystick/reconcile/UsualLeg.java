package tallystick.reconcile;

import java.util.ArrayList;
import java.util.List;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.StandingEntry;

/// A leg that an item's body need not spell: its name and its amount follow from a movement that the item tells of.
///
/// How legs are named is decided by `Postings`. It is written down here once more on purpose: this is part of the format of
/// bodies. A leg that is named otherwise by now is stored with its name.
record UsualLeg(String name, long amountMsat) {
    private static final int NODE_LENGTH = 18;

    /// In the order in which the body counts them, which is that of their names as a rule.
    static List<UsualLeg> of(Item item) {
        List<UsualLeg> legs = new ArrayList<>();
        for (StandingEntry standing : item.entries().values()) {
            BookEntry entry = standing.entry();
            legs.add(
                    new UsualLeg(
                            "book/" + entry.source() + '/' + entry.entryId(),
                            entry.amount().value()));
        }
        if (item.facts().orElse(null) instanceof NodeFacts.Forward forward) {
            legs.add(new UsualLeg("forward/fee", forward.fee().value()));
            legs.add(new UsualLeg("forward/on", forward.amountOut().value()));
        }
        item.receipts().forEach((node, receipt) -> add(legs, node, receipt));
        item.payments().forEach((node, payment) -> add(legs, node, payment));
        return legs;
    }

    private static void add(List<UsualLeg> legs, NodeId node, Receipt receipt) {
        String prefix = "in/" + node.pubkey().substring(0, NODE_LENGTH) + '/';
        receipt.htlcs()
                .forEach(
                        (key, htlc) -> {
                            if (htlc.state() == HtlcState.SETTLED) {
                                legs.add(
                                        new UsualLeg(
                                                prefix
                                                        + Long.toUnsignedString(key.chanId())
                                                        + '/'
                                                        + Long.toUnsignedString(key.index()),
                                                htlc.amount().value()));
                            }
                        });
    }

    private static void add(List<UsualLeg> legs, NodeId node, Payment payment) {
        String prefix = "out/" + node.pubkey().substring(0, NODE_LENGTH) + '/';
        payment.attempts()
                .forEach(
                        (id, attempt) -> {
                            if (attempt.state() == HtlcState.SETTLED) {
                                String leg = prefix + Long.toUnsignedString(id);
                                long fee = attempt.fee().value();
                                legs.add(
                                        new UsualLeg(
                                                leg + "/amount", attempt.total().value() - fee));
                                legs.add(new UsualLeg(leg + "/fee", fee));
                            }
                        });
    }

    /// The index of the leg with the name; -1 when none has it.
    ///
    /// @param from where to look first
    static int find(List<UsualLeg> legs, String name, int from) {
        for (int i = 0; i < legs.size(); i++) {
            int index = (from + i) % legs.size();
            if (legs.get(index).name().equals(name)) {
                return index;
            }
        }
        return -1;
    }
}
