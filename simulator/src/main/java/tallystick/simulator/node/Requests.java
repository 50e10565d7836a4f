package tallystick.simulator.node;

import com.google.protobuf.ByteString;

/// Payment requests that look like those of BOLT 11: the right letters and about the right length, but nothing to decode.
final class Requests {
    private static final String LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private static final int LENGTH = 250;
    private static final int LETTER_MASK = 31;

    /// Tenths of a pico-bitcoin.
    private static final long UNITS_PER_MSAT = 10;

    private Requests() {}

    static String of(ByteString hash, ByteString address, long valueMsat) {
        var text = new StringBuilder(LENGTH + Long.SIZE);
        text.append("lnbcrt");
        if (valueMsat > 0) {
            text.append(valueMsat * UNITS_PER_MSAT).append('p');
        }
        text.append('1');
        ByteString first = hash.isEmpty() ? address : hash;
        for (int i = 0; i < LENGTH; i++) {
            ByteString source = i / first.size() % 2 == 0 ? first : address;
            text.append(LETTERS.charAt((source.byteAt(i % source.size()) + i) & LETTER_MASK));
        }
        return text.toString();
    }
}
