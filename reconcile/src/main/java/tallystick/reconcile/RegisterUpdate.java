package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.Row;

/// Collects what a batch found and writes it to the register with the changes that it means. One use.
final class RegisterUpdate {
    private static final String OPEN = "OPEN";
    static final String CLOSED = "CLOSED";

    private final RegisterRepository register;

    /// By mismatch id in hex, so that changes are in one order whatever the batch's.
    private final SortedMap<String, Reported> reported = new TreeMap<>();

    private final SortedMap<String, Cause> gone = new TreeMap<>();

    RegisterUpdate(RegisterRepository register) {
        this.register = register;
    }

    private record Reported(Row row, Cause cause) {}

    /// A mismatch that is new or reads otherwise than before.
    void report(Row row, Cause cause) {
        reported.put(Digests.hex(row.mismatchId()), new Reported(row, cause));
    }

    /// A mismatch that was reported and is not found any more.
    void close(byte[] mismatchId, Cause cause) {
        gone.put(Digests.hex(mismatchId), cause);
    }

    /// Writes and returns the changes.
    List<RegisterRepository.Change> write(Connection connection, long batchId) throws SQLException {
        reported.keySet().forEach(gone::remove);
        if (reported.isEmpty() && gone.isEmpty()) {
            return List.of();
        }
        List<byte[]> ids = new ArrayList<>();
        gone.keySet().forEach(id -> ids.add(HexFormat.of().parseHex(id)));
        reported.values().forEach(one -> ids.add(one.row().mismatchId()));
        Map<String, Row> before = new HashMap<>();
        register.byId(connection, ids)
                .forEach(row -> before.put(Digests.hex(row.mismatchId()), row));

        List<Row> rows = new ArrayList<>();
        List<RegisterRepository.Change> changes = new ArrayList<>();
        reported.forEach(
                (id, one) ->
                        add(
                                rows,
                                changes,
                                before.get(id),
                                counted(before.get(id), one.row()),
                                one.cause()));
        gone.forEach(
                (id, cause) -> {
                    Row present = before.get(id);
                    if (present != null && !present.state().equals(CLOSED)) {
                        add(
                                rows,
                                changes,
                                present,
                                MismatchMessages.with(present, CLOSED, present.episode()),
                                cause);
                    }
                });
        register.save(connection, batchId, rows);
        register.addChanges(connection, batchId, changes);
        return changes;
    }

    /// It begins a new episode when it is found again after it was gone, or opens again after a person had decided.
    static Row counted(@Nullable Row before, Row row) {
        int episode = 1;
        if (before != null) {
            boolean isNew =
                    before.state().equals(CLOSED)
                            || (row.state().equals(OPEN) && !before.state().equals(OPEN));
            episode = isNew ? before.episode() + 1 : before.episode();
        }
        return MismatchMessages.with(row, row.state(), episode);
    }

    /// A row whose halves alone differ is written, but is no change to those who follow the changes.
    private static void add(
            List<Row> rows,
            List<RegisterRepository.Change> changes,
            @Nullable Row before,
            Row after,
            Cause cause) {
        rows.add(after);
        byte[] messageBefore =
                before == null ? null : MismatchMessages.message(before).toByteArray();
        byte[] messageAfter = MismatchMessages.message(after).toByteArray();
        if (!Arrays.equals(messageBefore, messageAfter)) {
            changes.add(
                    new RegisterRepository.Change(
                            after.mismatchId(),
                            cause.kind(),
                            cause.evidence(),
                            cause.person(),
                            cause.decisionId(),
                            messageBefore,
                            messageAfter));
        }
    }
}
