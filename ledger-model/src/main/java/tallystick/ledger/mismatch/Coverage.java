package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;

/// How far each node of the fleet is proven to have been read.
///
/// @param heights when the chain's heights were first seen at the nodes
public record Coverage(SortedMap<NodeId, NodeCoverage> nodes, Heights heights) {
    public Coverage {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
    }

    /// Where no height was seen.
    public Coverage(SortedMap<NodeId, NodeCoverage> nodes) {
        this(nodes, Heights.NONE);
    }

    /// The same with heights.
    public Coverage with(Heights seen) {
        return new Coverage(nodes, seen);
    }

    /// One node's.
    ///
    /// @param invoicesUntil everything received before it is known; empty when nothing is proven
    /// @param paymentsUntil everything sent before it is known; empty when nothing is proven
    /// @param forwardsUntil everything forwarded before it is known; empty when nothing is proven
    /// @param chainUntil its channels and the transactions of its wallet before it are known; empty when nothing is proven
    /// @param hasGaps it gave numbers to receipts that nothing carries
    public record NodeCoverage(
            Optional<Instant> invoicesUntil,
            Optional<Instant> paymentsUntil,
            Optional<Instant> forwardsUntil,
            Optional<Instant> chainUntil,
            boolean hasGaps) {
        private static final NodeCoverage NOTHING =
                new NodeCoverage(Optional.empty(), Optional.empty(), Optional.empty(), false);

        /// Without anything of the chain.
        public NodeCoverage(
                Optional<Instant> invoicesUntil,
                Optional<Instant> paymentsUntil,
                Optional<Instant> forwardsUntil,
                boolean hasGaps) {
            this(invoicesUntil, paymentsUntil, forwardsUntil, Optional.empty(), hasGaps);
        }

        /// Without gaps.
        public NodeCoverage(
                Optional<Instant> invoicesUntil,
                Optional<Instant> paymentsUntil,
                Optional<Instant> forwardsUntil) {
            this(invoicesUntil, paymentsUntil, forwardsUntil, false);
        }

        private static NodeCoverage least(NodeCoverage a, NodeCoverage b) {
            return new NodeCoverage(
                    earlier(a.invoicesUntil, b.invoicesUntil),
                    earlier(a.paymentsUntil, b.paymentsUntil),
                    earlier(a.forwardsUntil, b.forwardsUntil),
                    earlier(a.chainUntil, b.chainUntil),
                    a.hasGaps || b.hasGaps);
        }

        private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
            return a.flatMap(x -> b.map(y -> x.isBefore(y) ? x : y));
        }

        boolean reaches(Instant moment) {
            return isNotBefore(invoicesUntil, moment) && isNotBefore(paymentsUntil, moment);
        }

        private static boolean isNotBefore(Optional<Instant> until, Instant moment) {
            return until.isPresent() && !until.get().isBefore(moment);
        }

        Optional<Instant> until() {
            return invoicesUntil.flatMap(
                    invoices ->
                            paymentsUntil.map(
                                    payments -> invoices.isBefore(payments) ? invoices : payments));
        }
    }

    /// What is read in all of the given: of what lies in several partition numbers, each with its own coverage. Heights are not
    /// told.
    public static Coverage least(Collection<Coverage> parts) {
        SortedMap<NodeId, NodeCoverage> least = new TreeMap<>();
        SortedMap<NodeId, Integer> times = new TreeMap<>();
        for (Coverage part : parts) {
            part.nodes.forEach(
                    (node, coverage) -> {
                        least.merge(node, coverage, NodeCoverage::least);
                        times.merge(node, 1, Integer::sum);
                    });
        }
        least.replaceAll(
                (node, coverage) ->
                        times.getOrDefault(node, 0) == parts.size()
                                ? coverage
                                : NodeCoverage.NOTHING);
        return new Coverage(least);
    }

    /// True when the whole fleet's receipts and payments are read past the given moment. A fleet of no known node is not.
    public boolean reaches(Instant moment) {
        for (NodeCoverage node : nodes.values()) {
            if (!node.reaches(moment)) {
                return false;
            }
        }
        return !nodes.isEmpty();
    }

    /// True when the given node is.
    public boolean reaches(NodeId node, Instant moment) {
        NodeCoverage coverage = nodes.get(node);
        return coverage != null && coverage.reaches(moment);
    }

    /// True when some node gave numbers to receipts that nothing carries: what is missing may be one of them.
    public boolean hasGaps() {
        return nodes.values().stream().anyMatch(NodeCoverage::hasGaps);
    }

    /// True when all that the given node forwarded before the moment is known.
    public boolean reachesForwards(NodeId node, Instant moment) {
        NodeCoverage coverage = nodes.get(node);
        return coverage != null
                && coverage.forwardsUntil().filter(until -> !until.isBefore(moment)).isPresent();
    }

    /// True when all that happened to the given node's channels and wallet before the moment is known.
    public boolean reachesChain(NodeId node, Instant moment) {
        NodeCoverage coverage = nodes.get(node);
        return coverage != null && NodeCoverage.isNotBefore(coverage.chainUntil(), moment);
    }

    /// All that the given node received, sent and forwarded before it is known; empty while nothing is proven.
    public Optional<Instant> movementsUntil(NodeId node) {
        NodeCoverage coverage = nodes.getOrDefault(node, NodeCoverage.NOTHING);
        return coverage.until()
                .flatMap(
                        until ->
                                coverage.forwardsUntil()
                                        .map(
                                                forwards ->
                                                        until.isBefore(forwards)
                                                                ? until
                                                                : forwards));
    }

    /// The moment that the forwards, or the chain, of some node are read to; empty while those of none are.
    public Optional<Instant> someNodeUntil() {
        return nodes.values().stream()
                .flatMap(
                        node ->
                                Stream.concat(
                                        node.forwardsUntil().stream(), node.chainUntil().stream()))
                .max(Comparator.naturalOrder());
    }

    /// The moment that the whole fleet's receipts and payments are read to; empty while some node is not read at all.
    public Optional<Instant> fleetUntil() {
        if (nodes.isEmpty() || nodes.values().stream().anyMatch(node -> node.until().isEmpty())) {
            return Optional.empty();
        }
        return nodes.values().stream()
                .flatMap(node -> node.until().stream())
                .min(Comparator.naturalOrder());
    }
}
