package tallystick.simulator.node;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// What a simulated node is made of. Immutable.
///
/// @param seed decides everything that happens to the node, and every byte it says
/// @param directory where its certificate and its macaroon are written
/// @param channels how many channels it has when it starts, every other one opened by itself; 0 for an empty node
/// @param isRemembering whether it keeps what it said and what changed, for [Truth]; benchmarks have no use for it
/// @param isInRealTime whether its time is the machine's: it then has a past of an hour, and each step happens at the moment
///     at which it is made. Otherwise the world begins with 2026, and chance says how much time a step takes
/// @param machineClock for the certificate, which TLS checks against the machine's time, and for real time
public record NodePlan(
        String alias,
        long seed,
        Path directory,
        Traps traps,
        Habits habits,
        int channels,
        boolean isRemembering,
        boolean isInRealTime,
        InstantSource machineClock) {
    private static final int USUAL_CHANNELS = 6;
    private static final int MAX_CHANNELS = 100;
    private static final Duration PAST = Duration.ofHours(1);

    public NodePlan {
        if (alias.isBlank()) {
            throw new IllegalArgumentException("alias: blank (expected: a name)");
        }
        if (channels < 0 || channels > MAX_CHANNELS) {
            throw new IllegalArgumentException(
                    "channels: %d (expected: 0 to %d)".formatted(channels, MAX_CHANNELS));
        }
    }

    public static NodePlan of(String alias, long seed, Path directory) {
        return new NodePlan(
                alias,
                seed,
                directory,
                Traps.none(),
                Habits.usual(),
                USUAL_CHANNELS,
                true,
                false,
                Instant::now);
    }

    public NodePlan withTraps(Traps set) {
        return new NodePlan(
                alias,
                seed,
                directory,
                set,
                habits,
                channels,
                isRemembering,
                isInRealTime,
                machineClock);
    }

    public NodePlan withHabits(Habits other) {
        return new NodePlan(
                alias,
                seed,
                directory,
                traps,
                other,
                channels,
                isRemembering,
                isInRealTime,
                machineClock);
    }

    public NodePlan withChannels(int count) {
        return new NodePlan(
                alias,
                seed,
                directory,
                traps,
                habits,
                count,
                isRemembering,
                isInRealTime,
                machineClock);
    }

    /// Without [Truth#wasSent] and [Truth#changes].
    public NodePlan withoutMemory() {
        return new NodePlan(
                alias, seed, directory, traps, habits, channels, false, isInRealTime, machineClock);
    }

    /// At the machine's time, for people who watch.
    public NodePlan inRealTime() {
        return new NodePlan(
                alias, seed, directory, traps, habits, channels, isRemembering, true, machineClock);
    }

    /// When its world begins.
    Instant start() {
        return isInRealTime ? machineClock.instant().minus(PAST) : WorldClock.START;
    }
}
