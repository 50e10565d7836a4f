package tallystick.ops.bench;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// From what a node said to its record in Kafka. Either side may be told of first, as a record can be read before the call
/// that caused it returns. Any thread.
final class Latencies {
    private final Map<String, Long> oneSided = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Long> measured = new ConcurrentLinkedQueue<>();

    /// @param nanos just before it was told
    void said(String event, long nanos) {
        match(event, nanos);
    }

    /// Of an event that is read more than once, the first time counts.
    void read(String event, long nanos) {
        match(event, nanos);
    }

    /// Of an event that something later has made superfluous, if it is still waited for: its own record never comes.
    void overtaken(String event, long nanos) {
        Long said = oneSided.remove(event);
        if (said != null) {
            measured.add(nanos - said);
        }
    }

    /// Of something whose beginning and end one place knows.
    void took(long nanos) {
        measured.add(nanos);
    }

    private void match(String event, long nanos) {
        Long other = oneSided.putIfAbsent(event, nanos);
        if (other != null) {
            measured.add(Math.abs(nanos - other));
            oneSided.remove(event);
        }
    }

    int count() {
        return measured.size();
    }

    /// What was measured so far does not count: the machine was warming up.
    void forget() {
        measured.clear();
    }

    /// @param part for example 0.99
    /// @return in milliseconds
    double millis(double part) {
        long[] sorted = measured.stream().mapToLong(Long::longValue).sorted().toArray();
        if (sorted.length == 0) {
            throw new BenchException("latency: nothing was measured");
        }
        int at = (int) Math.ceil(part * sorted.length) - 1;
        return sorted[Math.max(0, at)] / 1e6;
    }
}
