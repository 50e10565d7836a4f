package tallystick.ops.bench;

import java.util.List;
import tallystick.simulator.node.SimulatedNode;

/// What goes on at a node, in turn: an invoice is made, it is paid, and as much is paid out again. So its channel never runs
/// dry. One thread.
final class Traffic {
    private static final long MSAT = 1_000_000;

    private final SimulatedNode node;
    private final Latencies latencies;
    private final String channel;
    private String invoice = "";
    private Turn turn = Turn.INVOICE;

    private enum Turn {
        INVOICE,
        SETTLEMENT,
        PAYMENT
    }

    Traffic(SimulatedNode node, Latencies latencies) {
        this.node = node;
        this.latencies = latencies;
        List<String> channels = node.script().channels();
        // Of the first two, the second one was opened by the peer, whose money it holds.
        this.channel = channels.get(1);
    }

    /// The next event.
    void next() {
        long now = System.nanoTime();
        switch (turn) {
            case INVOICE -> {
                invoice = node.script().addInvoice("order", MSAT);
                latencies.said(Events.invoice(invoice, false), now);
                turn = Turn.SETTLEMENT;
            }
            case SETTLEMENT -> {
                node.script().payInvoice(invoice, MSAT, channel);
                latencies.said(Events.invoice(invoice, true), now);
                turn = Turn.PAYMENT;
            }
            case PAYMENT -> {
                latencies.said(Events.payment(node.script().pay(MSAT, 0, channel)), now);
                turn = Turn.INVOICE;
            }
        }
    }
}
