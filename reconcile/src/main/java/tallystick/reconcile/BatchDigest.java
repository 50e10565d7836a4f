package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Collection;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.proof.ChannelProof;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Reading;
import tallystick.ledger.proof.Total;

/// One digest over all that a batch appended, for the chain of heads. Every part goes in with its length, so that no two
/// batches can look alike. One use.
final class BatchDigest {
    /// Small parts go in together: each call costs more than what it digests.
    private static final int GATHERED_BYTES = 8 * 1024;

    private final MessageDigest digest = Digests.sha256();
    private final ByteBuffer gathered = ByteBuffer.allocate(GATHERED_BYTES);

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

    BatchDigest proofs(Collection<Proven> proofs) {
        for (Proven proven : proofs) {
            Proof proof = proven.proof();
            Reading reading = proof.reading();
            add(reading.node().pubkey().getBytes(UTF_8));
            add(reading.observedAt().toEpochMilli());
            add(proof.sequence());
            add(reading.channelsLocalMsat());
            add(reading.walletMsat());
            add(proof.channelsMsat());
            add(proof.wallet().ledgerMsat());
            add(proof.local().map(Total::ledgerMsat).orElse(0L));
            for (ChannelProof channel : proof.channels()) {
                add(channel.channelPoint().getBytes(UTF_8));
                add(channel.ledgerMsat());
                add(channel.figures().claim().lowMsat());
                add(channel.residualMsat().orElse(0));
            }
        }
        return this;
    }

    byte[] bytes() {
        flush();
        return digest.digest();
    }

    private void add(byte[] part) {
        add(part.length);
        if (part.length > gathered.remaining()) {
            flush();
        }
        if (part.length > gathered.remaining()) {
            digest.update(part);
        } else {
            gathered.put(part);
        }
    }

    private void add(long number) {
        if (gathered.remaining() < Long.BYTES) {
            flush();
        }
        gathered.putLong(number);
    }

    private void flush() {
        digest.update(gathered.flip());
        gathered.clear();
    }
}
