package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.mismatch.Heights.Height;

/// Collects what the rules claim of one item. A claim whose time or coverage has not come is waiting, never a mismatch.
final class Claims {
    private final Subject subject;
    private final Coverage coverage;
    private final Instant now;
    private final List<Finding> findings = new ArrayList<>();
    private boolean isWaiting;
    private Optional<Instant> dueAt = Optional.empty();
    private Optional<Instant> waitsForCoverage = Optional.empty();
    private final SortedSet<Height> waitsForHeights = new TreeSet<>();

    Claims(Subject subject, Coverage coverage, Instant now) {
        this.subject = subject;
        this.coverage = coverage;
        this.now = now;
    }

    void add(Claim claim) {
        if (now.isBefore(claim.due())) {
            dueAt = earliest(dueAt, claim.due());
            isWaiting |= !claim.code().isInformation();
        } else if (!isRead(claim)) {
            waitsForCoverage = earliest(waitsForCoverage, claim.readPast().orElseThrow());
            isWaiting |= !claim.code().isInformation();
        } else {
            finding(claim).addTo(findings);
        }
    }

    /// True when its time has come and all is read that it rests on.
    boolean isRipe(Claim claim) {
        return !now.isBefore(claim.due()) && isRead(claim);
    }

    private boolean isRead(Claim claim) {
        return claim.readPast()
                .filter(
                        moment ->
                                !subject.isRead(coverage, moment)
                                        || (claim.isHeldByGaps() && coverage.hasGaps()))
                .isEmpty();
    }

    /// Something is under way that will decide the item.
    void await() {
        isWaiting = true;
    }

    List<Finding> findings() {
        return findings;
    }

    /// When the node first saw the height. What asks is decided again when more is known of that.
    Optional<Instant> firstSeen(NodeId node, int height) {
        waitsForHeights.add(new Height(node, height));
        return coverage.heights().firstSeen(node, height);
    }

    /// When it is due by its time, or by a block that the node saw earlier than that; not before it began.
    Instant dueByBlock(NodeId node, int height, Instant began, Instant byTime) {
        return firstSeen(node, height)
                .map(seen -> seen.isBefore(began) ? began : seen)
                .filter(byTime::isAfter)
                .orElse(byTime);
    }

    /// Findings without those that are listed apart.
    List<Finding> mismatches() {
        if (findings.isEmpty()) { // As nearly always.
            return List.of();
        }
        return findings.stream().filter(finding -> !finding.code().isInformation()).toList();
    }

    boolean isWaiting() {
        return isWaiting;
    }

    Optional<Instant> dueAt() {
        return dueAt;
    }

    Optional<Instant> waitsForCoverage() {
        return waitsForCoverage;
    }

    SortedSet<Height> waitsForHeights() {
        return waitsForHeights;
    }

    private Finding finding(Claim claim) {
        Optional<BookEntry> leading = subject.books().leading();
        return new Finding(
                claim.code(),
                claim.node(),
                subject.referenceText(claim.node()),
                Msat.of(claim.amountMsat()),
                claim.due(),
                claim.sentence().get(),
                claim.nodeMsat(),
                claim.booksMsat(),
                leading.flatMap(BookEntry::order),
                leading.map(BookEntry::account),
                subject.nodeHalf(),
                Halves.of(subject.books()));
    }

    private static Optional<Instant> earliest(Optional<Instant> present, Instant moment) {
        return Optional.of(present.filter(at -> at.isBefore(moment)).orElse(moment));
    }
}
