package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// An item that money does not belong to: all that it rests on is at hand.
record PlainSubject(Item item) implements Subject {
    @Override
    public NetBooks books() {
        return NetBooks.of(item.entries());
    }

    @Override
    public String referenceText(Optional<NodeId> node) {
        return item.key().reference().text();
    }

    @Override
    public List<HalfLine> nodeHalf() {
        return List.of();
    }

    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return true;
    }

    /// What was claimed of it. Nothing that it tells is to be agreed on.
    Verdict verdict(Claims claims) {
        return Verdicts.of(
                item, books(), Optional.empty(), claims, new Rounding(), true, List.of());
    }
}
