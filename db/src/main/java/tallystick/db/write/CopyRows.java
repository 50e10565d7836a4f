package tallystick.db.write;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/// Rows in the binary form of `COPY`: the cheapest way into a table. They are sent while they are made, and are there at the
/// `end`; closed before that, none is. Until then the connection can do nothing else. One use, one thread.
final class CopyRows implements AutoCloseable {
    private static final byte[] SIGNATURE = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
    };

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /// What is sent at once, or little more.
    private static final int SENT_BYTES = 1 << 16;

    /// The time that Postgres counts from, in seconds after the Unix epoch.
    private static final long EPOCH_SECONDS = 946_684_800L;

    private static final int MICROS_PER_SECOND = 1_000_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int BYTEA_OID = 17;
    private static final int BIGINT_OID = 20;
    private static final int SMALLINT_OID = 21;
    private static final int INTEGER_OID = 23;
    private static final int TEXT_OID = 25;
    private static final int TIMESTAMPTZ_OID = 1184;
    private static final byte JSONB_VERSION = 1;

    private final Connection connection;
    private final String sql;
    private final int columns;
    private @Nullable CopyIn copy;
    private byte[] bytes = Arrays.copyOf(SIGNATURE, SENT_BYTES * 2);
    private int length = SIGNATURE.length;
    private int rows;

    /// @param sql `COPY table (columns) FROM STDIN (FORMAT binary)`
    /// @param columns how many
    CopyRows(Connection connection, String sql, int columns) {
        this.connection = connection;
        this.sql = sql;
        this.columns = columns;
    }

    /// Begins a row; its values follow in the order of the columns.
    CopyRows row() throws SQLException {
        if (length >= SENT_BYTES) {
            send();
        }
        rows++;
        putShort(columns);
        return this;
    }

    CopyRows add(int value) {
        putInt(Integer.BYTES);
        putInt(value);
        return this;
    }

    CopyRows add(long value) {
        putInt(Long.BYTES);
        putLong(value);
        return this;
    }

    CopyRows add(@Nullable Long value) {
        return value == null ? addNull() : add(value.longValue());
    }

    CopyRows add(boolean value) {
        putInt(1);
        putByte(value ? 1 : 0);
        return this;
    }

    CopyRows add(@Nullable Boolean value) {
        return value == null ? addNull() : add(value.booleanValue());
    }

    CopyRows add(byte @Nullable [] value) {
        if (value == null) {
            return addNull();
        }
        putInt(value.length);
        put(value);
        return this;
    }

    CopyRows add(@Nullable String value) {
        return value == null ? addNull() : add(value.getBytes(UTF_8));
    }

    /// Cut to the microseconds that Postgres keeps.
    CopyRows add(@Nullable Instant value) {
        if (value == null) {
            return addNull();
        }
        return add(
                (value.getEpochSecond() - EPOCH_SECONDS) * MICROS_PER_SECOND
                        + value.getNano() / NANOS_PER_MICRO);
    }

    CopyRows addJson(@Nullable String value) {
        if (value == null) {
            return addNull();
        }
        byte[] text = value.getBytes(UTF_8);
        putInt(text.length + 1);
        putByte(JSONB_VERSION);
        put(text);
        return this;
    }

    CopyRows addTexts(Collection<String> values) {
        int place = beginArray(TEXT_OID, values.size());
        values.forEach(this::add);
        return endArray(place);
    }

    /// Each must fit into a `smallint`.
    CopyRows addShorts(int... values) {
        int place = beginArray(SMALLINT_OID, values.length);
        for (int value : values) {
            putInt(Short.BYTES);
            putShort(value);
        }
        return endArray(place);
    }

    CopyRows addInts(int... values) {
        int place = beginArray(INTEGER_OID, values.length);
        for (int value : values) {
            add(value);
        }
        return endArray(place);
    }

    CopyRows addInstants(Collection<Instant> values) {
        int place = beginArray(TIMESTAMPTZ_OID, values.size());
        values.forEach(this::add);
        return endArray(place);
    }

    CopyRows addLongs(long... values) {
        int place = beginArray(BIGINT_OID, values.length);
        for (long value : values) {
            add(value);
        }
        return endArray(place);
    }

    CopyRows addBytes(Collection<byte[]> values) {
        int place = beginArray(BYTEA_OID, values.size());
        values.forEach(this::add);
        return endArray(place);
    }

    private int beginArray(int elementOid, int size) {
        int place = length;
        putInt(0); // Its length, known at the end.
        putInt(size == 0 ? 0 : 1); // Dimensions.
        putInt(0); // No nulls.
        putInt(elementOid);
        if (size > 0) {
            putInt(size);
            putInt(1); // Lower bound.
        }
        return place;
    }

    private CopyRows endArray(int place) {
        int end = length;
        length = place;
        putInt(end - place - Integer.BYTES);
        length = end;
        return this;
    }

    private CopyRows addNull() {
        putInt(-1);
        return this;
    }

    /// Ends with the row that was added last. Without any, nothing is sent.
    void end() throws SQLException {
        if (rows > 0) {
            putShort(-1);
            send().endCopy();
        }
    }

    private CopyIn send() throws SQLException {
        CopyIn open = copy;
        if (open == null) {
            open = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
            copy = open;
        }
        open.writeToCopy(bytes, 0, length);
        length = 0;
        return open;
    }

    @Override
    public void close() throws SQLException {
        CopyIn open = copy;
        if (open != null && open.isActive()) {
            open.cancelCopy();
        }
    }

    private void putByte(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
    }

    private void putShort(int value) {
        reserve(Short.BYTES);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    private void putInt(int value) {
        reserve(Integer.BYTES);
        INT.set(bytes, length, value);
        length += Integer.BYTES;
    }

    private void putLong(long value) {
        reserve(Long.BYTES);
        LONG.set(bytes, length, value);
        length += Long.BYTES;
    }

    private void put(byte[] some) {
        reserve(some.length);
        System.arraycopy(some, 0, bytes, length, some.length);
        length += some.length;
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
