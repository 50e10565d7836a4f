package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Allocation;

/// What the rules say about one group at one moment.
///
/// @param findings those that the group itself reports
/// @param allocations what it decides for each item, in the order of the contributions; empty for one that is not decided
///     yet. Their residues sum to zero
/// @param dueAt when the group is to be decided again though nothing came
/// @param waitsFor the coverage with which it is to be decided again
public record GroupVerdict(
        List<Finding> findings,
        List<Optional<Allocation>> allocations,
        Optional<Instant> dueAt,
        Optional<Reading> waitsFor) {
    public GroupVerdict {
        findings = List.copyOf(findings);
        allocations = List.copyOf(allocations);
        long sum =
                allocations.stream()
                        .flatMap(Optional::stream)
                        .mapToLong(Allocation::residueMsat)
                        .reduce(0, Math::addExact);
        if (sum != 0) {
            throw new IllegalStateException(
                    "allocations: sum %d msat (expected: 0)".formatted(sum));
        }
    }

    /// A node's forwards, read to a moment.
    public record Reading(NodeId node, Instant until) {}

    /// Of a group that only reports.
    public static GroupVerdict reporting(List<Finding> findings, int contributions) {
        return reporting(findings, contributions, Optional.empty());
    }

    static GroupVerdict reporting(
            List<Finding> findings, int contributions, Optional<Instant> dueAt) {
        return new GroupVerdict(findings, nothing(contributions), dueAt, Optional.empty());
    }

    /// Of a group whose amounts together cannot be: nothing is decided, and what was is taken back.
    public static GroupVerdict ofNothing(int contributions) {
        return reporting(List.of(), contributions);
    }

    static GroupVerdict undecided(int contributions, Instant dueAt) {
        return new GroupVerdict(
                List.of(), nothing(contributions), Optional.of(dueAt), Optional.empty());
    }

    static GroupVerdict of(List<Optional<Allocation>> allocations) {
        return new GroupVerdict(List.of(), allocations, Optional.empty(), Optional.empty());
    }

    static GroupVerdict waiting(
            List<Optional<Allocation>> allocations, NodeId node, Instant until) {
        return new GroupVerdict(
                List.of(), allocations, Optional.empty(), Optional.of(new Reading(node, until)));
    }

    private static List<Optional<Allocation>> nothing(int contributions) {
        return Stream.generate(Optional::<Allocation>empty).limit(contributions).toList();
    }
}
