package tallystick.ledger.mismatch;

import static tallystick.ledger.account.Account.CLEARING;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import tallystick.ledger.Msat;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// What the rules found, and what people decided about it. Pure: the same verdict, decisions and moment give the same outcome,
/// in whatever order the decisions came.
///
/// A decision holds while the mismatch is what the person saw: another amount, and it is open again. One that moves money holds
/// once another person has approved it. The latest that holds counts.
///
/// @param verdict the rules' with the state that people's decisions give it
/// @param legs what the decisions move from clearing, by leg
public record Outcome(Verdict verdict, List<Judged> findings, SortedMap<String, Transfer> legs) {
    public Outcome {
        findings = List.copyOf(findings);
        legs =
                legs.isEmpty()
                        ? Collections.emptySortedMap()
                        : Collections.unmodifiableSortedMap(new TreeMap<>(legs));
    }

    /// A finding and how it stands.
    ///
    /// @param by the decision that it stands so by; empty when it is open
    public record Judged(Finding finding, Standing standing, Optional<Decision> by) {
        static Judged open(Finding finding) {
            return new Judged(finding, Standing.OPEN, Optional.empty());
        }

        /// How severe it is. What a person has decided ages no further: it is as severe as it was then.
        public Severity severity(RuleSet rules, Instant now) {
            return rules.severity(finding, by.map(Decision::decidedAt).orElse(now));
        }

        /// When it reads otherwise though nothing comes: its age raises its severity, or the time is over for which it was
        /// set aside.
        public Optional<Instant> changesAt(RuleSet rules, Instant now) {
            return by.isEmpty() ? rules.raisedAt(finding, now) : by.flatMap(Decision::until);
        }
    }

    /// How a mismatch that the rules find stands.
    public enum Standing {
        OPEN,
        RESOLVED,
        IGNORED
    }

    /// What a group found, and how it stands.
    ///
    /// @param dueAt when time alone changes it
    public record OfGroup(List<Judged> findings, Optional<Instant> dueAt) {
        public OfGroup {
            findings = List.copyOf(findings);
        }
    }

    /// What a group found, with what people decided about it.
    ///
    /// @param decisions by the id of the mismatch that they are about
    public static OfGroup ofGroup(
            List<Finding> findings,
            Map<String, List<Decision>> decisions,
            Function<Finding, String> ids,
            RuleSet rules,
            Instant now) {
        List<Decision> all = decisions.values().stream().flatMap(List::stream).toList();
        Controls controls = new Controls(all, ids, rules, now);
        List<Judged> judged = new ArrayList<>();
        findings.forEach(finding -> judged.add(judge(finding, ids.apply(finding), all, now)));
        // What names an item's reference and node could be found by the item too, under the same
        // id.
        List<Finding> own = findings.stream().filter(one -> one.node().isEmpty()).toList();
        controls.of(own).forEach(one -> judged.add(judge(one, ids.apply(one), all, now)));
        return new OfGroup(
                judged,
                Stream.concat(changesAt(judged, rules, now).stream(), controls.dueAt().stream())
                        .min(Instant::compareTo));
    }

    /// A finding, and the mismatches that a decision about it may lead to.
    public static Stream<Finding> decidable(Finding finding) {
        return Stream.concat(Stream.of(finding), Controls.possible(finding));
    }

    /// Applies what people decided to what the rules found. What is open is to be decided again when its age alone raises its
    /// severity, what is ignored when its time is over.
    ///
    /// @param ids the id of a finding, by which decisions name it
    /// @param residueMsat of the item without what people moved
    /// @param underFormer what other rules find of the same item, at the same moment
    public static Outcome of(
            Verdict verdict,
            Collection<Decision> decisions,
            Function<Finding, String> ids,
            long residueMsat,
            RuleSet rules,
            Function<RuleSet, List<Finding>> underFormer,
            Instant now) {
        if (verdict.findings().isEmpty() && decisions.isEmpty()) { // As nearly always.
            return new Outcome(verdict, List.of(), Collections.emptySortedMap());
        }
        Outcome outcome = of(verdict, decisions, ids, residueMsat, now);
        if (!decisions.isEmpty()) {
            outcome = outcome.controlled(decisions, ids, rules, underFormer, now);
        }
        Optional<Instant> changes = changesAt(outcome.findings(), rules, now);
        return changes.isPresent()
                ? new Outcome(
                        outcome.verdict().dueBy(changes.get()), outcome.findings(), outcome.legs())
                : outcome;
    }

    /// When the first of them reads otherwise though nothing comes.
    private static Optional<Instant> changesAt(List<Judged> judged, RuleSet rules, Instant now) {
        return judged.stream()
                .flatMap(one -> one.changesAt(rules, now).stream())
                .min(Instant::compareTo);
    }

