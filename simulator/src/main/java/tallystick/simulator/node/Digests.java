package tallystick.simulator.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import java.util.concurrent.locks.ReentrantLock;

/// Remembers byte strings by a number of 64 bits each, so that millions fit. Any thread.
final class Digests {
    private static final int FIRST_SIZE = 1 << 10;
    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;
    private static final long MIX = 0xff51afd7ed558ccdL;
    private static final int HALF = 32;

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long[] slots = new long[FIRST_SIZE];

    @GuardedBy("lock")
    private int used;

    /// Never 0, which marks an empty slot.
    static long digest(ByteString bytes) {
        long digest = OFFSET;
        for (int i = 0; i < bytes.size(); i++) {
            digest = (digest ^ bytes.byteAt(i)) * PRIME;
        }
        digest = (digest ^ (digest >>> HALF)) * MIX;
        return digest == 0 ? 1 : digest;
    }

    void add(ByteString bytes) {
        long digest = digest(bytes);
        lock.lock();
        try {
            if (2 * used >= slots.length) {
                grow();
            }
            if (put(digest)) {
                used++;
            }
        } finally {
            lock.unlock();
        }
    }

    boolean contains(ByteString bytes) {
        long digest = digest(bytes);
        lock.lock();
        try {
            int slot = slot(digest);
            while (slots[slot] != 0) {
                if (slots[slot] == digest) {
                    return true;
                }
                slot = slot + 1 & slots.length - 1;
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        for (long each : old) {
            if (each != 0) {
                put(each);
            }
        }
    }

    @GuardedBy("lock")
    private boolean put(long digest) {
        int slot = slot(digest);
        while (slots[slot] != 0) {
            if (slots[slot] == digest) {
                return false;
            }
            slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = digest;
        return true;
    }

    @GuardedBy("lock")
    private int slot(long digest) {
        return (int) digest & slots.length - 1;
    }
}
