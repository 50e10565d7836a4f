package tallystick.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import tallystick.ingest.publish.NodePublisher;

/// What is counted of each node. All names begin with `tallystick.ingest`; all have the tag `node`, the alias. Any thread.
public final class IngestMetrics {
    private static final String PREFIX = "tallystick.ingest.";

    private final MeterRegistry meters;

    public IngestMetrics(MeterRegistry meters) {
        this.meters = meters;
    }

    /// @param status asked whenever the meters are read
    public OfNode ofNode(String alias, Supplier<NodeStatus> status) {
        return new OfNode(alias, status);
    }

    /// The meters of one node.
    public final class OfNode {
        private final Tags tags;
        private final Counter reconnects;
        private final Counter renumbered;
        private final Timer sweeps;
        private final Timer rescans;
        private final Map<NodePublisher.Kind, AtomicLong> lastEventMillis =
                new ConcurrentHashMap<>();
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicInteger gaps = new AtomicInteger();

        private OfNode(String alias, Supplier<NodeStatus> status) {
            tags = Tags.of("node", alias);
            reconnects =
                    Counter.builder(PREFIX + "reconnects")
                            .description("connections that ended")
                            .tags(tags)
                            .register(meters);
            renumbered =
                    Counter.builder(PREFIX + "renumbered")
                            .description("times that the node's indexes were found renumbered")
                            .tags(tags)
                            .register(meters);
            sweeps = sweepTimer("short");
            rescans = sweepTimer("rescan");
            for (NodeState state : NodeState.values()) {
                Gauge.builder(PREFIX + "state", status, now -> now.get().state() == state ? 1 : 0)
                        .description("1 for the state the node is in")
                        .tags(tags.and("state", state.name().toLowerCase(Locale.ROOT)))
                        // Nobody else keeps the supplier, and without it the gauge says nothing.
                        .strongReference(true)
                        .register(meters);
            }
            Gauge.builder(PREFIX + "open", open, AtomicInteger::get)
                    .description("facts of the node that may still change")
                    .tags(tags)
                    .register(meters);
            Gauge.builder(PREFIX + "gaps", gaps, AtomicInteger::get)
                    .description("1 while numbers are missing that no sweep has explained")
                    .tags(tags)
                    .register(meters);
        }

        /// Messages of one stream, counted elsewhere.
        public void countMessages(String rpc, LongAdder count) {
            FunctionCounter.builder(PREFIX + "messages", count, LongAdder::sum)
                    .description("messages taken from a stream")
                    .tags(tags.and("stream", rpc))
                    .register(meters);
        }

        public void disconnected() {
            reconnects.increment();
        }

        public void renumbered() {
            renumbered.increment();
        }

        public void swept(boolean isRescan, Duration took) {
            (isRescan ? rescans : sweeps).record(took);
        }

        public void published(NodePublisher.Published published, Instant now) {
            published.records().forEach((what, count) -> published(what, count, now));
            published
                    .oldestStreamed()
                    .forEach((rpc, at) -> lag(rpc).record(Duration.between(at, now)));
            open.set(published.open());
            gaps.set(published.hasGaps() ? 1 : 0);
        }

        /// A node has seven lists and two ways to read them, so labels stay few.
        private void published(NodePublisher.Kind what, int count, Instant now) {
            Tags kind = tags.and("list", what.list(), "source", what.source());
            Counter.builder(PREFIX + "records")
                    .description("records published")
                    .tags(kind)
                    .register(meters)
                    .increment(count);
            lastEventMillis.computeIfAbsent(what, _ -> lastEvent(kind)).set(now.toEpochMilli());
        }

        private Timer lag(String rpc) {
            return Timer.builder(PREFIX + "lag")
                    .description("from a stream's message to its committed record")
                    .publishPercentiles(0.5, 0.99)
                    .tags(tags.and("stream", rpc))
                    .register(meters);
        }

        private AtomicLong lastEvent(Tags kind) {
            var millis = new AtomicLong();
            Gauge.builder(PREFIX + "last.event.seconds", millis, at -> at.get() / 1e3)
                    .description("when the last record was published, seconds since the epoch")
                    .tags(kind)
                    .register(meters);
            return millis;
        }

        private Timer sweepTimer(String kind) {
            return Timer.builder(PREFIX + "sweeps")
                    .description("sweeps of the node's lists, and how long they took")
                    .tags(tags)
                    .tag("kind", kind)
                    .register(meters);
        }
    }
}
