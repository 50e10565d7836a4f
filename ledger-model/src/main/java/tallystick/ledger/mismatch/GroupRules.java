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
            return reporting(
                    orderPaidTwice(group, knownBy(now, contributions)), contributions, now);
        }
        if (group.startsWith("rounding/")) {
            return reporting(
                    roundingOverBound(group, knownBy(now, contributions), rules),
                    contributions,
                    now);
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

    /// What is dated later does not count yet.
    private static List<Contribution> knownBy(Instant now, List<Contribution> contributions) {
        return contributions.stream().filter(one -> !one.knownAt().isAfter(now)).toList();
    }

    /// Decided again when the next contribution counts.
    private static GroupVerdict reporting(
            List<Finding> findings, List<Contribution> contributions, Instant now) {
        return GroupVerdict.reporting(
                findings,
                contributions.size(),
                contributions.stream()
                        .map(Contribution::knownAt)
                        .filter(known -> known.isAfter(now))
                        .min(Comparator.naturalOrder()));
    }

    /// Each but the one booked first is named; the first stays agreed, with all parts that its entry settles.
    private static List<Finding> orderPaidTwice(String group, List<Contribution> contributions) {
        List<Contribution> booked = contributions.stream().sorted(BOOKED).toList();
        String kind = group.split("/", -1)[2];
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
                                        paidTwice(kind, booked, later),
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

    private static String paidTwice(String kind, List<Contribution> booked, Contribution later) {
        String first = booked.getFirst().entryId();
        long firstMsat =
                booked.stream()
                        .filter(one -> one.entryId().equals(first))
                        .mapToLong(Contribution::amountMsat)
                        .reduce(0, Math::addExact);
        return "Order %s has %d settled %ss: the one booked first over %s, this one later over %s."
                .formatted(
                        later.order().orElse(""),
                        booked.stream().map(Contribution::entryId).distinct().count(),
                        kind,
                        Sats.text(firstMsat),
                        Sats.text(later.amountMsat()));
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
                Finding.withoutHalves(
                        Code.ROUNDING_BOUND,
                        Optional.empty(),
                        group.replace('/', ':'),
                        Msat.of(sum),
                        known,
                        "%d agreed differences sum to %s that day, over the bound."
                                .formatted(contributions.size(), Sats.text(sum))));
    }

    private static Instant latest(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
