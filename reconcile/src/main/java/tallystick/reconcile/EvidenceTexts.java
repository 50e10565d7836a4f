package tallystick.reconcile;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.EvidenceRepository;
import tallystick.kafka.Topic;

/// Takes out of a record's bytes what people wrote, so that it can be erased and all else stays. That is the memo of an invoice
/// and of an entry, an entry's order, and where the node's own message repeats them: memo, payment request, the description's
/// digest, and the custom records of HTLCs, by which wallets send texts. Not for several threads.
final class EvidenceTexts {
    private static final int TAG_BITS = 3;
    private static final int VARINT_BITS = 7;
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int DELIMITED = 2;
    private static final int FIXED_32 = 5;

    /// Beyond every end.
    private static final int NOWHERE = Integer.MAX_VALUE;

    /// What to look for in a message, by the number of the field.
    ///
    /// @param inner empty for a text itself
    private record Spot(Map<Integer, Spot> inner) {
        static final Spot TEXT = new Spot(Map.of());
    }

    private static final Spot CUSTOM_RECORD = new Spot(Map.of(2, Spot.TEXT));

    /// `lnrpc.Invoice`: memo, payment_request, description_hash, htlcs.custom_records.
    private static final Spot LND_INVOICE =
            new Spot(
                    Map.of(
                            1,
                            Spot.TEXT,
                            9,
                            Spot.TEXT,
                            10,
                            Spot.TEXT,
                            22,
                            new Spot(Map.of(9, CUSTOM_RECORD))));

    /// `lnrpc.Payment`: payment_request, htlcs.route.hops.custom_records, first_hop_custom_records.
    private static final Spot LND_PAYMENT =
            new Spot(
                    Map.of(
                            9,
                            Spot.TEXT,
                            14,
                            new Spot(
                                    Map.of(
                                            2,
                                            new Spot(
                                                    Map.of(
                                                            4,
                                                            new Spot(Map.of(11, CUSTOM_RECORD)))))),
                            17,
                            CUSTOM_RECORD));

    /// In `envelope` the `node_message`; `memo`.
    private static final Spot INVOICE =
            new Spot(Map.of(1, new Spot(Map.of(7, LND_INVOICE)), 15, Spot.TEXT));

    private static final Spot PAYMENT = new Spot(Map.of(1, new Spot(Map.of(7, LND_PAYMENT))));

    /// `order`, `memo`.
    private static final Spot ENTRY = new Spot(Map.of(10, Spot.TEXT, 12, Spot.TEXT));

    private final Salts salts = new Salts();

    /// A record in two parts.
    ///
    /// @param rest its bytes without texts
    record Parts(byte[] rest, EvidenceRepository.@Nullable Texts texts) {}

    Parts apart(Topic topic, byte[] bytes) {
        int[] places = places(topic, bytes);
        if (places.length == 0) {
            return new Parts(bytes, null);
        }
        ByteBuffer named = ByteBuffer.allocate(places.length * Integer.BYTES);
        int length = 0;
        for (int i = 0; i < places.length; i += 2) {
            named.putInt(places[i]).putInt(places[i + 1]);
            length += places[i + 1];
        }
        ByteBuffer salted = ByteBuffer.allocate(Salts.BYTES + length).put(salts.next());
        ByteBuffer rest = ByteBuffer.allocate(bytes.length - length);
        int taken = 0;
        for (int i = 0; i < places.length; i += 2) {
            rest.put(bytes, taken, places[i] - taken);
            salted.put(bytes, places[i], places[i + 1]);
            taken = places[i] + places[i + 1];
        }
        rest.put(bytes, taken, bytes.length - taken);
        return new Parts(rest.array(), new EvidenceRepository.Texts(named.array(), salted.array()));
    }

    /// Whether people wrote anything in a record.
    static boolean isIn(Topic topic, byte[] bytes) {
        return places(topic, bytes).length > 0;
    }

    private static int[] places(Topic topic, byte[] bytes) {
        Optional<Spot> spot =
                switch (topic) {
                    case INVOICES -> Optional.of(INVOICE);
                    case PAYMENTS -> Optional.of(PAYMENT);
                    case BOOKS -> Optional.of(ENTRY);
                    default -> Optional.empty();
                };
        if (spot.isEmpty()) {
            return new int[0];
        }
        Scan scan = new Scan(bytes);
        if (!scan.message(spot.get(), bytes.length)) {
            throw new IllegalStateException(
                    "record of %s: unreadable (expected: a message, as it was applied)"
                            .formatted(topic));
        }
        return scan.places();
    }

    /// Goes through the fields of a message and of those within that may hold texts.
    private static final class Scan {
        private final byte[] bytes;
        private int at;
        private int[] places = new int[8];
        private int count;

        Scan(byte[] bytes) {
            this.bytes = bytes;
        }

        int[] places() {
            return Arrays.copyOf(places, count);
        }

        /// False where there is no such message.
        boolean message(Spot spot, int end) {
            while (at < end) {
                long tag = varint(end);
                switch ((int) tag & ((1 << TAG_BITS) - 1)) {
                    case VARINT -> {
                        var _ = varint(end);
                    }
                    case FIXED_64 -> at += Long.BYTES;
                    case FIXED_32 -> at += Integer.BYTES;
                    case DELIMITED -> delimited(spot.inner().get((int) (tag >>> TAG_BITS)), end);
                    default -> at = NOWHERE;
                }
            }
            return at == end;
        }

        /// What should be a message and is none, is a text as a whole.
        private void delimited(@Nullable Spot spot, int end) {
            long length = varint(end);
            if (length < 0 || length > end - at) {
                at = NOWHERE;
                return;
            }
            int start = at;
            int stop = start + (int) length;
            int before = count;
            if (spot != null && (spot.equals(Spot.TEXT) || !message(spot, stop))) {
                count = before;
                add(start, (int) length);
            }
            at = stop;
        }

        private void add(int start, int length) {
            if (length > 0) {
                if (count == places.length) {
                    places = Arrays.copyOf(places, 2 * count);
                }
                places[count++] = start;
                places[count++] = length;
            }
        }

        private long varint(int end) {
            long value = 0;
            for (int shift = 0; shift < Long.SIZE && at < end; shift += VARINT_BITS) {
                byte one = bytes[at++];
                value |= (long) (one & Byte.MAX_VALUE) << shift;
                if (one >= 0) {
                    return value;
                }
            }
            at = NOWHERE;
            return 0;
        }
    }
}
