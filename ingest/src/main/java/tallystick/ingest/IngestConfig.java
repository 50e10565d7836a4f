package tallystick.ingest;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// How nodes are followed.
///
/// @param sweepInterval how long after a sweep the node is swept again
/// @param rescanInterval how long after a sweep that read every list from its beginning the next one does; it is put off
///     while reading took more than a twentieth of the time
/// @param backoffMin shortest upper bound of the wait after a lost connection; it doubles with each failure
/// @param backoffMax longest upper bound of that wait
/// @param refusedRetry how long to wait before a node that refused us, or that we refused, is tried again
/// @param callDeadline how long a list call may take; streams have no deadline
/// @param pageSize elements a list call asks for at once
/// @param queueBytes bytes of a node's messages that may wait for Kafka; when they are that many, the node waits
/// @param messageBytesMax largest message taken from a node
public record IngestConfig(
        List<NodeConfig> nodes,
        Duration sweepInterval,
        Duration rescanInterval,
        Duration backoffMin,
        Duration backoffMax,
        Duration refusedRetry,
        Duration callDeadline,
        int pageSize,
        int queueBytes,
        int messageBytesMax) {
    /// lnd's own bound for a page of payments is higher, but it holds a page in memory while it is made.
    private static final int PAGE_SIZE_MAX = 5_000;

    public IngestConfig {
        nodes = List.copyOf(nodes);
        requireDistinct(nodes);
        requirePositive("ingest.sweep-interval", sweepInterval);
        requirePositive("ingest.rescan-interval", rescanInterval);
        requirePositive("ingest.backoff-min", backoffMin);
        requirePositive("ingest.refused-retry", refusedRetry);
        requirePositive("ingest.call-deadline", callDeadline);
        if (backoffMax.compareTo(backoffMin) < 0) {
            throw new IllegalArgumentException(
                    "ingest.backoff-max: %s (expected: at least backoff-min, %s)"
                            .formatted(backoffMax, backoffMin));
        }
        if (pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
            throw new IllegalArgumentException(
                    "ingest.page-size: %d (expected: 1 to %d)".formatted(pageSize, PAGE_SIZE_MAX));
        }
        if (queueBytes < 1) {
            throw new IllegalArgumentException(
                    "ingest.queue-bytes: %d (expected: more than 0)".formatted(queueBytes));
        }
        if (messageBytesMax < 1) {
            throw new IllegalArgumentException(
                    "ingest.message-bytes-max: %d (expected: more than 0)"
                            .formatted(messageBytesMax));
        }
    }

    /// No nodes yet, and values that suit a node with a few hundred channels.
    public static IngestConfig defaults() {
        return new IngestConfig(
                List.of(),
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                Duration.ofMinutes(5),
                Duration.ofSeconds(120),
                250,
                4 * 1024 * 1024,
                64 * 1024 * 1024);
    }

    public IngestConfig withNodes(List<NodeConfig> followed) {
        return with(followed, sweepInterval, rescanInterval, pageSize, queueBytes);
    }

    public IngestConfig withSweeps(Duration interval, Duration ofRescans) {
        return with(nodes, interval, ofRescans, pageSize, queueBytes);
    }

    public IngestConfig withPages(int elements, int waitingBytes) {
        return with(nodes, sweepInterval, rescanInterval, elements, waitingBytes);
    }

    private IngestConfig with(
            List<NodeConfig> followed,
            Duration sweeps,
            Duration rescans,
            int elements,
            int waitingBytes) {
        return new IngestConfig(
                followed,
                sweeps,
                rescans,
                backoffMin,
                backoffMax,
                refusedRetry,
                callDeadline,
                elements,
                waitingBytes,
                messageBytesMax);
    }

    private static void requireDistinct(List<NodeConfig> nodes) {
        Set<String> seen = new HashSet<>();
        for (NodeConfig node : nodes) {
            if (!seen.add(node.alias())) {
                throw new IllegalArgumentException(
                        "node.alias: %s (expected: each alias once)".formatted(node.alias()));
            }
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: more than 0)".formatted(name, value));
        }
    }
}
