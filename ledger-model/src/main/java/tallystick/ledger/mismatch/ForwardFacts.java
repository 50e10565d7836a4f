package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.NodeFacts.Forward;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// What both halves of one forward say. Immutable.
final class ForwardFacts implements Subject {
    private final Item item;
    private final NodeId node;
    private final NetBooks books;

    ForwardFacts(Item item) {
        this.item = item;
        this.node = item.key().node().orElseThrow();
        this.books = NetBooks.of(item.entries());
    }

    NodeId node() {
        return node;
    }

    Optional<Forward> forward() {
        return item.facts().flatMap(ForwardFacts::asForward);
    }

    private static Optional<Forward> asForward(NodeFacts facts) {
        return facts instanceof Forward forward ? Optional.of(forward) : Optional.empty();
    }

    long feeMsat() {
        return forward().map(forward -> forward.fee().value()).orElse(0L);
    }

    /// What the books earned under it, whatever the kind. Unit: msat.
    long bookedMsat() {
        return Entries.incomeMsat(books.net());
    }

    /// The net entries that move value.
    static List<BookEntry> moving(NetBooks books) {
        return books.net().stream().filter(entry -> entry.kind().movesValue()).toList();
    }

    @Override
    public NetBooks books() {
        return books;
    }

    @Override
    public String referenceText(Optional<NodeId> named) {
        return item.key().reference().text();
    }

    @Override
    public List<HalfLine> nodeHalf() {
        return forward().stream()
                .map(
                        forward ->
                                new HalfLine(
                                        node.pubkey(),
                                        "forward, settled",
                                        forward.fee().value(),
                                        Optional.of(forward.settledAt())))
                .toList();
    }

    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return coverage.reachesForwards(node, moment);
    }
}
