package tallystick.db.report;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.proof.Proven;

/// The proofs of all nodes as they are stored, with what their accounts came from, and the ledger's own identities. Unit: msat.
///
/// @param sequence ledger sequence number at which the identities are told
/// @param nodes by pubkey
/// @param clearingMsat balance of clearing: credits less debits
/// @param itemsMsat sum of the residues of all items
/// @param trialBalanceMsat debits less credits over all accounts: 0
public record ProofsReading(
        String ledger,
        long sequence,
        List<NodeProof> nodes,
        BigInteger clearingMsat,
        BigInteger itemsMsat,
        BigInteger trialBalanceMsat) {
    public ProofsReading {
        nodes = List.copyOf(nodes);
    }

    /// True when every node is proven, and nothing is off.
    public boolean foots() {
        return !nodes.isEmpty() && identityHolds() && nodes.stream().allMatch(NodeProof::foots);
    }

    /// True when clearing is what the items leave, and debits equal credits.
    public boolean identityHolds() {
        return clearingMsat.equals(itemsMsat) && trialBalanceMsat.signum() == 0;
    }

    /// The same for some of the nodes.
    public ProofsReading of(List<NodeProof> some) {
        return new ProofsReading(ledger, sequence, some, clearingMsat, itemsMsat, trialBalanceMsat);
    }

    /// One node.
    ///
    /// @param alias empty when never said
    /// @param stored empty when nothing was proven so far
    public record NodeProof(String pubkey, String alias, Optional<Stored> stored) {
        public boolean foots() {
            return stored.filter(
                            one ->
                                    one.proven().proof().foots()
                                            && one.channels().addsUp()
                                            && one.wallet().addsUp())
                    .isPresent();
        }
    }

    /// A proof, and how its accounts came to what they hold.
    ///
    /// @param channels of all accounts of the node's channels together
    public record Stored(Proven proven, Bridge channels, Bridge wallet) {}

    /// From what was there to what is there, by what moved it.
    ///
    /// @param closingMsat as the accounts held it when the proof was computed
    public record Bridge(BigInteger openingMsat, List<Movement> movements, BigInteger closingMsat) {
        public Bridge {
            movements = List.copyOf(movements);
        }

        /// What the movements do not tell of the closing: 0.
        public BigInteger missingMsat() {
            BigInteger moved =
                    movements.stream().map(Movement::msat).reduce(openingMsat, BigInteger::add);
            return closingMsat.subtract(moved);
        }

        public boolean addsUp() {
            return missingMsat().signum() == 0;
        }
    }

    /// All transfers of one category.
    ///
    /// @param category for example `received`
    /// @param msat in positive, out negative
    public record Movement(String category, BigInteger msat, long transfers) {}
}
