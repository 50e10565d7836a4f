package tallystick.report;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Payment.Attempt;
import tallystick.ledger.refund.Fate;
import tallystick.ledger.refund.PaymentReading;
import tallystick.ledger.refund.Refund;
import tallystick.ledger.refund.Refund.Verdict;
import tallystick.report.figures.Times;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// One payment as JSON for programs, with the answer whether its money may be paid in another way. Amounts are msat integers;
/// ids, which may not fit a program's numbers, are texts. Any thread.
public final class PaymentJson {
    private final JsonMapper mapper = JsonMapper.shared();

    /// @param readings of one hash, one of each node that made the payment
    public String render(String hash, List<PaymentReading> readings) {
        ObjectNode root = mapper.createObjectNode();
        root.put("payment_hash", hash);
        root.put(
                "safe_to_refund",
                readings.stream().allMatch(one -> one.refund().verdict() == Verdict.SAFE));
        ArrayNode nodes = root.putArray("nodes");
        readings.forEach(reading -> add(nodes.addObject(), reading));
        return new JsonReport().text(root);
    }

    private static void add(ObjectNode node, PaymentReading reading) {
        Payment payment = reading.payment();
        Refund refund = reading.refund();
        node.put("node", reading.node().pubkey());
        node.put("alias", reading.alias());
        node.put("state", payment.state().name());
        node.put("amount_msat", payment.amount().value());
        node.put("fee_msat", payment.fee().value());
        put(node, "payments_read_until", reading.readUntil());
        put(node, "channels_read_until", reading.chain().readUntil());
        node.put("block_height", reading.chain().height());
        node.put("verdict", refund.verdict().name());
        refund.finalAt()
                .ifPresentOrElse(
                        height -> node.put("final_not_before_height", height),
                        () -> node.putNull("final_not_before_height"));
        ArrayNode waitsFor = node.putArray("waits_for");
        refund.waitsFor().forEach(waitsFor::add);
        ArrayNode attempts = node.putArray("attempts");
        for (Map.Entry<Long, Attempt> one : payment.attempts().entrySet()) {
            add(attempts.addObject(), one.getKey(), one.getValue(), reading, refund);
        }
    }

    private static void add(
            ObjectNode node, long id, Attempt attempt, PaymentReading reading, Refund refund) {
        node.put("id", Long.toUnsignedString(id));
        node.put("chan_id", Long.toUnsignedString(attempt.chanId()));
        Optional.ofNullable(reading.channelPoints().get(attempt.chanId()))
                .ifPresentOrElse(
                        point -> node.put("channel", point), () -> node.putNull("channel"));
        node.put("amount_msat", PaymentPage.amount(attempt).value());
        node.put("fee_msat", attempt.fee().value());
        node.put("state", attempt.state().name());
        node.put("expiry_height", attempt.expiryHeight());
        // Each attempt has one.
        Fate fate = requireNonNull(refund.fates().get(id));
        node.put(
                "fate",
                switch (fate) {
                    case Fate.Failed _ -> "FAILED";
                    case Fate.Claimed _ -> "CLAIMED";
                    case Fate.Open _ -> "OPEN";
                });
        node.put("explanation", fate.words());
    }

    private static void put(ObjectNode node, String name, Optional<Instant> moment) {
        moment.ifPresentOrElse(at -> node.put(name, Times.exact(at)), () -> node.putNull(name));
    }
}
