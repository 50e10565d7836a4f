package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.ledger.Msat;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Decision.Kind;

/// What people's decisions call for themselves: an adjustment that nobody approves, a time that is over, rules that have
/// changed since. One use.
final class Controls {
    private final Collection<Decision> decisions;
    private final Function<Finding, String> ids;
    private final RuleSet rules;
    private final Instant now;
    private Optional<Instant> dueAt = Optional.empty();

    Controls(
            Collection<Decision> decisions,
            Function<Finding, String> ids,
            RuleSet rules,
            Instant now) {
        this.decisions = decisions;
        this.ids = ids;
        this.rules = rules;
        this.now = now;
    }

    /// The same case under each code of control, by which decisions may name it.
    static Stream<Finding> possible(Finding finding) {
        return Stream.of(Code.UNAPPROVED_ADJUSTMENT, Code.IGNORED_EXPIRED)
                .map(code -> of(code, finding, finding.amount().value(), finding.since(), ""));
    }

    /// What is found of what the rules find now.
    List<Finding> of(List<Finding> findings) {
        List<Finding> result = new ArrayList<>();
        for (Finding finding : findings) {
            latest(ids.apply(finding))
                    .filter(one -> one.seenAmountMsat() == finding.amount().value())
                    .ifPresent(
                            one -> {
                                unapproved(finding, one).ifPresent(found -> found.addTo(result));
                                expired(finding, one).ifPresent(found -> found.addTo(result));
                            });
        }
        return result;
    }

    /// When `of` finds more by time alone.
    Optional<Instant> dueAt() {
        return dueAt;
    }

    private Optional<Decision> latest(String mismatchId) {
        return decisions.stream()
                .filter(one -> one.mismatchId().equals(mismatchId))
                .filter(one -> one.kind() == Kind.RESOLVE || one.kind() == Kind.IGNORE)
                .max(Decision.DECIDED);
    }

    private Optional<Finding> unapproved(Finding finding, Decision decision) {
        if (decision.adjustmentMsat() == 0 || Outcome.isApproved(decision, decisions)) {
            return Optional.empty();
        }
        Optional<Decision> byHerself =
                decisions.stream()
                        .filter(one -> one.kind() == Kind.APPROVE)
                        .filter(one -> one.approves().equals(decision.id()))
                        .min(Decision.DECIDED);
        Instant late =
                decision.decidedAt()
                        .plus(
                                rules.of(
                                                Code.UNAPPROVED_ADJUSTMENT,
                                                finding.node(),
                                                finding.account())
                                        .approvalAfter());
        Instant due =
                byHerself.map(Decision::decidedAt).filter(at -> at.isBefore(late)).orElse(late);
        if (now.isBefore(due)) {
            dueAt = Optional.of(dueAt.filter(at -> at.isBefore(due)).orElse(due));
            return Optional.empty();
        }
        long amount = Math.absExact(decision.adjustmentMsat());
        return Optional.of(
                of(
                        Code.UNAPPROVED_ADJUSTMENT,
                        finding,
                        amount,
                        due,
                        byHerself.isPresent()
                                ? "%s moves %s to %s, and approved it too."
                                        .formatted(
                                                decision.person(),
                                                Sats.text(amount),
                                                decision.account())
                                : "%s moves %s to %s; nobody has approved it."
                                        .formatted(
                                                decision.person(),
                                                Sats.text(amount),
                                                decision.account())));
    }

    private Optional<Finding> expired(Finding finding, Decision decision) {
        return decision.until()
                .filter(until -> !now.isBefore(until))
                .map(
                        until ->
                                of(
                                        Code.IGNORED_EXPIRED,
                                        finding,
                                        finding.amount().value(),
                                        until,
                                        "%s set %s aside until now."
                                                .formatted(
                                                        decision.person(), finding.code().name())));
    }

    /// Decisions that the rules of their time bear out, and those that hold now do not.
    ///
    /// @param underFormer what other rules find of the same item
    List<Finding> changed(List<Finding> findings, Function<RuleSet, List<Finding>> underFormer) {
        Map<String, Finding> present =
                findings.stream().collect(Collectors.toMap(ids, one -> one, (one, _) -> one));
        List<Finding> result = new ArrayList<>();
        decisions.stream()
                .map(Decision::mismatchId)
                .distinct()
                .sorted()
                .flatMap(id -> latest(id).stream())
                .filter(one -> one.ruleVersion() != rules.version())
                .filter(one -> one.until().filter(until -> !now.isBefore(until)).isEmpty())
                .filter(one -> one.adjustmentMsat() == 0 || Outcome.isApproved(one, decisions))
                .filter(one -> !isSeen(present.get(one.mismatchId()), one))
                .forEach(
                        one ->
                                rules.former(one.ruleVersion()).stream()
                                        .flatMap(former -> underFormer.apply(former).stream())
                                        .filter(
                                                seen ->
                                                        ids.apply(seen).equals(one.mismatchId())
                                                                && isSeen(seen, one))
                                        .map(seen -> changed(seen, one))
                                        .forEach(found -> found.addTo(result)));
        return result;
    }

    private static boolean isSeen(
            @org.jspecify.annotations.Nullable Finding finding, Decision decision) {
        return finding != null && finding.amount().value() == decision.seenAmountMsat();
    }

    private Finding changed(Finding seen, Decision decision) {
        Instant since =
                rules.activatedAt().isAfter(decision.decidedAt())
                        ? rules.activatedAt()
                        : decision.decidedAt();
        return of(
                Code.RULE_CHANGED_AFTER_DECISION,
                seen,
                seen.amount().value(),
                since,
                "%s decided about %s over %s under rules %d; rules %d see it otherwise."
                        .formatted(
                                decision.person(),
                                seen.code().name(),
                                Sats.text(seen.amount().value()),
                                decision.ruleVersion(),
                                rules.version()));
    }

    private static Finding of(
            Code code, Finding about, long amount, Instant since, String sentence) {
        return new Finding(
                code,
                about.node(),
                about.reference(),
                Msat.of(amount),
                since,
                sentence,
                about.nodeMsat(),
                about.booksMsat(),
                about.order(),
                about.account(),
                about.nodeHalf(),
                about.booksHalf());
    }
}
