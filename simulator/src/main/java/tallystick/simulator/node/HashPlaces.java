package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Where in a stretch a hash is, from eight bytes for each: as many bits of the hash as the place leaves free. Immutable.
final class HashPlaces {
    private static final long PLACE = (1L << 24) - 1;

    /// No stretch is longer.
    static final int MAX_SIZE = 1 << 24;

    private final long[] sorted;

    HashPlaces(int size, IntFunction<ByteString> hashes) {
        sorted = new long[size];
        for (int i = 0; i < size; i++) {
            sorted[i] = start(hashes.apply(i)) | i;
        }
        Arrays.sort(sorted);
    }

    /// Those that can have this hash, mostly one or none.
    IntStream of(ByteString hash) {
        if (hash.size() != Dice.HASH) {
            return IntStream.empty();
        }
        long wanted = start(hash);
        int at = Arrays.binarySearch(sorted, wanted);
        return Arrays.stream(sorted, at < 0 ? -at - 1 : at, sorted.length)
                .takeWhile(each -> (each & ~PLACE) == wanted)
                .mapToInt(each -> (int) (each & PLACE));
    }

    private static long start(ByteString hash) {
        return hash.asReadOnlyByteBuffer().getLong() & ~PLACE;
    }
}
