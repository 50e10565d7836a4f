package tallystick.db.seal;

import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/// What a check of all rows came to.
///
/// @param head the ledger sequence number up to which was checked; 0 before the first batch
/// @param headHash its hash
/// @param provenFrom the first batch that sealed its rows; with it all rows that were there before. Empty when there is none
/// @param rows how many were digested
/// @param notSealed changes that came after the newest batch, and that the next one seals
/// @param archivedItems items that were not computed again, as evidence of theirs lies in files
/// @param findings by batch; empty when nothing was touched
public record TamperResult(
        long head,
        byte[] headHash,
        OptionalLong provenFrom,
        long rows,
        long notSealed,
        long archivedItems,
        List<TamperFinding> findings) {
    public TamperResult {
        findings =
                findings.stream()
                        .sorted(Comparator.comparingLong(TamperFinding::sequence))
                        .toList();
    }

    /// The same with these findings.
    ///
    /// @param notComputed items
    public TamperResult with(List<TamperFinding> others, long notComputed) {
        return new TamperResult(head, headHash, provenFrom, rows, notSealed, notComputed, others);
    }

    /// The first batch that is contradicted.
    public OptionalLong firstBad() {
        return findings.stream().mapToLong(TamperFinding::sequence).min();
    }
}
