package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.List;
import java.util.SplittableRandom;

/// Chance, from a seed: the same seed gives the same throws. One thread.
final class Dice {
    static final int HASH = 32;
    private static final double PER_CENT = 100;

    private final SplittableRandom random;

    Dice(long seed) {
        random = new SplittableRandom(seed);
    }

    /// Both ends can come.
    long between(long low, long high) {
        return random.nextLong(low, high + 1);
    }

    long positive() {
        return random.nextLong(Long.MAX_VALUE);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean isWithin(int percent) {
        return percent > 0 && random.nextDouble() * PER_CENT < percent;
    }

    boolean coin() {
        return random.nextBoolean();
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    ByteString hash() {
        return bytes(HASH);
    }

    ByteString bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return UnsafeByteOperations.unsafeWrap(bytes);
    }
}
