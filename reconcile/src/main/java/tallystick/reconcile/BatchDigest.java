package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Collection;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;

/// One digest over all that a batch appended, for the chain of heads. Every part goes in with its length, so that no two
/// batches can look alike. One use.
final class BatchDigest {
    private final MessageDigest digest = Digests.sha256();
    private final ByteBuffer word = ByteBuffer.allocate(Long.BYTES);

    BatchDigest evidence(Collection<EvidenceRepository.Row> rows) {
        rows.forEach(row -> add(row.digest()));
        return this;
    }

    BatchDigest transfers(Collection<TransferRepository.Row> rows) {
        for (TransferRepository.Row row : rows) {
            add(row.itemKey());
            add(row.leg().getBytes(UTF_8));
            add(row.debitId());
            add(row.creditId());
            add(row.amountMsat());
        }
        return this;
    }

    BatchDigest allocations(Collection<TransferRepository.AllocationRow> rows) {
        for (TransferRepository.AllocationRow row : rows) {
            add(row.itemKey());
            add(row.counterItemKey());
            add(row.leg().getBytes(UTF_8));
            add(row.amountMsat());
        }
        return this;
    }

    BatchDigest changes(Collection<RegisterRepository.Change> changes) {
        changes.forEach(change -> add(change.after()));
        return this;
    }

    byte[] bytes() {
        return digest.digest();
    }

    private void add(byte[] part) {
        add(part.length);
        digest.update(part);
    }

    private void add(long number) {
        digest.update(word.putLong(0, number).array());
    }
}
