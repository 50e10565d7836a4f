package tallystick.reconcile.model;

import static java.util.Comparator.naturalOrder;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import com.google.protobuf.Message;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.ClosedDays;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Decider;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.GroupRules;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;

/// What the ledger must say, given what was read and when it is now: everything is put together anew, from all of the
/// evidence at once. Immutable.
///
/// @param items what is known under each reference
/// @param outcomes how each item stands, and what is open about it
/// @param groups what is open about groups of items
/// @param balances what the accounts hold, debits positive. Unit: msat
/// @param rules by which it was decided
/// @param now when
public record NaiveLedger(
        Map<ItemKey, Item> items,
        Map<ItemKey, Outcome> outcomes,
        Map<String, List<Finding>> groups,
        SortedMap<String, Long> balances,
        RuleSet rules,
        Instant now) {

    /// A group can make its items speak to others, which make theirs silent at most.
    private static final int ROUNDS_MAX = 6;

    /// @param together puts the items together
    /// @param said everything that was read, each message in the order of its partition
    /// @param coverage what is proven to have been read, as far as it counts for an item
    /// @param everywhere the same, as far as it counts for all
    public static NaiveLedger of(
            NaiveItems together,
            Collection<Message> said,
            Function<ItemKey, Coverage> coverage,
            Coverage everywhere,
            RuleSet rules,
            Instant now) {
        Map<ItemKey, Item> items = together.of(said);
        Map<ItemKey, Verdict> verdicts = new LinkedHashMap<>();
        items.forEach(
                (key, item) ->
                        verdicts.put(key, Decider.decide(item, coverage.apply(key), rules, now)));
        for (int round = 0; ; round++) {
            NaiveGroups groups = NaiveGroups.of(verdicts, everywhere, rules, now);
            boolean isSettled = true;
            for (Map.Entry<ItemKey, Item> one : items.entrySet()) {
                ItemKey key = one.getKey();
                Item item = groups.allocated(key, one.getValue());
                if (!item.equals(one.getValue())
                        || groups.speaksWithEntries(requireNonNull(verdicts.get(key)))) {
                    one.setValue(item);
                    Verdict verdict =
                            Decider.decide(
                                    item, coverage.apply(key), rules, now, groups::hasEntries);
                    isSettled &= verdict.equals(verdicts.put(key, verdict));
                }
            }
            if (isSettled) {
                return of(said, items, verdicts, everywhere, rules, now);
            }
            if (round == ROUNDS_MAX) {
                throw new IllegalStateException(
                        "groups: not at rest after %d rounds (expected: fewer)".formatted(round));
            }
        }
    }

    private static NaiveLedger of(
            Collection<Message> said,
            Map<ItemKey, Item> items,
            Map<ItemKey, Verdict> verdicts,
            Coverage everywhere,
            RuleSet rules,
            Instant now) {
        Map<ItemKey, Outcome> outcomes = new LinkedHashMap<>();
        SortedMap<String, Long> balances = new TreeMap<>();
        Map<String, List<Verdict.Contribution>> contributions = new TreeMap<>();
        verdicts.forEach(
                (key, verdict) -> {
                    Item item = requireNonNull(items.get(key));
                    Map<String, Long> moved = NaiveBooks.balances(item, verdict.roundingMsat());
                    Outcome outcome =
                            Outcome.of(
                                    verdict,
                                    item.decisions().values(),
                                    NaiveLedger::id,
                                    item.allocatedMsat() - moved.getOrDefault("clearing", 0L),
                                    rules,
                                    _ -> List.of(),
                                    now);
                    outcomes.put(key, outcome);
                    NaiveBooks.add(balances, moved);
                    NaiveBooks.add(balances, NaiveBooks.adjustments(outcome));
                    verdict.contributions().stream()
                            .filter(one -> !GroupRules.allocates(one.group()))
                            .forEach(
                                    one ->
                                            contributions
                                                    .computeIfAbsent(
                                                            one.group(), _ -> new ArrayList<>())
                                                    .add(one));
                });
        Map<String, List<Finding>> groups = new TreeMap<>();
        contributions.forEach(
                (group, some) ->
                        groups.put(
                                group,
                                ClosedDays.isOne(group)
                                        ? bookedLate(group, some, said)
                                        : GroupRules.decide(group, some, everywhere, rules, now)
                                                .findings()));
        return new NaiveLedger(items, outcomes, groups, balances, rules, now);
    }

    /// A day is closed by each pair of people of whom one prepared a report of it and the other countersigned the same one, from the
    /// later of both signatures on; of several pairs for a report the first closes it, of several reports the last.
    private static List<Finding> bookedLate(
            String group, List<Verdict.Contribution> some, Collection<Message> said) {
        List<Decision> signatures = NaiveItems.signatures(said, ClosedDays.day(group));
        Map<String, Instant> closed = new TreeMap<>();
        for (Decision one : signatures) {
            for (Decision other : signatures) {
                if (one.approves().equals(other.approves())
                        && !one.person().equals(other.person())
                        && !isReview(one, signatures)
                        && isReview(other, signatures)) {
                    Instant later =
                            one.decidedAt().isAfter(other.decidedAt())
                                    ? one.decidedAt()
                                    : other.decidedAt();
                    closed.merge(one.approves(), later, (a, b) -> a.isBefore(b) ? a : b);
                }
            }
        }
        return ClosedDays.decide(
                        group,
                        some,
                        closed.values().stream().max(naturalOrder()).orElse(Instant.MAX))
                .findings();
    }

    /// Of the first programs' kind, by another person than whoever signed first.
    private static boolean isReview(Decision said, List<Decision> signatures) {
        return switch (said.kind()) {
            case COUNTERSIGN -> true;
            case SIGN ->
                    signatures.stream()
                            .filter(one -> one.approves().equals(said.approves()))
                            .filter(one -> one.kind() != Decision.Kind.COUNTERSIGN)
                            .min(Decision.DECIDED)
                            .filter(first -> !first.person().equals(said.person()))
                            .isPresent();
            default -> false;
        };
    }

    private static String id(Finding finding) {
        return mismatchId(
                finding.code(), finding.reference(), finding.node().map(NodeId::pubkey).orElse(""));
    }

    static String mismatchId(Code code, String reference, String node) {
        return HexFormat.of().formatHex(Thing.sha256(code.name() + "\n" + reference + "\n" + node));
    }

    /// What the register must show that is not closed, a line each.
    public SortedSet<String> open() {
        SortedSet<String> lines = new TreeSet<>();
        outcomes.forEach(
                (key, outcome) ->
                        outcome.findings().forEach(one -> lines.add(line(one, residue(key)))));
        groups.values()
                .forEach(some -> some.forEach(finding -> lines.add(line(judged(finding), 0))));
        return lines;
    }

    /// What the items must look like, a line each.
    public SortedSet<String> itemLines() {
        SortedSet<String> lines = new TreeSet<>();
        outcomes.forEach(
                (key, outcome) ->
                        lines.add(
                                line(
                                        key.text(),
                                        outcome.verdict().state(),
                                        residue(key),
                                        micros(outcome.verdict().dueAt()),
                                        micros(outcome.verdict().waitsForCoverage()))));
        return lines;
    }

    /// What the rules find about the thing with that number, if it is one under a payment hash.
    public List<Finding> findings(int thing) {
        Outcome outcome = outcomes.get(ItemKey.ofPayment(Thing.hash(thing)));
        return outcome == null ? List.of() : outcome.verdict().findings();
    }

    /// Sum of what the item leaves on clearing, credits less debits.
    private long residue(ItemKey key) {
        Outcome outcome = requireNonNull(outcomes.get(key));
        Map<String, Long> sums =
                NaiveBooks.balances(
                        requireNonNull(items.get(key)), outcome.verdict().roundingMsat());
        NaiveBooks.add(sums, NaiveBooks.adjustments(outcome));
        return requireNonNull(items.get(key)).allocatedMsat() - sums.getOrDefault("clearing", 0L);
    }

    private static @Nullable Instant micros(Optional<Instant> moment) {
        return moment.map(one -> one.truncatedTo(ChronoUnit.MICROS)).orElse(null);
    }

    /// Whatever item the decision came with.
    private Outcome.Judged judged(Finding finding) {
        return Outcome.judge(
                finding,
                id(finding),
                items.values().stream()
                        .flatMap(item -> item.decisions().values().stream())
                        .toList(),
                now);
    }

    private String line(Outcome.Judged judged, long residue) {
        Finding finding = judged.finding();
        return line(
                judged.standing(),
                finding.code().name(),
                finding.node().map(NodeId::pubkey).orElse(""),
                finding.reference(),
                finding.amount().value(),
                residue,
                finding.since().truncatedTo(ChronoUnit.MICROS),
                finding.sentence(),
                finding.order().orElse(""),
                finding.account().orElse(""),
                finding.nodeMsat().isPresent() ? finding.nodeMsat().getAsLong() : null,
                finding.booksMsat().isPresent() ? finding.booksMsat().getAsLong() : null,
                judged.severity(rules, now));
    }

    /// Parts as one line; whoever compares must write it so.
    public static String line(@Nullable Object... parts) {
        return java.util.Arrays.stream(parts)
                .map(part -> Optional.<Object>ofNullable(part).map(Object::toString).orElse("-"))
                .collect(joining("|"));
    }
}
