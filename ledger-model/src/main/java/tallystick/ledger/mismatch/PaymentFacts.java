package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// What both halves of one payment hash say: who holds the money, how much moved, when. Immutable.
final class PaymentFacts implements Subject {
    private final Item item;
    private final NetBooks books;
    private final Optional<NodeId> receiver;
    private final Optional<NodeId> payer;
    private final long receivedMsat;
    private final long sentMsat;
    private final long feeMsat;

    PaymentFacts(Item item) {
        this.item = item;
        this.books = NetBooks.of(item.entries());
        this.receiver = first(item.receipts(), Receipt::isSettled);
        this.payer = first(item.payments(), Payment::isSucceeded);
        long received = 0;
        for (Receipt receipt : item.receipts().values()) {
            if (receipt.isSettled()) {
                received = Math.addExact(received, receipt.received().value());
            }
        }
        long sent = 0;
        long fee = 0;
        for (Payment payment : item.payments().values()) {
            if (payment.isSucceeded()) {
                sent = Math.addExact(sent, sentMsat(payment));
                fee = Math.addExact(fee, feeMsat(payment));
            }
        }
        this.receivedMsat = received;
        this.sentMsat = sent;
        this.feeMsat = fee;
    }

    Item item() {
        return item;
    }

    @Override
    public NetBooks books() {
        return books;
    }

    /// Where money arrived for good.
    Optional<NodeId> receiver() {
        return receiver;
    }

    /// Where money left for good.
    Optional<NodeId> payer() {
        return payer;
    }

    long receivedMsat() {
        return receivedMsat;
    }

    /// Without the fee.
    long sentMsat() {
        return sentMsat;
    }

    long feeMsat() {
        return feeMsat;
    }

    /// All nodes where money arrived for good.
    List<NodeId> receivers() {
        List<NodeId> receivers = new ArrayList<>();
        item.receipts()
                .forEach(
                        (node, receipt) -> {
                            if (receipt.isSettled()) {
                                receivers.add(node);
                            }
                        });
        return receivers;
    }

    /// All nodes where money arrived or left for good.
    Stream<NodeId> settledAt() {
        return Stream.concat(
                receivers().stream(),
                item.payments().entrySet().stream()
                        .filter(payment -> payment.getValue().isSucceeded())
                        .map(Map.Entry::getKey));
    }

    /// Every node that says something of it.
    Stream<NodeId> nodes() {
        return Stream.concat(item.receipts().keySet().stream(), item.payments().keySet().stream());
    }

    /// True while a node of the fleet may still come to have paid it.
    boolean isUnderWay() {
        for (Payment payment : item.payments().values()) {
            if (!payment.isTerminal()) {
                return true;
            }
        }
        return false;
    }

    /// What moved within the fleet: received by one node of it and sent by one.
    long internalMsat() {
        return Math.min(receivedMsat, sentMsat);
    }

    boolean isWithinFleet() {
        return internalMsat() > 0;
    }

    /// What the rules say of a code at a node, and for the account that the books name first.
    RuleSettings settings(RuleSet rules, Code code, Optional<NodeId> node) {
        return rules.of(code, node, books.leading().map(BookEntry::account));
    }

    RuleSettings settings(RuleSet rules, Code code, NodeId node) {
        return settings(rules, code, Optional.of(node));
    }

    /// The node that holds the money; else one that knows of it, else the one the books name.
    Optional<NodeId> holder() {
        return receiver.or(() -> payer)
                .or(() -> item.receipts().keySet().stream().findFirst())
                .or(() -> item.payments().keySet().stream().findFirst())
                .or(() -> books.all().stream().flatMap(e -> e.node().stream()).findFirst());
    }

    Receipt receipt(NodeId node) {
        return Objects.requireNonNull(item.receipts().get(node), "receipt");
    }

    Payment payment(NodeId node) {
        return Objects.requireNonNull(item.payments().get(node), "payment");
    }

    Instant receivedAt(NodeId node) {
        Receipt receipt = receipt(node);
        return receipt.settledAt().orElse(receipt.terms().createdAt());
    }

    Instant resolvedAt(NodeId node) {
        Payment payment = payment(node);
        return payment.resolvedAt().orElse(payment.createdAt());
    }

    Stream<Receipt> settledReceipts() {
        return item.receipts().values().stream().filter(Receipt::isSettled);
    }

    Stream<Payment> succeededPayments() {
        return item.payments().values().stream().filter(Payment::isSucceeded);
    }

    /// How many nodes' halves are there for good.
    int settlements() {
        int count = 0;
        for (Receipt receipt : item.receipts().values()) {
            count += receipt.isSettled() ? 1 : 0;
        }
        for (Payment payment : item.payments().values()) {
            count += payment.isSucceeded() ? 1 : 0;
        }
        return count;
    }

    /// The form that the books use for it at this node; else what it is.
    @Override
    public String referenceText(Optional<NodeId> node) {
        return books.all().stream()
                .filter(entry -> entry.node().equals(node))
                .findFirst()
                .or(() -> books.all().stream().findFirst())
                .map(BookEntry::reference)
                .orElseGet(() -> natural(node))
                .text();
    }

    @Override
    public List<HalfLine> nodeHalf() {
        return new Halves(this).node();
    }

    /// The fleet is what is covered, and whatever node has spoken of this item.
    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return coverage.reaches(moment)
                && isRead(coverage, item.receipts().keySet(), moment)
                && isRead(coverage, item.payments().keySet(), moment);
    }

    private static boolean isRead(Coverage coverage, Set<NodeId> nodes, Instant moment) {
        for (NodeId node : nodes) {
            if (!coverage.reaches(node, moment)) {
                return false;
            }
        }
        return true;
    }

    private Reference natural(Optional<NodeId> node) {
        Reference reference = item.key().reference();
        boolean isSet =
                node.flatMap(named -> Optional.ofNullable(item.receipts().get(named)))
                        .filter(Receipt::isAmpSet)
                        .isPresent();
        return isSet && reference instanceof Reference.Payment(String hash)
                ? new Reference.AmpSet(hash)
                : reference;
    }

    /// What left for the receiver: of the settled attempts where they are known. Unit: msat.
    static long sentMsat(Payment payment) {
        return payment.settledMsat(attempt -> attempt.total().value() - attempt.fee().value())
                .orElse(payment.amount().value());
    }

    /// What the way cost. Unit: msat.
    static long feeMsat(Payment payment) {
        return payment.settledMsat(attempt -> attempt.fee().value()).orElse(payment.fee().value());
    }

    private static <T> Optional<NodeId> first(Map<NodeId, T> halves, Predicate<T> is) {
        for (Map.Entry<NodeId, T> half : halves.entrySet()) {
            if (is.test(half.getValue())) {
                return Optional.of(half.getKey());
            }
        }
        return Optional.empty();
    }
}
