package tallystick.simulator.node;

import java.time.Duration;
import java.time.InstantSource;

/// Lets nodes live at a given rate of steps, from one a minute up to what the machine can do. One thread lives it; any
/// thread may end it.
public final class Life implements AutoCloseable {
    /// Waits. A test waits by moving its clock.
    public interface Sleeper {
        void sleep(Duration time) throws InterruptedException;
    }

    private static final long SECOND = 1_000_000_000L;

    /// A life that has fallen behind by more than this goes on from now, instead of catching up at once.
    private static final long MAX_BEHIND_NANOS = SECOND;

    /// So that it can be ended.
    private static final Duration MAX_SLEEP = Duration.ofMillis(200);

    private final InstantSource clock;
    private final Sleeper sleeper;
    private volatile boolean isOver;

    public Life(InstantSource clock, Sleeper sleeper) {
        this.clock = clock;
        this.sleeper = sleeper;
    }

    /// Steps until it is over: the nodes take turns.
    ///
    /// @param stepsPerMinute of all nodes together; 0 for as many as the machine can do
    /// @param steps how many in all; 0 for no end
    public void live(Iterable<SimulatedNode> nodes, long stepsPerMinute, long steps)
            throws InterruptedException {
        long start = nanos();
        long paced = 0;
        long done = 0;
        while (!isOver && (steps == 0 || done < steps)) {
            for (SimulatedNode node : nodes) {
                if (isOver || (steps > 0 && done >= steps)) {
                    return;
                }
                if (stepsPerMinute > 0) {
                    long due = start + paced * 60 * SECOND / stepsPerMinute;
                    long late = nanos() - due;
                    if (late > MAX_BEHIND_NANOS) {
                        start += late;
                    }
                    waitUntil(due);
                }
                if (isOver) {
                    return;
                }
                node.step();
                paced++;
                done++;
            }
        }
    }

    private void waitUntil(long due) throws InterruptedException {
        long wait = due - nanos();
        while (wait > 0 && !isOver) {
            Duration nap = Duration.ofNanos(wait);
            sleeper.sleep(nap.compareTo(MAX_SLEEP) < 0 ? nap : MAX_SLEEP);
            wait = due - nanos();
        }
    }

    private long nanos() {
        var now = clock.instant();
        return now.getEpochSecond() * SECOND + now.getNano();
    }

    @Override
    public void close() {
        isOver = true;
    }
}