    /// With what the decisions themselves call for.
    private Outcome controlled(
            Collection<Decision> decisions,
            Function<Finding, String> ids,
            RuleSet rules,
            Function<RuleSet, List<Finding>> underFormer,
            Instant now) {
        Controls controls = new Controls(decisions, ids, rules, now);
        List<Judged> all = new ArrayList<>(findings);
        Stream.concat(
                        controls.of(verdict.findings()).stream(),
                        controls.changed(verdict.findings(), underFormer).stream())
                .forEach(one -> all.add(judge(one, ids.apply(one), decisions, now)));
        if (all.size() == findings.size() && controls.dueAt().isEmpty()) {
            return this;
        }
        boolean isOpen =
                all.stream().skip(findings.size()).anyMatch(one -> one.standing() == Standing.OPEN);
        Verdict standing = isOpen ? verdict.with(State.OPEN, verdict.pairs()) : verdict;
        Verdict due = controls.dueAt().map(standing::dueBy).orElse(standing);
        return new Outcome(due, all, legs);
    }

    private static Outcome of(
            Verdict verdict,
            Collection<Decision> decisions,
            Function<Finding, String> ids,
            long residueMsat,
            Instant now) {
        if (decisions.isEmpty() || verdict.findings().isEmpty()) {
            return new Outcome(
                    verdict,
                    verdict.findings().stream().map(Judged::open).toList(),
                    new TreeMap<>());
        }
        List<Judged> judged =
                verdict.findings().stream()
                        .map(finding -> judge(finding, ids.apply(finding), decisions, now))
                        .toList();
        boolean isSettled = judged.stream().allMatch(one -> one.standing() == Standing.RESOLVED);
        if (isSettled && residueMsat != adjustedMsat(judged) && !isWaiting(verdict)) {
            // What is left on clearing was not decided about: none of it is settled.
            judged = verdict.findings().stream().map(Judged::open).toList();
        }
        return new Outcome(standing(verdict, judged), judged, legs(judged));
    }

    /// Where a single finding stands, of a group for example.
    public static Judged judge(
            Finding finding, String id, Collection<Decision> decisions, Instant now) {
        return decisions.stream()
                .filter(one -> one.mismatchId().equals(id))
                .filter(one -> one.kind() == Kind.RESOLVE || one.kind() == Kind.IGNORE)
                .max(Decision.DECIDED)
                .filter(one -> one.seenAmountMsat() == finding.amount().value())
                .filter(one -> one.until().filter(until -> !now.isBefore(until)).isEmpty())
                .filter(one -> one.adjustmentMsat() == 0 || isApproved(one, decisions))
                .map(
                        one ->
                                new Judged(
                                        finding,
                                        one.kind() == Kind.IGNORE
                                                ? Standing.IGNORED
                                                : Standing.RESOLVED,
                                        Optional.of(one)))
                .orElseGet(() -> Judged.open(finding));
    }

    /// Whoever decided it does not count.
    static boolean isApproved(Decision decision, Collection<Decision> decisions) {
        return decisions.stream()
                .anyMatch(
                        one ->
                                one.kind() == Kind.APPROVE
                                        && one.approves().equals(decision.id())
                                        && !one.person().equals(decision.person()));
    }

    private static long adjustedMsat(List<Judged> judged) {
        return resolutions(judged).stream()
                .mapToLong(Decision::adjustmentMsat)
                .reduce(0, Math::addExact);
    }

    private static List<Decision> resolutions(List<Judged> judged) {
        List<Decision> result = new ArrayList<>();
        judged.stream()
                .filter(one -> one.standing() == Standing.RESOLVED)
                .forEach(one -> one.by().ifPresent(result::add));
        return result;
    }

    private static SortedMap<String, Transfer> legs(List<Judged> judged) {
        SortedMap<String, Transfer> legs = new TreeMap<>();
        for (Decision decision : resolutions(judged)) {
            long amount = decision.adjustmentMsat();
            Account account = Account.books(decision.account());
            String leg = "decision/" + decision.id();
            if (amount > 0) {
                legs.put(leg, new Transfer(CLEARING, account, Msat.of(amount)));
            } else if (amount < 0) {
                legs.put(leg, new Transfer(account, CLEARING, Msat.of(-amount)));
            }
        }
        return legs;
    }

    private static boolean isWaiting(Verdict verdict) {
        return verdict.dueAt().isPresent() || verdict.waitsForCoverage().isPresent();
    }

    /// An item is as open as the worst of its mismatches.
    private static Verdict standing(Verdict verdict, List<Judged> judged) {
        List<Standing> standings =
                judged.stream()
                        .filter(one -> !one.finding().code().isInformation())
                        .map(Judged::standing)
                        .toList();
        if (verdict.state() != State.OPEN || standings.contains(Standing.OPEN)) {
            return verdict;
        }
        State state = State.RESOLVED;
        if (standings.contains(Standing.IGNORED)) {
            state = State.IGNORED;
        } else if (isWaiting(verdict)) {
            state = State.WAITING;
        }
        return verdict.with(state, pairs(verdict, state));
    }

    private static List<PairVerdict> pairs(Verdict verdict, State state) {
        return verdict.pairs().stream()
                .map(
                        pair ->
                                pair.state() == State.OPEN
                                        ? new PairVerdict(
                                                pair.node(),
                                                pair.reference(),
                                                state,
                                                pair.bookedMsat())
                                        : pair)
                .toList();
    }
}
