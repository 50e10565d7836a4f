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

    /// One that no item's halves stand behind.
    static Finding withoutHalves(
            Code code,
            Optional<NodeId> node,
            String reference,
            Msat amount,
            Instant since,
            String sentence) {
        return new Finding(
                code,
                node,
                reference,
                amount,
                since,
                sentence,
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of());
    }

    /// That of the code, except where a day's sum stands for many small forwards.
    public Severity severity() {
        boolean isDay = code == Code.AMOUNT_DIFFERS && reference.startsWith("forwards:");
        return isDay ? Severity.MEDIUM : code.severity();
    }

    /// True when both have the same identity: a mismatch is told from others by code, reference and node.
    private boolean isSameCase(Finding other) {
        return code == other.code && reference.equals(other.reference) && node.equals(other.node);
    }

    /// A code stands once for a reference and node: what is found again adds to it.
    void addTo(List<Finding> findings) {
        for (int i = 0; i < findings.size(); i++) {
            if (findings.get(i).isSameCase(this)) {
                findings.set(i, findings.get(i).with(this));
                return;
            }
        }
        findings.add(this);
    }

    /// This one, and what another of the same case adds.
    private Finding with(Finding other) {
        return new Finding(
                code,
                node,
                reference,
                amount.plus(other.amount),
                since.isBefore(other.since) ? since : other.since,
                sentence + " " + other.sentence,
                sum(nodeMsat, other.nodeMsat),
                sum(booksMsat, other.booksMsat),
                order,
                account,
                nodeHalf,
                booksHalf);
    }

    private static OptionalLong sum(OptionalLong a, OptionalLong b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.isEmpty() ? b : a;
        }
        return OptionalLong.of(Math.addExact(a.getAsLong(), b.getAsLong()));
    }

    /// One line of a half, for people.
    ///
    /// @param amountMsat in positive, out negative
    public record HalfLine(String node, String what, long amountMsat, Optional<Instant> at) {}
}
