package tallystick.reconcile;

import java.security.SecureRandom;
import java.util.Arrays;

/// Random bytes that lie beside what people wrote wherever that is digested: without them nobody who guesses a text sees whether
/// the guess is right. So nobody may foresee them. Not for several threads.
final class Salts {
    static final int BYTES = 16;

    /// So many at once, as it takes long to ask for few.
    private static final int DRAWN = 256 * BYTES;

    private final SecureRandom random = new SecureRandom();
    private final byte[] drawn = new byte[DRAWN];
    private int used = DRAWN;

    byte[] next() {
        if (used == DRAWN) {
            random.nextBytes(drawn);
            used = 0;
        }
        byte[] salt = Arrays.copyOfRange(drawn, used, used + BYTES);
        Arrays.fill(drawn, used, used + BYTES, (byte) 0);
        used += BYTES;
        return salt;
    }
}
