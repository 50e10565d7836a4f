package tallystick.ops.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;

/// Processor time of this process, and of a server with all its children, ended ones included. Linux only. One thread.
final class CpuMeter {
    /// What `/proc` counts in, on every Linux.
    private static final long TICKS_PER_SECOND = 100;

    /// Places in `/proc/PID/stat` behind the name, which is in brackets.
    private static final int USER = 11;

    private static final int SYSTEM = 12;
    private static final int CHILDREN_USER = 13;
    private static final int CHILDREN_SYSTEM = 14;

    private final long server;
    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /// @param server its first process
    CpuMeter(long server) {
        this.server = server;
    }

    /// @param own of this process
    /// @param server of the server
    record Reading(Duration own, Duration server) {
        Reading minus(Reading earlier) {
            return new Reading(own.minus(earlier.own), server.minus(earlier.server));
        }

        Reading plus(Reading other) {
            return new Reading(own.plus(other.own), server.plus(other.server));
        }
    }

    Reading read() throws IOException {
        long ticks = ticks(server, CHILDREN_USER) + ticks(server, CHILDREN_SYSTEM);
        ticks += ticks(server, USER) + ticks(server, SYSTEM);
        for (ProcessHandle child :
                ProcessHandle.of(server).stream().flatMap(ProcessHandle::children).toList()) {
            ticks += ticks(child.pid(), USER) + ticks(child.pid(), SYSTEM);
        }
        return new Reading(
                Duration.ofNanos(system.getProcessCpuTime()),
                Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND));
    }

    private static long ticks(long pid, int place) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[place]);
        } catch (NoSuchFileException _) {
            return 0; // Ended meanwhile; its time is its parent's by now.
        }
    }
}
