package tallystick.ledger.proof;

import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.ledger.NodeId;

/// What must hold within the ledger itself, as one snapshot of it says. Unit: msat.
///
/// @param clearing balance of clearing: credits less debits
/// @param items sum of the residues of all items
/// @param unexplained sum of the residues of those that wait, are open, set aside or not decided yet
/// @param trialBalance debits less credits over all accounts
/// @param off statements that do not foot
/// @param broken the first batch that does not follow the one before, or that the ledger's head is not the hash of
/// @param awaited the first day without a report; empty before any day was reported on
public record Identities(
        BigInteger clearing,
        BigInteger items,
        BigInteger unexplained,
        BigInteger trialBalance,
        List<Statement> off,
        OptionalLong broken,
        Optional<Report> awaited) {
    public Identities {
        off = List.copyOf(off);
    }

    /// A report that is to come.
    ///
    /// @param dueAt the day's end and the cut-off
    public record Report(LocalDate day, Instant dueAt) {}

    /// The accounts of a node, or all that are no node's, of which some hold something else than what was posted to them.
    ///
    /// @param missing what their balances and their transfers differ by, added up. Unit: msat
    /// @param account the one that is off by most
    /// @param held what that one holds, debits less credits
    /// @param posted what was posted to it
    public record Statement(
            Optional<NodeId> node,
            BigInteger missing,
            String account,
            BigInteger held,
            BigInteger posted) {}
}
