package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.NodeId;

/// How far each node of the fleet is proven to have been read, as far as payment hashes go.
public record Coverage(SortedMap<NodeId, NodeCoverage> nodes) {
    public Coverage {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
    }

    /// One node's.
    ///
    /// @param invoicesUntil everything received before it is known; empty when nothing is proven
    /// @param paymentsUntil everything sent before it is known; empty when nothing is proven
    /// @param blockHeight the node's chain tip; 0 when not known
    /// @param heightSeenAt when that tip was seen
    public record NodeCoverage(
            Optional<Instant> invoicesUntil,
            Optional<Instant> paymentsUntil,
            int blockHeight,
            Instant heightSeenAt) {
        Optional<Instant> until() {
            return invoicesUntil.flatMap(
                    invoices ->
                            paymentsUntil.map(
                                    payments -> invoices.isBefore(payments) ? invoices : payments));
        }
    }

    /// True when the whole fleet is read past the given moment. A fleet of no known node is not.
    public boolean reaches(Instant moment) {
        return reaches(nodes.values(), moment);
    }

    /// True when the given node is.
    public boolean reaches(NodeId node, Instant moment) {
        NodeCoverage coverage = nodes.get(node);
        return coverage != null && reaches(Collections.singleton(coverage), moment);
    }

    /// The node's chain tip; 0 when not known.
    public int blockHeight(NodeId node) {
        NodeCoverage coverage = nodes.get(node);
        return coverage == null ? 0 : coverage.blockHeight();
    }

    /// When the node's chain tip was seen.
    public Instant heightSeenAt(NodeId node) {
        NodeCoverage coverage = nodes.get(node);
        return coverage == null ? Instant.EPOCH : coverage.heightSeenAt();
    }

    /// The moment that the whole fleet is read to; empty while some node is not read at all.
    public Optional<Instant> fleetUntil() {
        if (nodes.isEmpty() || nodes.values().stream().anyMatch(node -> node.until().isEmpty())) {
            return Optional.empty();
        }
        return nodes.values().stream()
                .flatMap(node -> node.until().stream())
                .min(Comparator.naturalOrder());
    }

    private static boolean reaches(Collection<NodeCoverage> some, Instant moment) {
        return !some.isEmpty()
                && some.stream()
                        .allMatch(
                                node ->
                                        node.until()
                                                .filter(until -> !until.isBefore(moment))
                                                .isPresent());
    }
}
