package tallystick.ledger.mismatch;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Rules that look across items: an order paid twice, a day's rounding, a day's forwards. Pure, and independent of the order in which the
/// contributions came.
public final class GroupRules {
    private static final Comparator<Contribution> BOOKED =
            comparing(Contribution::bookedAt)
                    .thenComparing(Contribution::entryId)
                    .thenComparing(Contribution::reference);

    private GroupRules() {}

    /// True when the group moves residue between its items; then their partition numbers must be held.
    public static boolean allocates(String group) {
        return group.startsWith(ForwardDays.PREFIX) || MatchGroups.isMatching(group);
    }

    /// Before this moment there is nothing to decide; at once for most groups.
    public static Instant dueAt(String group, RuleSet rules) {
        return group.startsWith(ForwardDays.PREFIX)
                ? ForwardDays.due(ForwardDays.reference(group), rules)
                : Instant.EPOCH;
    }

    /// @param coverage what is read in every partition number
    public static GroupVerdict decide(
            String group,
            List<Contribution> contributions,
            Coverage coverage,
            RuleSet rules,
            Instant now) {
        if (group.startsWith("order/")) {
            return GroupVerdict.reporting(orderPaidTwice(contributions), contributions.size());
        }
        if (group.startsWith("rounding/")) {
            return GroupVerdict.reporting(
                    roundingOverBound(group, contributions, rules), contributions.size());
        }
        if (MatchGroups.isMatching(group)) {
            return MatchGroups.isKey(group)
                    ? Objects.requireNonNull(
                            MatchGroups.decideKeys(
                                            new TreeMap<>(Map.of(group, contributions)), rules)
                                    .get(group))
                    : MatchGroups.decideDay(contributions, rules);
        }
        if (group.startsWith(ForwardDays.PREFIX)) {
            return ForwardDays.decide(group, contributions, coverage, rules, now);
        }
        throw new IllegalStateException(
                "group: %s (expected: order/..., rounding/... or forwards/...)".formatted(group));
    }

    /// Each but the one booked first is named; the first stays agreed, with all parts that its entry settles.
    private static List<Finding> orderPaidTwice(List<Contribution> contributions) {
        List<Contribution> booked = contributions.stream().sorted(BOOKED).toList();
        return booked.stream()
                .filter(later -> !later.entryId().equals(booked.getFirst().entryId()))
                .map(
                        later ->
                                new Finding(
                                        Code.DUPLICATE_PAYMENT_SAME_ORDER,
                                        Optional.of(new NodeId(later.node())),
                                        later.reference(),
                                        Msat.of(later.amountMsat()),
                                        latest(later.knownAt(), booked.getFirst().knownAt()),
                                        "Order %s has %d settled payments; this is a later one."
                                                .formatted(later.order().orElse(""), booked.size()),
                                        OptionalLong.of(later.amountMsat()),
                                        OptionalLong.of(later.amountMsat()),
                                        later.order(),
                                        later.account(),
                                        booked.stream()
                                                .map(
                                                        one ->
                                                                new Finding.HalfLine(
                                                                        one.node(),
                                                                        "settled, "
                                                                                + one.reference(),
                                                                        one.amountMsat(),
                                                                        Optional.of(one.knownAt())))
                                                .toList(),
                                        booked.stream()
                                                .map(
                                                        one ->
                                                                new Finding.HalfLine(
                                                                        one.node(),
                                                                        one.entryId(),
                                                                        one.amountMsat(),
                                                                        Optional.of(
                                                                                one.bookedAt())))
                                                .toList()))
                .toList();
    }

    private static List<Finding> roundingOverBound(
            String group, List<Contribution> contributions, RuleSet rules) {
        long sum =
                contributions.stream()
                        .mapToLong(Contribution::amountMsat)
                        .reduce(0, Math::addExact);
        if (sum <= rules.of(Code.ROUNDING_BOUND).roundingBound().value()) {
            return List.of();
        }
        Instant known =
                contributions.stream()
                        .map(Contribution::knownAt)
                        .max(Comparator.naturalOrder())
                        .orElseThrow();
        return List.of(
                new Finding(
                        Code.ROUNDING_BOUND,
                        Optional.empty(),
                        group.replace('/', ':'),
                        Msat.of(sum),
                        known,
                        "%d agreed differences sum to %s that day, over the bound."
                                .formatted(contributions.size(), Sats.text(sum)),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        List.of()));
    }

    private static Instant latest(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
