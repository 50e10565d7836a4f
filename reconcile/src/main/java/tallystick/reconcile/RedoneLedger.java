package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.Change;
import tallystick.db.write.RegisterRepository.Row;
import tallystick.db.write.RestorationRepository;
import tallystick.db.write.RestorationRepository.Restored;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchState;

/// A restored ledger that has applied again what it had lost: what it says now, less what was told before.
final class RedoneLedger {
    private static final String CAUSE = "restore";

    private final Transactions transactions;
    private final PublishedState published;
    private final InstantSource clock;
    private final RestorationRepository restorations = new RestorationRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final BatchRepository batches = new BatchRepository();

    RedoneLedger(Transactions transactions, PublishedState published, InstantSource clock) {
        this.transactions = transactions;
        this.published = published;
        this.clock = clock;
    }

    /// A restoration.
    ///
    /// @param from the ledger sequence from which on changes are told; empty while not all is redone
    record Redone(OptionalLong from) {}

    /// The newest restoration; when all is redone and nothing says so yet, this does.
    Optional<Redone> find() {
        Optional<Restored> newest = transactions.read(restorations::newest);
        if (newest.isEmpty() || newest.get().endedAt().isPresent()) {
            return newest.map(restored -> new Redone(restored.endedAt()));
        }
        long id = newest.get().id();
        if (!transactions.read(
                connection -> restorations.isRedone(connection, id, clock.instant()))) {
            return Optional.of(new Redone(OptionalLong.empty()));
        }
        Map<String, byte[]> told = published.mismatches();
        return Optional.of(
                new Redone(
                        OptionalLong.of(
                                transactions.call(connection -> end(connection, id, told)))));
    }

    /// Where the quarantined records lay that were told.
    Set<String> quarantined() {
        return published.quarantined();
    }

    /// Nobody else appends meanwhile, so what the register says is what all batches before said.
    private long end(Connection connection, long id, Map<String, byte[]> told) throws SQLException {
        restorations.lockHead(connection);
        Optional<Restored> newest = restorations.newest(connection);
        if (newest.isPresent() && newest.get().endedAt().isPresent()) {
            return newest.get().endedAt().getAsLong(); // Another process was faster.
        }
        List<Change> changes = differences(told, standing(connection, told.keySet()));
        long batchId = batches.nextBatchId(connection);
        register.addChanges(connection, batchId, changes);
        restorations.end(connection, id, batchId);
        return batches.append(connection, batchId, CAUSE, clock.instant(), 0);
    }

    /// By id: all that stands, and what is over of what was told.
    private SortedMap<String, Row> standing(Connection connection, Set<String> told)
            throws SQLException {
        SortedMap<String, Row> result = new TreeMap<>();
        register.standing(connection)
                .forEach(row -> result.put(Digests.hex(row.mismatchId()), row));
        List<byte[]> over =
                told.stream()
                        .filter(one -> !result.containsKey(one))
                        .map(HexFormat.of()::parseHex)
                        .toList();
        register.byId(connection, over)
                .forEach(row -> result.put(Digests.hex(row.mismatchId()), row));
        return result;
    }

    private static List<Change> differences(Map<String, byte[]> told, SortedMap<String, Row> rows) {
        SortedMap<String, Change> changes = new TreeMap<>();
        rows.forEach(
                (id, row) -> {
                    Mismatch now = MismatchMessages.message(row);
                    byte[] before = told.get(id);
                    if (!Arrays.equals(before, value(now))) {
                        changes.put(id, change(id, before, now));
                    }
                });
        told.forEach(
                (id, before) -> {
                    if (!rows.containsKey(id)) {
                        changes.put(
                                id,
                                change(
                                        id,
                                        before,
                                        MismatchMessages.parse(before).toBuilder()
                                                .setState(MismatchState.MISMATCH_STATE_CLOSED)
                                                .build()));
                    }
                });
        return new ArrayList<>(changes.values());
    }

    /// As the topic of states has it.
    private static byte @Nullable [] value(Mismatch mismatch) {
        return OutboxMessages.isOver(mismatch) ? null : mismatch.toByteArray();
    }

    private static Change change(String id, byte @Nullable [] before, Mismatch after) {
        return new Change(
                HexFormat.of().parseHex(id), CAUSE, List.of(), "", "", before, after.toByteArray());
    }
}
