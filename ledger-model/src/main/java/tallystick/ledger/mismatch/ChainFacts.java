package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// An item of one node's chain, a transaction or a channel, as rules ask about it.
final class ChainFacts implements Subject {
    private final Item item;
    private final NodeId node;
    private final NetBooks books;
    private final List<HalfLine> nodeHalf;

    ChainFacts(Item item, List<HalfLine> nodeHalf) {
        this.item = item;
        this.node = item.key().node().orElseThrow();
        this.books = NetBooks.of(item.entries());
        this.nodeHalf = List.copyOf(nodeHalf);
    }

    NodeId node() {
        return node;
    }

    Optional<String> account() {
        return books.leading().map(BookEntry::account);
    }

    RuleSettings settings(RuleSet rules, Code code) {
        return rules.of(code, Optional.of(node), account());
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
        return nodeHalf;
    }

    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return coverage.reachesChain(node, moment);
    }
}
