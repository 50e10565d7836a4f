package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;

/// An open mismatch, or an information, as the rules found it.
///
/// @param node the node it is about
/// @param reference in the books' form
/// @param amount what the code is about
/// @param since when it became due, from evidence
/// @param sentence what is the case, for people
/// @param nodeMsat what the node says: in positive, out negative; empty when it says nothing
/// @param booksMsat what the books say, signed alike
public record Finding(
        Code code,
        Optional<NodeId> node,
        String reference,
        Msat amount,
        Instant since,
        String sentence,
        OptionalLong nodeMsat,
        OptionalLong booksMsat,
        Optional<String> order,
        Optional<String> account,
        List<HalfLine> nodeHalf,
        List<HalfLine> booksHalf) {
    public Finding {
        nodeHalf = List.copyOf(nodeHalf);
        booksHalf = List.copyOf(booksHalf);
    }

    /// One line of a half, for people.
    ///
    /// @param amountMsat in positive, out negative
    public record HalfLine(String node, String what, long amountMsat, Optional<Instant> at) {}
}
