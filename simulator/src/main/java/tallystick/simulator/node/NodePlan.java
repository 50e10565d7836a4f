package tallystick.simulator.node;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

/// What a simulated node is made of. Immutable.
///
/// @param seed decides everything that happens to the node, and every byte it says
/// @param directory where its certificate and its macaroon are written
/// @param channels how many channels it has when it starts, every other one opened by itself; 0 for an empty node
/// @param isRemembering whether it keeps what it said and what changed, for [Truth]; benchmarks have no use for it
/// @param machineClock only for the certificate, which TLS checks against the machine's time
public record NodePlan(
        String alias,
        long seed,
        Path directory,
        Traps traps,
        Habits habits,
        int channels,
        boolean isRemembering,
        InstantSource machineClock) {
    private static final int USUAL_CHANNELS = 6;
    private static final int MAX_CHANNELS = 100;

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
                Instant::now);
    }

    public NodePlan withTraps(Traps set) {
        return new NodePlan(
                alias, seed, directory, set, habits, channels, isRemembering, machineClock);
    }

    public NodePlan withHabits(Habits other) {
        return new NodePlan(
                alias, seed, directory, traps, other, channels, isRemembering, machineClock);
    }

    public NodePlan withChannels(int count) {
        return new NodePlan(
                alias, seed, directory, traps, habits, count, isRemembering, machineClock);
    }

    /// Without [Truth#wasSent] and [Truth#changes].
    public NodePlan withoutMemory() {
        return new NodePlan(alias, seed, directory, traps, habits, channels, false, machineClock);
    }
}
