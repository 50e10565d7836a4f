package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// What claims are about: one item, as people read it, and how far it must have been read.
interface Subject {
    NetBooks books();

    /// In the books' form.
    ///
    /// @param node the node that a claim names
    String referenceText(Optional<NodeId> node);

    /// What the nodes say, line by line.
    List<HalfLine> nodeHalf();

    /// True when every node that could say something of it is read past the moment.
    boolean isRead(Coverage coverage, Instant moment);
}
