package tallystick.ops.bench;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// Watches the heap of this process. A thread of its own.
final class HeapMeter implements AutoCloseable {
    private static final long LOOK_MILLIS = 50;

    private final AtomicLong peak = new AtomicLong();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final Thread thread = Thread.ofPlatform().name("bench-heap").start(this::watch);

    private void watch() {
        try {
            while (!isOver.get()) {
                long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
                peak.accumulateAndGet(used, Math::max);
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Most bytes in use so far, dead objects included.
    long peak() {
        return peak.get();
    }

    @Override
    public void close() {
        isOver.set(true);
        thread.interrupt();
    }
}
