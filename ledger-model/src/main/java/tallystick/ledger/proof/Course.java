package tallystick.ledger.proof;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// How a channel, or a node's total, has stood since a proof of it last footed.
///
/// @param footed the last proof that footed; empty when none has
/// @param failed the first proof after that which did not; empty while it foots
/// @param driftMsat the ledger's less the node's, once two proofs in a row agreed on it; 0 while they have not
/// @param driftSince when the second of them was read
public record Course(
        Optional<Mark> footed,
        Optional<Mark> failed,
        long driftMsat,
        Optional<Instant> driftSince) {
    static final Course NEW = new Course(Optional.empty(), Optional.empty(), 0, Optional.empty());

    /// A proof.
    ///
    /// @param at when the node was read
    /// @param sequence the ledger sequence that it was held against
    public record Mark(Instant at, long sequence) {}

    public boolean isDrifting() {
        return driftMsat != 0;
    }

    /// With one proof more. A drift stays until a proof foots: what moves meanwhile hides it, and does not explain it.
    ///
    /// @param residualMsat that nothing explains; empty when nothing could be told
    /// @param isConfirmed the proof before missed by the same, and nothing moved since
    Course next(Mark mark, OptionalLong residualMsat, boolean isConfirmed) {
        if (residualMsat.isEmpty()) {
            return this;
        }
        long residual = residualMsat.getAsLong();
        if (residual == 0) {
            return new Course(Optional.of(mark), Optional.empty(), 0, Optional.empty());
        }
        return new Course(
                footed,
                Optional.of(failed.orElse(mark)),
                isConfirmed ? residual : driftMsat,
                isConfirmed ? Optional.of(driftSince.orElse(mark.at())) : driftSince);
    }

    /// What drifted is told otherwise now. Two proofs have to agree again on what is left of it.
    Course withoutDrift() {
        return new Course(footed, failed, 0, Optional.empty());
    }
}
